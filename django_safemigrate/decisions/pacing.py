"""How many rows a batch has, and how long to rest behind it: one object that learns from each batch.

A row that a batch has changed is locked until the batch commits, so whoever wants it waits for a whole batch at most. All
durations are seconds.
"""

from __future__ import annotations

from dataclasses import dataclass

# From a batch to the next.
GROWTH, SHRINKING = 1.5, 0.25


@dataclass
class Pacing:
    """``target``: how long a batch should take while somebody else uses the database; where nobody does, ``alone`` times as
    long. ``first``, ``least``, ``most``: rows of a batch. ``rest``: a rest is so many times as long as the batch before it,
    where there are others. ``longest_wait``: the longest that a batch may wait for a lock. ``fixed``: rows of a batch, where
    somebody has said how many.
    """

    target: float = 0.02
    alone: float = 2.5
    first: int = 500
    least: int = 10
    most: int = 10_000
    rest: float = 1.0
    longest_wait: float = 0.05
    fixed: int | None = None

    def __post_init__(self) -> None:
        self._rows = float(self.first)

    @property
    def rows(self) -> int:
        """How many rows the next batch has."""
        return self.fixed or round(self._rows)

    @property
    def lock_timeout(self) -> float:
        """How long a batch may wait for a lock: it keeps the rows that it has changed before for as long."""
        return min(self.longest_wait, max(0.01, self.target / 2))

    def took(self, seconds: float, *, full: bool, busy: bool) -> None:
        """A batch was done. ``full``: it had as many rows as it could have had; others say nothing of larger ones.

        It grows slowly, since one that was quick by chance is followed by one that is too long, and shrinks at once.
        """
        target = self.target if busy else self.target * self.alone
        factor = min(GROWTH, max(SHRINKING, target / max(seconds, 0.0001)))
        if full or factor < 1.0:
            self._set(self._rows * factor)

    def refused(self) -> None:
        """A batch was refused a lock: fewer rows are less in the way."""
        self._set(self._rows / 2)

    def rest_after(self, seconds: float, *, busy: bool) -> float:
        """How long to leave the server to others. ``busy``: whether there are others."""
        return seconds * self.rest if busy else 0.0

    def _set(self, rows: float) -> None:
        self._rows = min(float(self.most), max(float(self.least), rows))
