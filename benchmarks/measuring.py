"""What processes cost, ours beside stock Django's: in pairs, since a machine is not equally fast from minute to minute."""

from __future__ import annotations

import os
import resource
import time
from collections.abc import Callable
from dataclasses import dataclass
from statistics import median

HEADER = f"{'':<12} {'stock wall / cpu':>20} {'ours wall / cpu':>20} {'ratio wall / cpu':>18}"


@dataclass(frozen=True)
class Cost:
    """Seconds, of a clock on the wall and of the processor."""

    wall: float
    cpu: float


def cost(work: Callable[[], object]) -> Cost:
    """The cost of the processes that ``work`` starts and waits for."""
    cpu, wall = _children(), time.monotonic()
    work()
    return Cost(time.monotonic() - wall, _children() - cpu)


def _children() -> float:
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime


def row(name: str, pairs: int, stock: Callable[[], Cost], ours: Callable[[], Cost]) -> str:
    """A line under ``HEADER``: medians of the costs, and of the ratios in the pairs. Who goes first changes."""
    # Ours has its bytecode, as Django has: from these runs, which do not count.
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
    stock(), ours()
    costs: dict[Callable[[], Cost], list[Cost]] = {stock: [], ours: []}
    for pair in range(pairs):
        for measured in (stock, ours)[:: 1 if pair % 2 else -1]:
            costs[measured].append(measured())
    seconds = "".join(
        f" {median(one.wall for one in of_one):>10.2f} / {median(one.cpu for one in of_one):>5.2f} s"
        for of_one in costs.values()
    )
    both = list(zip(costs[stock], costs[ours], strict=True))
    wall, cpu = median(b.wall / a.wall for a, b in both), median(b.cpu / a.cpu for a, b in both)
    return f"{name:<12}{seconds} {wall:>10.2f} / {cpu:>5.2f}"
