"""What was measured, the bar for it, and a file that keeps the results of several runs. Pure but for the file."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from statistics import median

OURS, FOUR, STOCK, BATCHES, UPDATE = "ours", "ours-4", "stock", "batches", "update"
TITLES = {
    OURS: "safemigrate",
    FOUR: "safemigrate --workers 4",
    STOCK: "stock migrate",
    BATCHES: "by hand, batches",
    UPDATE: "by hand, one UPDATE",
}
# Whether an application runs meanwhile, and what is measured then.
TRAFFIC, QUIET = "traffic", "quiet"
RUNNERS = {TRAFFIC: (OURS, STOCK, BATCHES, UPDATE), QUIET: (OURS, FOUR, BATCHES, UPDATE)}

# The bar: milliseconds of the worst wait, times the baseline of the 99th percentile, share of the rows a second.
WORST, P99, SHARE = 100.0, 2.0, 0.8


@dataclass(frozen=True)
class Measured:
    """A change by one runner, measured once. Waits are milliseconds, all other times seconds.

    ``round``: those of one round were measured one after the other. ``filled`` rows in ``fill_seconds`` (0: not known).
    ``status`` is the first exit status that is not 0, None when the time was up. ``made``: the change was there in the end.
    """

    runner: str
    change: str
    load: str
    round: int
    rows: int
    rate: float = 0.0
    server: str = ""
    queries: int = 0
    failed: int = 0
    worst: float = 0.0
    p99: float = 0.0
    baseline_worst: float = 0.0
    baseline_p99: float = 0.0
    took: float = 0.0
    filled: int = 0
    fill_seconds: float = 0.0
    status: int | None = 0
    made: bool = True
    errors: dict[str, int] = field(default_factory=dict)
    worst_kind: str = ""
    worst_at: float = 0.0
    said: str = ""

    @property
    def key(self) -> tuple[str, str, str, int]:
        return self.runner, self.change, self.load, self.round

    @property
    def pace(self) -> float:
        """Rows that the fills changed in a second."""
        return self.filled / self.fill_seconds if self.fill_seconds else 0.0

    @property
    def went_through(self) -> bool:
        return self.status == 0 and self.made


Value = Callable[[Measured], float]


@dataclass(frozen=True)
class Group:
    """All rounds of one change under one load."""

    change: str
    load: str
    measured: Sequence[Measured]

    def of(self, runner: str) -> list[Measured]:
        return sorted((one for one in self.measured if one.runner == runner), key=lambda one: one.round)

    def median(self, runner: str, value: Value) -> float:
        return median(map(value, self.of(runner)))

    def ratio(self, one: str, other: str, value: Value) -> float | None:
        """The median of the rounds' ratios; None where no round has both, or the values are not known."""
        others = {measured.round: value(measured) for measured in self.of(other)}
        found = [
            value(measured) / others[measured.round]
            for measured in self.of(one)
            if others.get(measured.round) and value(measured)
        ]
        return median(found) if found else None

    def misses(self) -> list[str]:
        """In what ours misses the bar; nothing: it passes."""
        ours = [*self.of(OURS), *self.of(FOUR)]
        found = [f"round {one.round}: {one.failed} queries failed" for one in ours if one.failed]
        found += [f"round {one.round}: the change was not made" for one in ours if not one.went_through]
        if self.load == TRAFFIC and self.of(OURS):
            worst = self.median(OURS, lambda one: one.worst)
            if worst > WORST:
                found.append(f"worst wait {worst:.0f} ms")
            p99 = median(one.p99 / one.baseline_p99 for one in self.of(OURS))
            if p99 > P99:
                found.append(f"p99 is {p99:.1f} times its baseline")
        for one, other in ((OURS, BATCHES), *([(FOUR, UPDATE)] if self.load == QUIET else [])):
            share = self.ratio(one, other, lambda measured: measured.pace)
            if share is not None and share < SHARE:
                found.append(f"{TITLES[one]}: {share:.2f} of the rows a second of {TITLES[other]}")
        return found


def groups(measured: Iterable[Measured]) -> Mapping[tuple[str, str], Group]:
    """By load and change."""
    found: dict[tuple[str, str], list[Measured]] = {}
    for one in measured:
        found.setdefault((one.load, one.change), []).append(one)
    return {key: Group(key[1], key[0], ones) for key, ones in found.items()}


class Results:
    """A JSON file of measurements, to which each is added as soon as it is there."""

    def __init__(self, path: Path | None) -> None:
        self.path = path
        self.measured: list[Measured] = []
        if path and path.exists():
            self.measured = [Measured(**one) for one in json.loads(path.read_text())]

    def add(self, one: Measured) -> None:
        self.measured.append(one)
        if self.path:
            lines = ",\n".join(json.dumps(asdict(one), sort_keys=True) for one in self.measured)
            beside = self.path.with_suffix(".new")
            beside.write_text(f"[\n{lines}\n]\n")
            beside.replace(self.path)

    def has(self, runner: str, change: str, load: str, number: int) -> bool:
        return any(one.key == (runner, change, load, number) for one in self.measured)
