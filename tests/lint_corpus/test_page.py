"""The tables of the comparison, and what makes its command fail."""

from __future__ import annotations

from pathlib import Path

import pytest

from benchmarks.linting.page import Compared, put, tables

from .case import Case, codes, sql

BAD_ONE, GOOD_ONE = sql("DROP TABLE shop_note"), sql("ANALYZE shop_note")
CASE = Case(
    tool="squawk", code="ban-drop-table", defect="a table goes", bad=BAD_ONE, good=GOOD_ONE, ours=codes("SM215")
)
THEIRS = {"bad": {"squawk": ["ban-drop-table", "prefer-robust-stmts"]}, "good": {"squawk": ["prefer-robust-stmts"]}}
FOUND = {"safemigrate": {"bad": ["SM215"], "good": []}, "migrate": {"bad": ["SM215"], "good": []}}
NOTHING = {"safemigrate": {"bad": [], "good": []}, "migrate": {"bad": [], "good": []}}


def test_a_row_says_what_is_on_the_bad_one_and_what_on_both() -> None:
    assert (
        "| `ban-drop-table` | a table goes | `ban-drop-table`; both: 1 | - | - | - | `SM215` | `SM215` |"
        in tables([Compared(CASE, THEIRS, FOUND)]).splitlines()
    )


def test_the_summary_counts() -> None:
    assert "| squawk | 1 | 1 | 0 | 1 | 0 | 0 |" in tables([Compared(CASE, THEIRS, FOUND)]).splitlines()


def test_nothing_is_wrong() -> None:
    assert list(Compared(CASE, THEIRS, FOUND).wrong()) == []


def test_a_defect_that_ours_lets_through_is_wrong() -> None:
    assert list(Compared(CASE, THEIRS, NOTHING).wrong()) == [
        "squawk ban-drop-table: ours says nothing of `SM215`, but nothing"
    ]


def test_a_good_migration_that_ours_reports_is_wrong() -> None:
    found = {**FOUND, "safemigrate": {"bad": ["SM215"], "good": ["SM215"]}}
    assert list(Compared(CASE, THEIRS, found).wrong()) == ["squawk ban-drop-table: ours reports the good one: `SM215`"]


def test_a_tool_that_does_not_report_its_own_case_is_wrong() -> None:
    silent = {"bad": {}, "good": {}}
    assert list(Compared(CASE, silent, FOUND).wrong()) == [
        "squawk ban-drop-table: the tool reports its bad migration: False"
    ]


def test_a_text_goes_between_its_marks(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text("a\n<!-- begin of the x -->\nold\n<!-- end of the x -->\nb\n")
    put(page, "x", "new")
    assert page.read_text() == "a\n<!-- begin of the x -->\n\nnew\n\n<!-- end of the x -->\nb\n"
    with pytest.raises(SystemExit, match="has no <!-- begin of the y -->"):
        put(page, "y", "new")
