"""A statement that would keep others waiting or break the running release, and has no safe way."""

from __future__ import annotations


class Unsafe(Exception):
    """``fact`` and ``reason`` in words; ``remedy`` is what to do instead, where it does not depend on the operation."""

    def __init__(self, fact: str, reason: str, remedy: str = "") -> None:
        super().__init__(f"{fact} {reason}")
        self.fact, self.reason, self.remedy = fact, reason, remedy


class NotThereYet(LookupError):
    """What a statement changes does not exist: something that has not run yet has to make it first."""
