"""The availability benchmark: that it notices what an application notices. No number of ours is checked here."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import psycopg
import pytest

from benchmarks.availability import models
from benchmarks.availability.__main__ import main
from benchmarks.availability.cell import DEPLOY, stages
from benchmarks.availability.changes import CHANGES
from benchmarks.availability.obstacles import OBSTACLES, Reader
from benchmarks.availability.results import Measured, Results, merged, misses, percentile, waits
from benchmarks.availability.runners import RUNNERS
from benchmarks.availability.table import tables, write

GOOD = Measured(
    "ours", "index", "reader", 2000, 100.0, "18.1", queries=900, worst=30.0, baseline_worst=20.0, took=11.0, late=0.2
)
BAD = Measured(
    "stock",
    "index",
    "reader",
    2000,
    100.0,
    "18.1",
    queries=900,
    failed=3,
    worst=9_500.0,
    baseline_worst=21.0,
    over_1s=800,
)


class UntilSomebodyHasWaited(Reader):
    """Does not go before somebody has been waiting for it for three seconds, however long that takes to come."""

    WAITS = """
        SELECT FROM pg_locks WHERE relation = %s::regclass AND mode = 'AccessExclusiveLock' AND NOT granted
        AND waitstart < clock_timestamp() - interval '3 s'
    """

    def stay(self, session: psycopg.Connection, until: float) -> None:
        while session.execute(self.WAITS, [self.place.change.table]).fetchone() is None:
            if self._cancel.wait(0.05):
                break


@pytest.mark.slow
@pytest.mark.postgres
def test_stock_migrate_behind_a_reader_is_seen_to_make_queries_wait_and_fail(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It waits for the reader, and whoever comes behind it waits, too; then the old code's inserts lack the new column."""
    monkeypatch.setitem(OBSTACLES, "reader", UntilSomebodyHasWaited)
    results, page = tmp_path / "results.json", tmp_path / "page.md"
    chosen = ["--runners", "stock", "--changes", "default-column", "--obstacles", "reader"]
    small = ["--rows", "2000", "--rate", "100", "--hold", "5", "--baseline", "0.5"]

    assert main([*chosen, *small, "--json", str(results), "--table", str(page)]) == 0

    (cell,) = Results(results).measured
    assert not cell.impossible
    assert cell.went_through
    assert cell.worst > 1000
    assert cell.over_1s > 0
    assert cell.baseline_worst < cell.worst
    assert cell.failed > 0
    assert any("priority" in error for error in cell.errors)
    assert cell.late is not None
    assert cell.queries > 300
    assert len(misses(cell)) >= 3
    assert "over 1 s" in page.read_text()

    # All of it is in the file by now, so nothing is measured again.
    assert main([*chosen, *small, "--json", str(results)]) == 0
    assert len(Results(results).measured) == 1


@pytest.mark.parametrize(("share", "expected"), [(0, 1), (0.5, 50), (0.99, 99), (1, 100)])
def test_percentile(share: float, expected: int) -> None:
    assert percentile(range(1, 101), share) == expected


def test_waits_are_milliseconds() -> None:
    assert waits([]) == (0, 0, 0)
    assert waits([0.001, 2.0, 1.0]) == (2000, 2000, 1)


def test_what_meets_the_bar() -> None:
    assert misses(GOOD) == []
    assert misses(replace(GOOD, obstacle="crowd", worst=119.0, late=None)) == []


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({"failed": 2}, "2 failed"),
        ({"worst": 71.0}, "worst wait 51 ms above the baseline"),
        ({"over_1s": 1}, "1 over 1 s"),
        ({"status": 5}, "exit status 5"),
        ({"status": None}, "time was up"),
        ({"made": False}, "the change was not made"),
        ({"late": 1.2}, "done 1.2 s after the obstacle"),
        ({"obstacle": "crowd", "late": None, "took": 61.0}, "took 61 s"),
        ({"impossible": "not installed"}, "not installed"),
    ],
)
def test_what_misses_the_bar(change: dict[str, object], expected: str) -> None:
    assert misses(replace(GOOD, **change)) == [expected]


