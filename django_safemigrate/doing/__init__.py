"""Doing: the autodetector that splits, the runner that asks for locks, builds indexes and applies migrations."""
