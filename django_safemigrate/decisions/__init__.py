"""Decisions: pure functions of states, plans and numbers. No connection, no output, no clock."""
