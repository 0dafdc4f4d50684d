"""Run the crash matrix: ``python -m tests.crash --help``. Exit status 1 when any kill led to another end."""

from __future__ import annotations

import argparse
import contextlib
import queue
import random
import signal
import sys
import threading
import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from .cases import CASES
from .matrix import Kill, Outcome, changes_something, matrix
from .server import find_programs
from .table import table
from .ways import WAYS, Moment


def parse(arguments: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.crash", description=__doc__)
    moments = [moment.value for moment in Moment]
    parser.add_argument(
        "--migrations", nargs="+", choices=CASES, default=list(CASES), metavar="NAME", help=", ".join(CASES)
    )
    parser.add_argument("--ways", nargs="+", choices=WAYS, default=list(WAYS))
    parser.add_argument("--moments", nargs="+", choices=moments, default=moments)
    parser.add_argument(
        "--session", type=int, action="append", default=[], help="1: the one that migrates (default: each)"
    )
    parser.add_argument("--unit", type=int, action="append", default=[], help="Only this unit of work of a session.")
    parser.add_argument(
        "--again", type=int, metavar="N", help="Strike the next run, too, at its Nth unit; 0: at one chosen by --seed."
    )
    parser.add_argument("--writes", action="store_true", help="Only at units of work that are more than a question.")
    parser.add_argument("--every", type=int, default=1, metavar="N", help="Only every Nth kill.")
    parser.add_argument("--sample", type=int, metavar="N", help="Only N kills, chosen by --seed.")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--jobs", type=int, default=1, metavar="N", help="Servers at the same time.")
    parser.add_argument("--server", metavar="MAJOR", help="That version, found on this machine (default: the wheel's).")
    parser.add_argument("--minutes", type=float, help="Stop after so long, with what there is until then.")
    parser.add_argument("--verbose", action="store_true", help="The outputs of both runs of each kill.")
    return parser.parse_args(arguments)


def main(arguments: Sequence[str]) -> int:
    options = parse(arguments)
    bindir = find_programs(options.server)
    if bindir is None:
        print("There is no such PostgreSQL on this machine.")
        return 2
    outcomes: list[Outcome] = []
    kills: queue.SimpleQueue[Kill] = queue.SimpleQueue()
    chosen = list(choose(bindir, options))
    for kill in chosen:
        kills.put(kill)
    errors: list[BaseException] = []
    over = threading.Event()
    workers = [
        threading.Thread(target=work, args=(bindir, kills, len(chosen), outcomes, options, over, errors))
        for _ in range(options.jobs)
    ]
    for worker in workers:
        worker.start()
    deadline = time.monotonic() + options.minutes * 60 if options.minutes else float("inf")
    try:
        while any(worker.is_alive() for worker in workers) and time.monotonic() < deadline:
            time.sleep(0.1)
    except (KeyboardInterrupt, SystemExit):
        print("Interrupted.")
    finally:
        over.set()  # each ends with the kill that it is at
        for worker in workers:
            worker.join()
    failures = [outcome for outcome in outcomes if not outcome.equal]
    order = {name: place for place, name in enumerate(CASES)}
    print(f"\n{table(sorted(outcomes, key=lambda outcome: order[outcome.kill.case]))}")
    for failure in failures:
        print(f"  {failure.kill}")
    for error in errors:
        print(f"The matrix itself: {error!r}")
    return 1 if failures or errors else 0


def choose(bindir: Path, options: argparse.Namespace) -> list[Kill]:
    """The kills that the options ask for."""
    moments = [Moment(value) for value in options.moments]
    chosen: list[Kill] = []
    with matrix(bindir) as looking:
        print(f"PostgreSQL {looking.server.version}", flush=True)
        for name in options.migrations:
            kills = list(looking.kills(CASES[name], options.ways, moments, options.session))
            chosen += [
                kill
                for kill in kills
                if (not options.unit or kill.unit.number in options.unit)
                and (changes_something(kill.unit) or not options.writes)
            ]
    total = len(chosen)
    chosen = chosen[:: options.every]
    if options.sample and options.sample < len(chosen):
        picked = sorted(random.Random(options.seed).sample(range(len(chosen)), options.sample))
        chosen = [chosen[place] for place in picked]
    if options.minutes:
        random.Random(options.seed).shuffle(chosen)  # so that what there is time for is a sample, too
    if options.again is not None:
        chance = random.Random(options.seed)
        chosen = [replace(kill, again=options.again or chance.randint(1, kill.unit.number + 50)) for kill in chosen]
    print(f"{len(chosen)} of {total} kills, {len(options.migrations)} migrations", flush=True)
    return chosen


def work(
    bindir: Path,
    kills: queue.SimpleQueue[Kill],
    total: int,
    outcomes: list[Outcome],
    options: argparse.Namespace,
    over: threading.Event,
    errors: list[BaseException],
) -> None:
    """Take kills as long as there are any, on a server of one's own."""
    try:
        with matrix(bindir) as own, contextlib.suppress(queue.Empty):
            own.twice = False  # seen already, when the kills were chosen
            said_at = time.monotonic()
            while not over.is_set():
                kill = kills.get_nowait()
                outcome = own.kill(CASES[kill.case], kill)
                outcomes.append(outcome)
                if options.verbose:
                    print("\n---\n".join([str(kill), *(ended.output for ended in outcome.runs)]))
                if not outcome.equal:
                    print(outcome.report(), flush=True)
                if time.monotonic() - said_at > 30:
                    said_at = time.monotonic()
                    failed = sum(not outcome.equal for outcome in outcomes)
                    print(f"{len(outcomes)} of {total}, {failed} failed", flush=True)
    except BaseException as error:
        errors.append(error)
        raise


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, lambda number, frame: sys.exit(128 + number))
    sys.exit(main(sys.argv[1:]))
