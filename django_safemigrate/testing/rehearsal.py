"""What a check has done."""

from __future__ import annotations

from dataclasses import dataclass, field

from .watching import Queries


@dataclass
class Rehearsal:
    """``str`` is for people. ``steps`` are the descriptions of the steps, in order; ``said`` are remarks, on what was skipped
    and why; ``slowest`` is a query of a version, in seconds."""

    title: str
    steps: list[str] = field(default_factory=list)
    migrations: list[str] = field(default_factory=list)
    exercises: int = 0
    queries: int = 0
    traffic: int = 0
    slowest: float = 0.0
    writes: int = 0
    took: float = 0.0
    said: list[str] = field(default_factory=list)

    def __str__(self) -> str:
        lines = [
            f"{self.title}: {len(self.migrations)} migrations in {len(self.steps)} steps; the versions were exercised "
            f"{self.exercises} times ({self.queries} queries), beside {self.traffic} queries of traffic, the slowest of "
            f"{self.slowest * 1000:.0f} ms; {self.writes} writes in the ledger; {self.took:.1f} s."
        ]
        return "\n".join([*lines, *(f"  {line}" for line in self.said)])

    def add(self, queries: Queries, *, traffic: bool = False) -> None:
        """Count the queries of a session."""
        if traffic:
            self.traffic += queries.count
        else:
            self.queries += queries.count
        self.slowest = max(self.slowest, queries.slowest)
