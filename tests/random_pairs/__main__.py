"""``python -m tests.random_pairs``: many random pairs, each under two versions of the code; failures are collected.

Pairs come in chunks of 25, each with a seed of its own (the seed of the run, and its number), so that a chunk can be run
again by itself: ``--seed 42 --only 7``.
"""

from __future__ import annotations

import argparse
import contextlib
import io
import itertools
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

CHUNK = 25


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.random_pairs", description=__doc__)
    parser.add_argument("--pairs", type=int, default=100, help="how many pairs that stock Django can do")
    parser.add_argument("--seed", type=int, default=int(time.time()))
    parser.add_argument("--jobs", type=int, default=1, help="so many processes, each with a server of its own")
    parser.add_argument("--only", type=int, help="the number of one chunk")
    parser.add_argument("--most", type=int, default=10, help="changes in a pair, at most")
    parser.add_argument(
        "--reader", type=float, default=0.0, help="seconds for which somebody reads every table meanwhile"
    )
    parser.add_argument("--part", help=argparse.SUPPRESS)
    options = parser.parse_args()
    print(f"python -m tests.random_pairs --pairs {options.pairs} --seed {options.seed}")
    if options.jobs > 1 and options.only is None:
        return _several(options)
    return _alone(options)


def _several(options: argparse.Namespace) -> int:
    """Processes that take every n-th chunk."""
    command = [sys.executable, "-m", "tests.random_pairs", "--seed", str(options.seed), "--most", str(options.most)]
    command += ["--pairs", str(-(-options.pairs // options.jobs)), "--reader", str(options.reader)]
    with tempfile.TemporaryDirectory() as directory, contextlib.ExitStack() as stack:
        paths = [Path(directory) / str(number) for number in range(options.jobs)]
        running = [
            subprocess.Popen(
                [*command, "--part", f"{number}/{options.jobs}"], stdout=stack.enter_context(path.open("w"))
            )
            for number, path in enumerate(paths)
        ]
        status = max(process.wait() for process in running)
        for path in paths:
            print(path.read_text())
    return status


def _alone(options: argparse.Namespace) -> int:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tests.settings")
    from django_safemigrate.testing.postgres import server_url

    with server_url() as url:
        os.environ["DATABASE_URL"] = url
        import django

        django.setup()
        return _run(options)


def _run(options: argparse.Namespace) -> int:
    from django_safemigrate.testing.options import Options
    from django_safemigrate.testing.scratch import Scratch

    from .two_versions import Tally

    tally, kept, started = Tally(), 0, time.monotonic()
    part, of = (int(number) for number in (options.part or "0/1").split("/"))
    with Scratch() as scratch:
        for number in itertools.count(part, of) if options.only is None else [options.only]:
            _chunk(options, number, tally, scratch, Options(reader=options.reader, small_tables=True))
            kept = sum(tally.count[outcome] for outcome in ("passed", "refused", "failed"))
            print(
                f"chunk {number}: {dict(tally.count)}, {time.monotonic() - started:.0f} s", file=sys.stderr, flush=True
            )
            if kept >= options.pairs:
                break
    print(f"{kept} pairs that stock Django can do, seed {options.seed}: {dict(tally.count)}")
    return 1 if tally.failures else 0


def _chunk(options: argparse.Namespace, number: int, tally: object, scratch: object, how: object) -> None:
    from hypothesis import HealthCheck, Phase, given, seed, settings

    from .changes import Pair, pairs
    from .two_versions import Tally, check_pair

    assert isinstance(tally, Tally)

    @seed(options.seed * 1_000_003 + number)
    @settings(
        max_examples=CHUNK,
        phases=[Phase.generate],
        deadline=None,
        database=None,
        suppress_health_check=list(HealthCheck),
    )
    @given(pairs(options.most))
    def check(pair: Pair) -> None:
        said = io.StringIO()
        try:
            with contextlib.redirect_stdout(said):
                outcome = check_pair(pair, scratch, how)  # type: ignore[arg-type]
        except Exception as error:
            text = f"{said.getvalue()}\n{type(error).__name__}: {error}"
            tally.fail(pair, text)
            print(f"\n===== FAILED, chunk {number} (--seed {options.seed} --only {number})\n{pair}\n{text}", flush=True)
        else:
            tally.add(outcome)

    check()


if __name__ == "__main__":
    sys.exit(main())
