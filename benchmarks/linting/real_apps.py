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
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from django_safemigrate.testing.postgres import server_url
from tests.real_apps.groups import GROUPS

from .judged import FALSE_ALARMS, false_alarm
from .page import put, table
from .projects import NOWHERE, OURS, RUNNERS, THEY_FAIL, run
from .speed import Speed, compared, measured

FINDINGS, SPEED = "findings", "speed"


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("groups", nargs="*", default=sorted(GROUPS), metavar="GROUP", help=", ".join(sorted(GROUPS)))
    parser.add_argument("--findings", type=Path, metavar="FILE")
    parser.add_argument("--pairs", type=int, default=0, help="measure the speed instead, so many times")
    parser.add_argument("--table", type=Path, metavar="FILE", help="a page to put the tables into")
    options = parser.parse_args(arguments)
    if options.pairs:
        measure(options)
    else:
        look(options)


def look(options: argparse.Namespace) -> None:
    found = [one for group in options.groups for runner in RUNNERS for one in findings(group, runner)]
    if options.findings:
        options.findings.write_text("".join(f"{json.dumps(one)}\n" for one in found))
    _show(f"{counted(found)}\n\n{reasons(found)}", options.table, FINDINGS)


def measure(options: argparse.Namespace) -> None:
    """What is measured is shown, and written, group by group."""
    speeds: list[Speed] = []
    with server_url() as server:
        for group in [group for group in options.groups if group not in THEY_FAIL]:
            speeds += measured(server, group, options.pairs)
            _show(compared(speeds), options.table, SPEED)


def findings(group: str, runner: str) -> Iterator[dict[str, Any]]:
    """Each finding of ours, with the group and the runner."""
    said = run(group, NOWHERE, (*OURS, "--runner", runner, "--json"))
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


def _show(text: str, page: Path | None, mark: str) -> None:
    print(text, flush=True)
    if page:
        put(page, mark, text)


if __name__ == "__main__":
    main()
