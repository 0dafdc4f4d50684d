"""Measure what an application sees while its schema is changed, by change, obstacle and tool.

    python -m benchmarks.availability --runners ours --json results.json --check
    python -m benchmarks.availability --json results.json --table docs/availability.md --picture docs/availability.png

With --json, each cell is written as soon as it is measured, and one that is there is not measured again: an interrupted run
goes on where it stopped, and several runs add up. With --render nothing is measured.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from django_safemigrate.testing.postgres import server_url

from .cell import Conditions, measure
from .changes import CHANGES
from .databases import TEMPLATE, database, fill
from .environment import ROOT, Environments
from .obstacles import OBSTACLES
from .picture import draw
from .project import Projects
from .results import Key, Results, merged, misses
from .runners import OURS, RUNNERS
from .table import cell_text, write


def main(arguments: Sequence[str] | None = None) -> int:
    options = _parser().parse_args(arguments)
    results = Results(options.json)
    wanted = [
        (runner, change, obstacle)
        for obstacle in options.obstacles
        for change in options.changes
        for runner in options.runners
    ]
    todo = [] if options.render else list(_todo(wanted, results, options))
    if todo:
        with _prepared(options, {runner for runner, _, _ in todo}) as (conditions, projects):
            _measure_all(todo, results, conditions, projects)
    cells = merged(results.measured)
    if options.table:
        write(cells, options.table, options.picture)
    if options.picture:
        draw(cells, options.picture)
    missed = {key: found for key in wanted if key[0] == OURS and key in cells and (found := misses(cells[key]))}
    for (_, change, obstacle), found in missed.items():
        print(f"missed: {change}, {obstacle}: {', '.join(found)}")
    return 1 if options.check and missed else 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.availability",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )

    def some_of(known: Sequence[str]) -> dict[str, Any]:
        return {"nargs": "+", "choices": known, "default": known, "metavar": "NAME", "help": ", ".join(known)}

    parser.add_argument("--runners", **some_of(list(RUNNERS)))
    parser.add_argument("--changes", **some_of(list(CHANGES)))
    parser.add_argument("--obstacles", **some_of(list(OBSTACLES)))
    parser.add_argument("--rows", type=int, default=2_000_000, help="orders in the big table")
    parser.add_argument("--rate", type=float, default=300.0, help="queries a second")
    parser.add_argument("--hold", type=float, default=10.0, help="seconds for which somebody holds a table or a row")
    parser.add_argument("--baseline", type=float, default=4.0, help="seconds that are measured before the tool begins")
    parser.add_argument("--repeat", type=int, default=1, help="how often each cell is to be measured in all")
    parser.add_argument("--json", type=Path, metavar="FILE", help="the results, kept from run to run")
    parser.add_argument("--table", type=Path, metavar="FILE", help="write all results as tables in markdown")
    parser.add_argument("--picture", type=Path, metavar="FILE", help="draw all results")
    parser.add_argument("--outputs", type=Path, metavar="DIRECTORY", help="keep there what the tools say")
    parser.add_argument("--render", action="store_true", help="measure nothing")
    parser.add_argument("--check", action="store_true", help="exit status 1 when ours misses the bar in a chosen cell")
    environment = ROOT / ".venv-availability"
    parser.add_argument("--environment", type=Path, default=environment, help="where the other tools are installed")
    parser.add_argument("--python", help="the interpreter for the other tools; 3.12 or later has all of them")
    return parser


def _todo(wanted: Sequence[Key], results: Results, options: argparse.Namespace) -> Iterator[Key]:
    """What is still to be measured: all once, then all a second time."""
    for number in range(options.repeat):
        for key in wanted:
            if results.count(key, options.rows, options.rate) <= number:
                yield key


@contextmanager
def _prepared(options: argparse.Namespace, runners: set[str]) -> Iterator[tuple[Conditions, Projects]]:
    """A server with the template, in which every tool has made the tables of its own."""
    environments = Environments(options.environment.absolute(), options.python)
    with server_url() as server, tempfile.TemporaryDirectory(prefix="availability-") as name:
        directory = Path(name)
        projects = Projects(directory, environments)
        with database(server, TEMPLATE) as url:
            began = time.monotonic()
            projects.unchanged(RUNNERS["stock"]).run(RUNNERS["stock"].before, url)
            fill(url, options.rows)
            for runner in (RUNNERS[name] for name in RUNNERS if name in runners):
                if not environments.missing(runner):
                    projects.unchanged(runner).run(runner.before, url)
            print(f"{options.rows:,} orders in {time.monotonic() - began:.0f} s", flush=True)
            conditions = Conditions(
                server,
                options.rows,
                options.rate,
                directory,
                baseline=options.baseline,
                hold=options.hold,
                outputs=options.outputs,
            )
            yield conditions, projects


def _measure_all(todo: Sequence[Key], results: Results, conditions: Conditions, projects: Projects) -> None:
    for number, (runner, change, obstacle) in enumerate(todo, start=1):
        began = time.monotonic()
        one = measure(conditions, projects, RUNNERS[runner], CHANGES[change], obstacle)
        results.add(one)
        took = time.monotonic() - began
        where = f"{number}/{len(todo)} {took:5.1f} s  {runner}, {change}, {obstacle}"
        remark = f" ({one.remark})" if one.remark else ""
        said = f"\n      {one.said}" if one.said else ""
        print(f"{where}: {cell_text(one)}; baseline {one.baseline_worst:.0f} ms{remark}{said}", flush=True)


if __name__ == "__main__":
    sys.exit(main())
