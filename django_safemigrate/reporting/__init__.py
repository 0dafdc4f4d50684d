"""Output: for a person at a terminal, for a log, and as JSON lines for a pipeline."""
