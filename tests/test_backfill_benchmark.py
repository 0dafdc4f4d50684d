"""The benchmark of fills: it runs, changes are made, and no query of the application fails. No speed is checked here.

Beside an application two of the changes by default; ``BACKFILL_BENCHMARK=1``: all of them.
"""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path

import pytest

from benchmarks.backfills.__main__ import main
from benchmarks.backfills.changes import CHANGES
from benchmarks.backfills.results import BATCHES, FOUR, OURS, QUIET, STOCK, TRAFFIC, UPDATE, Group, Measured, Results
from benchmarks.backfills.table import tables, write

CHOSEN = CHANGES if os.environ.get("BACKFILL_BENCHMARK") else ("key", "not-null")
SMALL = ["--quick", "--rows", "25000", "--rate", "30"]


def measured(
    runner: str, *, load: str = TRAFFIC, number: int = 1, pace: float = 10_000.0, **values: object
) -> Measured:
    one = Measured(
        runner, "column", load, number, 2_000_000, 300.0, "18.1", queries=9000, worst=40.0, p99=8.0, baseline_worst=20.0,
        baseline_p99=5.0, took=90.0, filled=1_000_000, fill_seconds=1_000_000 / pace,
    )  # fmt: skip
    return replace(one, **values)  # type: ignore[arg-type]


def group(*ones: Measured) -> Group:
    return Group(ones[0].change, ones[0].load, ones)


@pytest.mark.slow
@pytest.mark.postgres
@pytest.mark.parametrize("change", CHOSEN)
def test_a_change_beside_an_application(change: str, tmp_path: Path) -> None:
    results, page = tmp_path / "results.json", tmp_path / "page.md"
    chosen = ["--changes", change, "--loads", TRAFFIC, "--runners", OURS, BATCHES]

    assert main([*SMALL, *chosen, "--json", str(results), "--table", str(page)]) == 0

    ours, batches = Results(results).measured
    assert ours.went_through
    assert batches.went_through
    assert (ours.failed, ours.errors) == (0, {})
    assert ours.queries > 60
    # Rows that the application has touched meanwhile are right already, and those it inserts may be filled, too: one a query.
    rows = 62_500 if change == "key" else 25_000
    for one in (ours, batches):
        assert abs(one.filled - rows) <= max(0.1 * rows, one.queries)
    assert "by hand, batches" in page.read_text()

    # All of it is in the file by now, so nothing is measured again.
    assert main([*SMALL, *chosen, "--json", str(results)]) == 0
    assert len(Results(results).measured) == 2


@pytest.mark.slow
@pytest.mark.postgres
def test_a_change_without_one(tmp_path: Path) -> None:
    results = tmp_path / "results.json"
    assert main([*SMALL, "--changes", "not-null", "--loads", QUIET, "--json", str(results)]) == 0
    found = Results(results).measured
    assert [one.runner for one in found] == [OURS, FOUR, BATCHES, UPDATE]
    assert all(one.went_through for one in found)
    assert [one.filled for one in found] == [25_000] * 4


@pytest.mark.slow
@pytest.mark.postgres
def test_stock_is_seen_to_fail_the_old_code(tmp_path: Path) -> None:
    results = tmp_path / "results.json"
    chosen = ["--changes", "rename", "--loads", TRAFFIC, "--runners", STOCK]
    assert main([*SMALL, *chosen, "--json", str(results)]) == 0
    (stock,) = Results(results).measured
    assert stock.went_through
    assert stock.failed > 0
    assert any("note" in error for error in stock.errors)


def test_what_meets_the_bar() -> None:
    assert group(measured(OURS), measured(BATCHES, pace=12_000.0)).misses() == []
    quiet = [measured(name, load=QUIET) for name in (OURS, FOUR, BATCHES, UPDATE)]
    assert group(*quiet).misses() == []


@pytest.mark.parametrize(
    ("value", "said"),
    [
        ({"failed": 1}, "round 1: 1 queries failed"),
        ({"made": False}, "round 1: the change was not made"),
        ({"status": None}, "round 1: the change was not made"),
        ({"worst": 101.0}, "worst wait 101 ms"),
        ({"p99": 10.1}, "p99 is 2.0 times its baseline"),
        ({"pace": 9_000.0}, "safemigrate: 0.75 of the rows a second of by hand, batches"),
    ],
)
def test_what_misses_it(value: dict[str, object], said: str) -> None:
    assert group(measured(OURS, **value), measured(BATCHES, pace=12_000.0)).misses() == [said]  # type: ignore[arg-type]


def test_four_workers_have_a_bar_of_their_own() -> None:
    found = [measured(FOUR, load=QUIET, pace=7_000.0), measured(UPDATE, load=QUIET)]
    assert group(*found).misses() == ["safemigrate --workers 4: 0.70 of the rows a second of by hand, one UPDATE"]


def test_ratios_are_those_of_a_round() -> None:
    ones = [
        measured(runner, number=number, pace=pace)
        for number, paces in enumerate(((10.0, 10.0), (30.0, 60.0), (9.0, 3.0)), start=1)
        for runner, pace in zip((OURS, BATCHES), paces, strict=True)
    ]
    assert group(*ones).ratio(OURS, BATCHES, lambda one: one.pace) == pytest.approx(1.0)
    assert group(*ones[:2], ones[2]).ratio(OURS, BATCHES, lambda one: one.pace) == pytest.approx(1.0)
    assert group(ones[0]).ratio(OURS, BATCHES, lambda one: one.pace) is None


def test_the_page_has_what_is_known(tmp_path: Path) -> None:
    found = {
        (TRAFFIC, "column"): group(
            measured(OURS, failed=2), measured(STOCK, filled=0, fill_seconds=0.0, worst=9_000.0)
        ),
    }
    assert "| int -> bigint | stock migrate | 90.0 s |  | 9,000 ms | 8.0 ms (5.0 ms) | 0 of 9,000 |  |" in tables(found)
    assert "- int -> bigint, traffic: round 1: 2 queries failed" in tables(found)
    page = tmp_path / "page.md"
    for _ in range(2):
        write(found, page)
        assert page.read_text().count("| int -> bigint | stock migrate |") == 1
    assert page.read_text().startswith("# Backfills, measured")
