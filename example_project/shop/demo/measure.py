"""What was measured, and the numbers that sum it up. Pure: no database, no clock."""

from __future__ import annotations

import json
import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

WAIT_BUDGET = 0.1
REPORT = "report"

BASELINE, BEFORE, ROLLING = "baseline", "before deploy", "rolling"
WATCHING, AFTER, AFTERWARDS = "watching", "after deploy", "afterwards"


@dataclass(frozen=True)
class Request:
    """One request as its user saw it, in seconds of the monotonic clock that all processes share.

    ``latency`` counts from the moment at which the request was due, not from when the worker got round to it:
    a worker that hangs for five seconds keeps 125 users waiting and not one (to measure the latter is the
    mistake called coordinated omission).
    """

    kind: str
    release: int
    due: float
    latency: float
    error: str = ""

    def to_line(self) -> str:
        return json.dumps([self.kind, self.release, self.due, self.latency, self.error])

    @classmethod
    def from_line(cls, line: str) -> Request:
        return cls(*json.loads(line))

    @property
    def finished(self) -> float:
        return self.due + self.latency


@dataclass(frozen=True)
class Phase:
    """A part of a run, in this order: ``BASELINE``, ``BEFORE``, ``ROLLING``, ``WATCHING``, ``AFTER``, ..."""

    name: str
    began: float
    ended: float


@dataclass(frozen=True)
class LockWait:
    """One wait of a request for a lock, which had lasted ``seconds`` when ``pg_locks`` last showed it."""

    mode: str
    began: float
    seconds: float


@dataclass(frozen=True)
class Run:
    """Everything that was measured while one deploy went through."""

    name: str
    requests: Sequence[Request]
    phases: Sequence[Phase]
    lock_waits: Sequence[LockWait]
    lock_watch_gap: float
    orders_expected: int
    orders_found: int

    @property
    def deploy_began(self) -> float:
        return next(phase.began for phase in self.phases if phase.name == BEFORE)

    @property
    def deploy_seconds(self) -> float:
        """The commands and the replacing of the workers, without the pause in between that the demo chose."""
        return sum(phase.ended - phase.began for phase in self.phases if phase.name in {BEFORE, ROLLING, AFTER})


@dataclass(frozen=True)
class Summary:
    """The numbers of a run. Reports are slow by design: their failures count and their latency does not."""

    requests: int
    failed: int
    over_budget: int
    median_ms: float
    p99_ms: float
    worst_ms: float
    over_budget_before_the_deploy: int
    lock_waits: int
    longest_lock_wait_ms: float
    lock_watch_gap_ms: float
    deploy_seconds: float
    orders_lost: int
    errors: dict[str, int]

    def to_json(self) -> dict[str, Any]:
        return asdict(self)


def percentile(values: Sequence[float], share: float) -> float:
    """The smallest value that a ``share`` (0 to 1) of the values do not exceed; 0 when there are none."""
    if not values:
        return 0.0
    return sorted(values)[max(0, math.ceil(share * len(values)) - 1)]


def summarize(run: Run) -> Summary:
    pages = [request for request in run.requests if request.kind != REPORT]
    latencies = [request.latency for request in pages]
    late = [request for request in pages if request.latency > WAIT_BUDGET]
    errors = Counter(request.error for request in run.requests if request.error)
    return Summary(
        requests=len(run.requests),
        failed=errors.total(),
        over_budget=len(late),
        median_ms=1000 * percentile(latencies, 0.5),
        p99_ms=1000 * percentile(latencies, 0.99),
        worst_ms=1000 * max(latencies, default=0.0),
        over_budget_before_the_deploy=sum(request.finished < run.deploy_began for request in late),
        lock_waits=len(run.lock_waits),
        longest_lock_wait_ms=1000 * max((wait.seconds for wait in run.lock_waits), default=0.0),
        lock_watch_gap_ms=1000 * run.lock_watch_gap,
        deploy_seconds=run.deploy_seconds,
        orders_lost=run.orders_expected - run.orders_found,
        errors=dict(errors.most_common()),
    )