def test_repeated_cells_are_merged_into_medians_and_failures_are_not_hidden() -> None:
    repeated = [replace(GOOD, worst=worst, failed=failed) for worst, failed in ((10.0, 0), (30.0, 2), (20.0, 0))]

    (cell,) = merged(repeated).values()

    assert (cell.worst, cell.failed) == (20.0, 2)


def test_what_could_not_be_measured_gives_way_and_other_conditions_replace() -> None:
    missing = Measured("ours", "index", "reader", 2000, 100.0, impossible="not installed")
    assert merged([missing, GOOD])[GOOD.key] == GOOD
    larger = replace(GOOD, rows=2_000_000, worst=44.0)
    assert merged([GOOD, GOOD, larger])[GOOD.key] == larger


def test_results_are_kept_from_run_to_run(tmp_path: Path) -> None:
    path = tmp_path / "results.json"
    Results(path).add(GOOD)
    Results(path).add(BAD)

    kept = Results(path)

    assert kept.measured == [GOOD, BAD]
    assert kept.count(GOOD.key, 2000, 100.0) == 1
    assert kept.count(GOOD.key, 2_000_000, 100.0) == 0
    assert len(json.loads(path.read_text())) == 2


def test_the_tables() -> None:
    text = tables(merged([GOOD, BAD]))

    assert text.startswith("PostgreSQL 18.1, 2,000 orders, 100 queries a second.\n")
    assert "| change | baseline | safemigrate | stock migrate |" in text
    assert "| index | 21 ms | 30 ms, +0.2 s, ✓ | 9,500 ms, 800 over 1 s, **3 failed**, 0.0 s |" in text
    assert "misses the bar" not in text


def test_the_tables_are_put_between_the_marks_of_a_page(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text("# Before\n\n<!-- begin of the results -->\nold\n<!-- end of the results -->\n\nAfter\n")

    write(merged([GOOD]), page)
    write(merged([GOOD]), page, tmp_path / "picture.png")

    text = page.read_text()
    assert text.startswith("# Before\n")
    assert text.endswith("\n\nAfter\n")
    assert text.count("30 ms") == 2  # in the summary and in its row
    assert "](picture.png)\n" in text
    assert "old" not in text


def test_the_picture_and_the_tables_need_only_the_file(tmp_path: Path) -> None:
    pytest.importorskip("matplotlib")
    results, picture = tmp_path / "results.json", tmp_path / "picture.png"
    for one in (GOOD, BAD):
        Results(results).add(one)

    assert main(["--render", "--check", "--json", str(results), "--picture", str(picture)]) == 0

    assert picture.stat().st_size > 10_000


def test_check_says_with_the_exit_status_that_ours_missed(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    results = tmp_path / "results.json"
    Results(results).add(replace(GOOD, failed=1))

    assert main(["--render", "--check", "--json", str(results)]) == 1

    assert capsys.readouterr().out == "missed: index, reader: 1 failed\n"


def test_removals_come_after_the_deploy_where_a_tool_has_one_phase() -> None:
    stock, ours = RUNNERS["stock"], RUNNERS["ours"]
    assert list(stages(stock, CHANGES["index"])) == [stock.before, DEPLOY]
    assert list(stages(stock, CHANGES["drop-index"])) == [DEPLOY, stock.before]
    assert list(stages(ours, CHANGES["drop-index"])) == [ours.before, DEPLOY, ours.after]


@pytest.mark.parametrize("name", CHANGES)
def test_every_change_changes_the_models(name: str) -> None:
    source = models.source(models.after(CHANGES[name].apply))
    compile(source, name, "exec")
    assert source != models.source(models.before())


def test_operations_are_swapped_as_documentation_says() -> None:
    written = (
        "from django.db import migrations\n\n\nclass Migration(migrations.Migration):\n"
        "    operations = [migrations.AddIndex('order')]\n"
    )

    edited = RUNNERS["migration-tools"].edited(CHANGES["index"], written)

    assert edited.startswith("import django_pg_migration_tools.operations\nfrom django.db import migrations\n")
    assert "    atomic = False\n" in edited
    assert "[django_pg_migration_tools.operations.SaferAddIndexConcurrently('order')]" in edited
    assert RUNNERS["stock"].edited(CHANGES["index"], written) == written
