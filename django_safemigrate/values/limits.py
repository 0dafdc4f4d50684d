"""How small a table has to be for a change that would keep others waiting on a large one."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class SmallTable:
    """At most ``rows`` (the planner's estimate, where there is one) and at most ``bytes`` (with indexes and TOAST).

    The defaults are rewritten within some 20 milliseconds. ``rows=0`` switches the exception off.
    """

    rows: int = 10_000
    bytes: int = 2 * 1024 * 1024

    def allows(self, rows: int | None, size: int) -> bool:
        """Whether a table counts as small."""
        return self.rows > 0 and size <= self.bytes and (rows is None or rows <= self.rows)
