"""A statement that would keep others waiting or break the running release, and has no safe way."""

from __future__ import annotations


class Unsafe(Exception):
    """``fact`` and ``reason`` in words; ``remedy`` is what to do instead, where it does not depend on the operation.

    ``certain`` is False where it hangs on what else is in the catalog, which an earlier operation of the same run may
    change; ``allowable`` is False where the server itself refuses.
    """

    def __init__(
        self, fact: str, reason: str, remedy: str = "", *, certain: bool = True, allowable: bool = True
    ) -> None:
        super().__init__(f"{fact} {reason}")
        self.fact, self.reason, self.remedy = fact, reason, remedy
        self.certain, self.allowable = certain, allowable


class NotThereYet(LookupError):
    """What a statement changes does not exist: something that has not run yet has to make it first."""
