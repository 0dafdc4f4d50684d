"""Migrations that other linters report, each with one that does the same as it should be done: what ours is held to."""
