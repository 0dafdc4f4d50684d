"""What ours finds in the histories of published apps, and how fast, beside django-migration-linter.

    pip install -r tests/real_apps/requirements.txt django-migration-linter==6.0.0
    python -m benchmarks.linting.real_apps [GROUP ...] --findings build/findings.jsonl
    python -m benchmarks.linting.real_apps [GROUP ...] --pairs 5 --table docs/lint-compared.md

Each migration is looked at as a release of its own. With --findings they are written as JSON lines, with the group and the
runner; they are counted by code in any case. Speed: ours and theirs by turns; theirs has no cache.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Any

from benchmarks.measuring import Cost, cost
from django_safemigrate.testing.postgres import server_url
from tests.real_apps.databases import STOCK, database
from tests.real_apps.databases import run as run_history
from tests.real_apps.environment import Environment
from tests.real_apps.groups import GROUPS

from .command import COST
from .judged import FALSE_ALARMS, false_alarm
from .page import put, table

NOWHERE = "postgresql://nobody@localhost/nobody_connects"
RUNNERS = ("safemigrate", "migrate")
OURS = ("lintmigrations", "--all", "--all-apps")
# Where sqlmigrate fails they go on. With easyaudit, where the name of one migration begins with that of another, they do not.
THEIRS = ("lintmigrations", "--skip-checks", "--no-cache", "--ignore-sqlmigrate-errors", "--exclude-apps", "easyaudit")
OUR_NUMBER = re.compile(r"^(\d+) migrations? looked at", re.MULTILINE)
THEIR_NUMBERS = re.compile(r"^Ignored migrations: (\d+)/(\d+)", re.MULTILINE)
FINDINGS, SPEED = "findings", "speed"


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("groups", nargs="*", default=sorted(GROUPS), metavar="GROUP", help=", ".join(sorted(GROUPS)))
    parser.add_argument("--findings", type=Path, metavar="FILE")
    parser.add_argument("--pairs", type=int, default=0, help="measure the speed, so many times (default 0)")
    parser.add_argument("--table", type=Path, metavar="FILE", help="a page to put the tables into")
    options = parser.parse_args(arguments)
    found = [one for group in options.groups for runner in RUNNERS for one in findings(group, runner)]
    if options.findings:
        options.findings.write_text("".join(f"{json.dumps(one)}\n" for one in found))
    _show(f"{counted(found)}\n\n{reasons(found)}", options.table, FINDINGS)
    if options.pairs:
        with server_url() as server:
            speeds = [one for group in options.groups for one in measured(server, group, options.pairs)]
        _show(compared(speeds), options.table, SPEED)


def findings(group: str, runner: str) -> Iterator[dict[str, Any]]:
    """Each finding of ours, with the group and the runner."""
    said = _run(group, NOWHERE, (*OURS, "--runner", runner, "--json"))
    for line in map(json.loads, said.splitlines()):
        if line["event"] == "finding":
            yield {"group": group, "runner": runner, **line}


def counted(found: Sequence[dict[str, Any]]) -> str:
    """By code, and by who runs the migrations: all of them, and the false alarms among them."""
    all_of, false = Counter(map(_kind, found)), Counter(_kind(one) for one in found if false_alarm(one))
    rows = [
        (f"`{code}`", name, severity, *_numbers(all_of, false, (code, name, severity)))
        for code, name, severity in sorted({key[:3] for key in all_of})
    ]
    total, wrong = (
        Counter(("", "", "", one["runner"]) for one in some) for some in (found, filter(false_alarm, found))
    )
    head = ("code", "", "severity", *(title for runner in RUNNERS for title in (f"with `{runner}`", "false alarms")))
    return table(head, [*rows, ("all", "", "", *_numbers(total, wrong, ("", "", "")))])


def _kind(finding: dict[str, Any]) -> tuple[str, ...]:
    return tuple(finding[key] for key in ("code", "name", "severity", "runner"))


def _numbers(all_of: Counter[tuple[str, ...]], false: Counter[tuple[str, ...]], kind: tuple[str, ...]) -> Sequence[str]:
    return [str(numbers[*kind, runner]) for runner in RUNNERS for numbers in (all_of, false)]


def reasons(found: Sequence[dict[str, Any]]) -> str:
    """Why false alarms are false, each with how often."""
    counts = Counter((alarm.reason, one["runner"]) for one in found if (alarm := false_alarm(one)))
    known = dict.fromkeys(alarm.reason for alarm in FALSE_ALARMS if any(counts[alarm.reason, one] for one in RUNNERS))
    return table(
        ("false alarms", *(f"with `{runner}`" for runner in RUNNERS)),
        [(reason, *(str(counts[reason, runner]) for runner in RUNNERS)) for reason in known],
    )


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
        commands = [(url, THEIRS), *((NOWHERE, (*OURS, "--runner", runner)) for runner in RUNNERS)]
        for at, command in commands:  # these runs write bytecode, and do not count
            _run(group, at, command)
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
            whole = cost(lambda: said.append(_run(group, url, command)))
            alone = Cost(*json.loads(Path(os.environ[COST]).read_text()))
        finally:
            del os.environ[COST]
    return Run(whole, alone, _looked_at(said[0]))


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


def _looked_at(said: str) -> int:
    if found := THEIR_NUMBERS.search(said):
        return int(found[2]) - int(found[1])
    found = OUR_NUMBER.search(said)
    if found is None:
        raise RuntimeError(said[-2000:])
    return int(found[1])


def _run(group: str, url: str, command: Sequence[str]) -> str:
    """The output of a command, which may end with status 1, having found something."""
    environment = Environment(group=GROUPS[group], database_url=url, with_package=command[0:3] == OURS)
    variables = {**environment.as_variables(), "DJANGO_SETTINGS_MODULE": "benchmarks.linting.real_settings"}
    variables.pop("PYTHONDONTWRITEBYTECODE", None)
    run = subprocess.run(
        [sys.executable, "-W", "ignore", "-m", "benchmarks.linting.command", *command],
        env=variables,
        capture_output=True,
        text=True,
    )
    if run.returncode not in {0, 1} or not run.stdout or "Traceback" in run.stderr:
        raise RuntimeError(f"{group}: {' '.join(command)}\n{run.stderr[-3000:]}")
    return run.stdout


def _show(text: str, page: Path | None, mark: str) -> None:
    print(text, flush=True)
    if page:
        put(page, mark, text)


if __name__ == "__main__":
    main()
