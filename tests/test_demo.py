"""The demo's pure parts: numbers, table, picture. CI runs the demo itself as ``manage.py demo --quick``."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

EXAMPLE = Path(__file__).parents[1] / "example_project"
sys.path.insert(0, str(EXAMPLE))

from shop.demo.measure import LockWait, Phase, Request, Run, percentile, summarize  # noqa: E402
from shop.demo.recorder import Recorder, Second  # noqa: E402
from shop.demo.table import plain_table, rows  # noqa: E402

GONE = "UndefinedColumn: column shop_order.gift_wrap does not exist"


@pytest.fixture
def run() -> Run:
    """A deploy from second 2 to 8, in which two pages waited, and one of these and a report failed."""
    return Run(
        name="stock migrate",
        requests=[
            Request("list", 1, due=1.0, latency=0.004),
            Request("show", 1, due=1.5, latency=0.150),
            Request("place", 1, due=3.0, latency=2.5),
            Request("update", 1, due=4.0, latency=1.5, error=GONE),
            Request("list", 2, due=9.0, latency=0.006),
            Request("report", 1, due=1.0, latency=5.5),
            Request("report", 1, due=7.0, latency=0.2, error=GONE),
        ],
        phases=[
            Phase("baseline", 0.0, 2.0),
            Phase("before deploy", 2.0, 6.0),
            Phase("rolling", 6.0, 7.0),
            Phase("watching", 7.0, 7.5),
            Phase("after deploy", 7.5, 8.0),
            Phase("afterwards", 8.0, 10.0),
        ],
        lock_waits=[LockWait("AccessShareLock", 3.0, 2.4), LockWait("RowExclusiveLock", 4.0, 1.4)],
        lock_watch_gap=0.031,
        orders_expected=101,
        orders_found=101,
    )


@pytest.mark.parametrize(
    ("values", "share", "expected"),
    [
        ([], 0.5, 0),
        ([7], 0.99, 7),
        ([3, 1, 2], 0.5, 2),
        (range(1, 101), 0.99, 99),
        (range(1, 101), 1, 100),
        (range(1, 101), 0, 1),
    ],
)
def test_percentile(values: range, share: float, expected: float) -> None:
    assert percentile(values, share) == expected


def test_a_summary_counts_failed_reports_but_not_their_latency(run: Run) -> None:
    summary = summarize(run)

    assert (summary.requests, summary.failed, summary.errors) == (7, 2, {GONE: 2})
    assert (summary.over_budget, summary.over_budget_before_the_deploy) == (3, 1)
    assert (summary.median_ms, summary.worst_ms) == (150, 2500)
    assert (summary.lock_waits, summary.longest_lock_wait_ms, summary.lock_watch_gap_ms) == (2, 2400, 31)
    assert (summary.deploy_seconds, summary.orders_lost) == (5.5, 0)


def test_the_summary_of_a_run_without_requests(run: Run) -> None:
    empty = Run("nothing", [], run.phases, [], 0.03, 5, 3)

    summary = summarize(empty)

    assert (summary.requests, summary.failed, summary.worst_ms, summary.orders_lost) == (0, 0, 0, 2)


def test_a_request_travels_as_a_line() -> None:
    request = Request("place", 2, due=12345.678901, latency=0.0123, error='NotNullViolation: "priority"\té')

    assert Request.from_line(request.to_line()) == request
    assert "\n" not in request.to_line()


def test_the_recorder_sums_up_what_is_new_since_the_last_look() -> None:
    recorder = Recorder()
    recorder.add(Request("list", 1, due=1.0, latency=0.2, error=GONE))
    recorder.add(Request("report", 1, due=1.0, latency=5.0))
    assert recorder.since_last_look() == Second(requests=2, failed=1, worst=0.2)

    recorder.add(Request("list", 1, due=2.0, latency=0.1))
    assert recorder.since_last_look() == Second(requests=1, failed=0, worst=0.1)
    assert recorder.since_last_look() == Second(requests=0, failed=0, worst=0.0)
    assert len(recorder.all()) == 3


def test_the_table(run: Run) -> None:
    calm = Run("safemigrate", [Request("list", 1, 1.0, 0.0041)], run.phases, [], 0.03, 100, 100)

    table = plain_table(("", "safemigrate", "stock migrate"), rows([summarize(calm), summarize(run)]))

    assert table.splitlines() == [
        "                                                              safemigrate   stock migrate",
        "-----------------------------------------------------------   -----------   -------------",
        "requests                                                                1               7",
        "failed                                                                  0               2",
        "waited over 100 ms                                                      0               3",
        "  of these before the deploy                                            0               1",
        "worst wait                                                         4.1 ms        2,500 ms",
        "99 % within                                                        4.1 ms        2,500 ms",
        "median                                                             4.1 ms          150 ms",
        "longest wait for a lock                                            0.0 ms        2,400 ms",
        "  looked for at least every                                         30 ms           31 ms",
        "orders lost                                                             0               0",
        "the deploy took                                                     5.5 s           5.5 s",
        "UndefinedColumn: column shop_order.gift_wrap does not exist             0               2",
    ]


@pytest.mark.parametrize("suffix", ["png", "svg"])
def test_the_picture_is_written(run: Run, tmp_path: Path, suffix: str) -> None:
    pytest.importorskip("matplotlib")
    from shop.demo.picture import draw

    path = tmp_path / f"latency.{suffix}"
    draw([run, run], path)

    assert path.stat().st_size > 10_000
