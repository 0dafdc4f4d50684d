"""Changes of a large table by this package, by stock Django and by hand: what they take, and what others see of them.

    python -m benchmarks.backfills --quick
    python -m benchmarks.backfills --json backfills.json --table docs/backfills-measured.md \\
        --picture docs/backfills-measured.png --check

With --json, each measurement is written as soon as it is there, and none is done twice: an interrupted run goes on where it
stopped. The runners of a round run one after the other, in an order that changes from round to round; what is compared is
the median of the rounds' ratios. With --render nothing is measured.
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

from benchmarks.availability.databases import database
from django_safemigrate.testing.postgres import server_url

from . import project
from .cell import TEMPLATE, Conditions, measure
from .changes import CHANGES
from .picture import draw
from .results import QUIET, RUNNERS, TRAFFIC, Results, groups
from .shop import fill
from .table import line, write

Todo = tuple[str, str, str, int]


def main(arguments: Sequence[str] | None = None) -> int:
    options = _parser().parse_args(arguments)
    if options.quick:
        options.rows, options.rounds, options.baseline = min(options.rows, 50_000), 1, 2.0
    results = Results(options.json)
    todo = [] if options.render else [one for one in _wanted(options) if not results.has(*one)]
    if todo:
        with _prepared(options) as conditions:
            for number, one in enumerate(todo, start=1):
                measured = measure(conditions, *one)
                results.add(measured)
                print(f"{number}/{len(todo)} {line(measured)}", flush=True)
    found = groups(results.measured)
    if options.picture:
        draw(found, options.picture)
    if options.table:
        write(found, options.table, options.picture)
    missed = {key: misses for key, group in found.items() if (misses := group.misses())}
    for (load, change), misses in missed.items():
        print(f"missed: {change}, {load}: {'; '.join(misses)}")
    return 1 if options.check and missed else 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.backfills", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )

    def some_of(known: Sequence[str]) -> dict[str, Any]:
        return {"nargs": "+", "choices": known, "default": known, "metavar": "NAME", "help": ", ".join(known)}

    parser.add_argument("--changes", **some_of(list(CHANGES)))
    parser.add_argument("--loads", **some_of([TRAFFIC, QUIET]))
    parser.add_argument(
        "--runners", **some_of(list(dict.fromkeys(name for names in RUNNERS.values() for name in names)))
    )
    parser.add_argument(
        "--rows", type=int, default=2_000_000, help="orders, with as many lines and half as many payments"
    )
    parser.add_argument("--rate", type=float, default=300.0, help="queries a second")
    parser.add_argument("--baseline", type=float, default=10.0, help="seconds that are measured before a runner begins")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--quick", action="store_true", help="50,000 orders at most, and one round")
    parser.add_argument("--json", type=Path, metavar="FILE", help="the results, kept from run to run")
    parser.add_argument("--table", type=Path, metavar="FILE", help="write all results as tables in markdown")
    parser.add_argument("--picture", type=Path, metavar="FILE", help="draw all results")
    parser.add_argument("--render", action="store_true", help="measure nothing")
    parser.add_argument("--check", action="store_true", help="exit status 1 when ours misses the bar")
    return parser


def _wanted(options: argparse.Namespace) -> Iterator[Todo]:
    for number in range(1, options.rounds + 1):
        for load in options.loads:
            for change in options.changes:
                for runner in RUNNERS[load][:: 1 if number % 2 else -1]:
                    if runner in options.runners:
                        yield runner, change, load, number


@contextmanager
def _prepared(options: argparse.Namespace) -> Iterator[Conditions]:
    """A server with the template, in which Django and this package have made the tables of their own."""
    with (
        server_url() as server,
        tempfile.TemporaryDirectory(prefix="backfills-") as name,
        database(server, TEMPLATE) as url,
    ):
        began = time.monotonic()
        directory = Path(name)
        project.write(directory / "unchanged", None, ours=True).run(["safemigrate", "--noinput"], url)
        fill(url, options.rows)
        print(f"{options.rows:,} orders in {time.monotonic() - began:.0f} s", flush=True)
        yield Conditions(server, options.rows, options.rate, directory, baseline=options.baseline)


if __name__ == "__main__":
    sys.exit(main())
