"""The crash matrix: killed at any statement, in any way, the same command again reaches the same end.

``python -m tests.crash`` runs all of it; ``docs/crashes.md`` says what that means.
"""
