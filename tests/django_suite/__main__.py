"""Run Django's own test suite with stock's engine and with ours on one PostgreSQL, and compare the outcomes.

A test that ends otherwise has to be listed in differences.toml with the reason; a listed one has to differ. The exit status
is 1 when that is not so, or when a run did not come to its end.
"""

from __future__ import annotations

import argparse
import sys

import django

from tests.django_suite import engines, server
from tests.django_suite.comparing import Verdict, differing, judge
from tests.django_suite.differences import known
from tests.django_suite.running import Run, RunFailed, run


def arguments(words: list[str] | None = None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.django_suite", description=__doc__)
    parser.add_argument("--engine", help="the engine to compare with stock's (each of ours)")
    parser.add_argument("--labels", nargs="+", metavar="LABEL", help="other tests, named as for Django's runtests.py")
    parser.add_argument("--all", action="store_true", help="all tests: 20 minutes or more for each engine")
    parser.add_argument("--stock-only", action="store_true", help="only see that the suite passes with stock's engine")
    parser.add_argument("--postgres", default="15", metavar="MAJOR", help="the server's version (%(default)s)")
    parser.add_argument("--timeout", type=float, default=1800, metavar="SECONDS", help="of each run (%(default)d)")
    return parser.parse_args(words)


def main() -> int:
    options = arguments()
    # Other labels are about PostgreSQL unless they come with the engine of PostGIS.
    other = options.labels or options.all
    default = [engine for engine in engines.OURS if not other or engines.stock_of(engine) is engines.POSTGRESQL]
    with server.server(options.postgres) as url:
        print(f"Django {django.get_version()}, PostgreSQL {server.version(url)}", flush=True)
        chosen = [options.engine] if options.engine else default
        stocks = [engines.stock_of(engine) for engine in chosen]
        return max(
            compare(stock, [engine for engine in chosen if engines.stock_of(engine) is stock], url, options)
            for stock in dict.fromkeys(stocks)
        )


def compare(stock: engines.Stock, ours: list[str], url: str, options: argparse.Namespace) -> int:
    """Each of our engines that stand for the same engine of stock's, which runs once."""
    labels = [] if options.all else options.labels or list(stock.labels)
    if reason := engines.cannot_run(stock, url):
        print(f"\nSkipped {' '.join(labels) or 'all tests'}: {reason}.", flush=True)
        return 0
    print(f"\n{' '.join(labels) or 'all tests'}", flush=True)
    try:
        baseline = run(stock.engine, url, labels, options.timeout)
        show(baseline)
        if options.stock_only:
            return 1 if baseline.results.bad() else 0
        return max(beside(baseline, run(engine, url, labels, options.timeout), labels) for engine in ours)
    except RunFailed as failure:
        print(failure)
        return 1


def beside(baseline: Run, ours: Run, labels: list[str]) -> int:
    show(ours, failures=False)
    verdict = judge(differing(baseline.results, ours.results), known(django.get_version(), ours.engine), labels)
    explain(verdict, ours)
    return 0 if verdict.good else 1


def show(of: Run, *, failures: bool = True) -> None:
    print(of.summary(), flush=True)
    for outcome in of.results.bad() if failures else ():
        print(f"    {outcome.outcome}: {outcome.test}: {outcome.said}")


def explain(verdict: Verdict, ours: Run) -> None:
    for pair, difference in verdict.listed:
        print(f"\nKnown: {pair.test}\n    {difference.reason}")
    for pair in verdict.new:
        print("\nNew: " + "\n".join(pair.lines()))
    for difference in verdict.stale:
        print(f"\nStale: {difference.test} is listed in differences.toml, but does not differ")
    print(f"\n{len(verdict.new)} new, {len(verdict.listed)} known, {len(verdict.stale)} stale")
    if verdict.new:
        print(f"Tracebacks: {ours.log}")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
