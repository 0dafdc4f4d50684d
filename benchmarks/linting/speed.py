"""How many migrations a second: ours and django-migration-linter, by turns."""

from __future__ import annotations

import json
import os
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median

from benchmarks.measuring import Cost, cost
from tests.real_apps.databases import STOCK, database
from tests.real_apps.databases import run as run_history
from tests.real_apps.groups import GROUPS

from .command import COST
from .page import table
from .projects import NOWHERE, OURS, RUNNERS, looked_at, run, theirs


@dataclass(frozen=True)
class Run:
    """What one command has cost, from the start of Python (``whole``) and from when the project was set up (``alone``), and
    how many migrations it looked at."""

    whole: Cost
    alone: Cost
    migrations: int


@dataclass(frozen=True)
class Speed:
    """The runs of pairs, of one group of apps or of all together."""

    name: str
    runner: str
    theirs: Sequence[Run]
    ours: Sequence[Run]

    def a_second(self, runs: Sequence[Run], part: str) -> float:
        return median(run.migrations / getattr(run, part).wall for run in runs)

    def ratio(self, part: str, clock: str) -> float:
        """How many times as many migrations a second ours looks at, in the median of the pairs."""
        return median(
            (getattr(getattr(a, part), clock) / a.migrations) / (getattr(getattr(b, part), clock) / b.migrations)
            for a, b in zip(self.theirs, self.ours, strict=True)
        )


def measured(server: str, group: str, pairs: int) -> list[Speed]:
    with database(server, f"linting_{group}") as url:
        run_history(url, GROUPS[group], STOCK)  # their tool asks the database for the names of constraints
        commands = [(url, theirs(group)), *((NOWHERE, (*OURS, "--runner", runner)) for runner in RUNNERS)]
        for at, command in commands:  # these runs write bytecode, and do not count
            run(group, at, command)
        runs: list[list[Run]] = [[], [], []]
        for pair in range(pairs):
            for number in range(3)[:: 1 if pair % 2 else -1]:
                runs[number].append(_measured(group, *commands[number]))
    return [Speed(group, runner, runs[0], runs[number]) for number, runner in enumerate(RUNNERS, 1)]


def _measured(group: str, url: str, command: Sequence[str]) -> Run:
    said: list[str] = []
    with tempfile.TemporaryDirectory() as directory:
        os.environ[COST] = str(Path(directory) / "cost.json")
        try:
            whole = cost(lambda: said.append(run(group, url, command)))
            alone = Cost(*json.loads(Path(os.environ[COST]).read_text()))
        finally:
            del os.environ[COST]
    return Run(whole, alone, looked_at(said[0]))


def together(speeds: Sequence[Speed]) -> list[Speed]:
    """All groups as one, by runner: the first runs of each, the second ones, and so on."""
    found = []
    for runner in RUNNERS:
        of_runner = [speed for speed in speeds if speed.runner == runner]
        theirs, ours = ([_sum(runs) for runs in zip(*each, strict=True)] for each in _sides(of_runner))
        found.append(Speed("all", runner, theirs, ours))
    return found


def _sides(speeds: Sequence[Speed]) -> tuple[list[Sequence[Run]], list[Sequence[Run]]]:
    return [speed.theirs for speed in speeds], [speed.ours for speed in speeds]


def _sum(runs: Sequence[Run]) -> Run:
    whole, alone = (
        Cost(sum(getattr(run, part).wall for run in runs), sum(getattr(run, part).cpu for run in runs))
        for part in ("whole", "alone")
    )
    return Run(whole, alone, sum(run.migrations for run in runs))


def compared(speeds: Sequence[Speed]) -> str:
    head = (
        "apps",
        "runner",
        "migrations, theirs / ours",
        "alone: theirs, ours a second",
        "ratio wall / processor",
        "whole command: theirs, ours a second",
        "ratio wall / processor",
    )
    return table(head, map(_row, [*speeds, *together(speeds)]))


def _row(speed: Speed) -> Sequence[str]:
    cells = [speed.name, f"`{speed.runner}`", f"{speed.theirs[0].migrations} / {speed.ours[0].migrations}"]
    for part in ("alone", "whole"):
        cells.append(f"{speed.a_second(speed.theirs, part):.1f}, {speed.a_second(speed.ours, part):.1f}")
        cells.append(f"{speed.ratio(part, 'wall'):.1f} / {speed.ratio(part, 'cpu'):.1f}")
    return cells
