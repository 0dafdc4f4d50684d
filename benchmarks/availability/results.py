"""What was measured in a cell, the bar for it, and a file that keeps the results of several runs. Pure but for the file."""

from __future__ import annotations

import json
import math
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from statistics import median

# Milliseconds that a wait may be longer than the longest of the baseline.
ALLOWANCE = 50.0
CROWD_ALLOWANCE = 100.0
# Seconds after the end of the obstacle, and, where it does not end, after the start.
LATEST = 1.0
CROWD_LATEST = 60.0

Key = tuple[str, str, str]


@dataclass(frozen=True)
class Measured:
    """One cell, measured once. Waits are milliseconds, all other times seconds.

    ``late`` counts from the end of the obstacle, and is None where it does not end, or where the tool was done before.
    ``status`` is the first exit status that is not 0, and None when the tool was stopped since its time was up.
    ``made``: the change was there in the end. ``impossible`` says why nothing was measured.
    """

    runner: str
    change: str
    obstacle: str
    rows: int = 0
    rate: float = 0.0
    server: str = ""
    queries: int = 0
    failed: int = 0
    worst: float = 0.0
    p99: float = 0.0
    over_1s: int = 0
    baseline_worst: float = 0.0
    baseline_p99: float = 0.0
    took: float = 0.0
    late: float | None = None
    status: int | None = 0
    made: bool = True
    errors: dict[str, int] = field(default_factory=dict)
    worst_kind: str = ""
    worst_at: float = 0.0
    said: str = ""
    remark: str = ""
    impossible: str = ""

    @property
    def key(self) -> Key:
        return self.runner, self.change, self.obstacle

    @property
    def went_through(self) -> bool:
        """The tool has done what it was asked for, and says so."""
        return self.status == 0 and self.made and not self.impossible

    @property
    def above(self) -> float:
        """How much longer the longest wait was than that of the baseline."""
        return max(0.0, self.worst - self.baseline_worst)


def allowance(obstacle: str) -> float:
    return CROWD_ALLOWANCE if obstacle == "crowd" else ALLOWANCE


def misses(cell: Measured) -> list[str]:
    """In what a cell misses the bar; nothing: it passes."""
    if cell.impossible:
        return [cell.impossible]
    found = []
    if cell.failed:
        found.append(f"{cell.failed} failed")
    if cell.above > allowance(cell.obstacle):
        found.append(f"worst wait {cell.above:.0f} ms above the baseline")
    if cell.over_1s:
        found.append(f"{cell.over_1s} over 1 s")
    if cell.status != 0:
        found.append("time was up" if cell.status is None else f"exit status {cell.status}")
    elif not cell.made:
        found.append("the change was not made")
    if cell.late is not None and cell.late > LATEST:
        found.append(f"done {cell.late:.1f} s after the obstacle")
    if cell.obstacle == "crowd" and cell.took > CROWD_LATEST:
        found.append(f"took {cell.took:.0f} s")
    return found


def percentile(values: Sequence[float], share: float) -> float:
    """The smallest value that a ``share`` (0 to 1) of the values do not exceed; 0 when there are none."""
    return sorted(values)[max(0, math.ceil(share * len(values)) - 1)] if values else 0.0


def waits(latencies: Sequence[float]) -> tuple[float, float, int]:
    """The longest wait and the 99th percentile in milliseconds, and how many were over a second."""
    return (
        1000 * max(latencies, default=0.0),
        1000 * percentile(latencies, 0.99),
        sum(latency > 1 for latency in latencies),
    )


def merged(measured: Iterable[Measured]) -> dict[Key, Measured]:
    """One value for each cell: the median of what is a duration, the worst of what must not happen at all.

    A later measurement on another number of rows or at another rate replaces those before it.
    """
    cells: dict[Key, list[Measured]] = defaultdict(list)
    for one in measured:
        others = cells[one.key]
        if others and (others[-1].rows, others[-1].rate) != (one.rows, one.rate):
            others.clear()
        others.append(one)
    return {key: _merge(group) for key, group in cells.items()}


def _merge(group: Sequence[Measured]) -> Measured:
    done = [one for one in group if not one.impossible]
    if len(done) < 2:
        return done[0] if done else group[-1]
    late = [one.late for one in done if one.late is not None]
    bad = [one for one in done if one.status != 0 or not one.made]
    worst = max(done, key=lambda one: one.worst)
    total: Counter[str] = Counter()
    for one in done:
        total.update(one.errors)
    values = asdict(worst) | {
        name: median(getattr(one, name) for one in done)
        for name in ("worst", "p99", "baseline_worst", "baseline_p99", "took")
    }
    values |= {name: max(getattr(one, name) for one in done) for name in ("queries", "failed", "over_1s")}
    values |= {
        "late": median(late) if late else None,
        "status": bad[0].status if bad else 0,
        "made": all(one.made for one in done),
        "errors": dict(total),
    }
    return Measured(**values)


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

    def count(self, key: Key, rows: int, rate: float) -> int:
        """How often a cell has been measured in this way."""
        return sum(one.key == key and (one.rows, one.rate) == (rows, rate) for one in self.measured)
