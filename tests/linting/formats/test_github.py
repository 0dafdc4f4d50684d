from __future__ import annotations

from pathlib import Path

from django_safemigrate.reporting.findings_github import lines
from django_safemigrate.values.findings import Severity

from .findings import BROKEN, SLOW, finding

TEXT = "100%25 of shop_order, all: rewritten%0AEverybody waits.%0AFor long.%0ABackfill(...)%0A"


def test_a_command_for_each_finding_with_what_means_something_escaped(tmp_path: Path) -> None:
    assert lines([finding(tmp_path)], tmp_path) == [
        f"::warning file=shop/migrations/0002_a.py,line=7,col=9,title=SM998 slow-thing::{TEXT}{SLOW.url}"
    ]


def test_properties_escape_colons_and_commas_too(tmp_path: Path) -> None:
    found = finding(tmp_path, BROKEN, severity=Severity.ERROR, file="a,b/c:d%.py")
    assert lines([found], tmp_path) == [
        f"::error file=a%2Cb/c%3Ad%25.py,line=7,col=9,title=SM999 broken%3A really::{TEXT}{BROKEN.url}"
    ]


def test_several_lines_have_no_column_since_github_would_take_it_for_one_of_the_last(tmp_path: Path) -> None:
    [line] = lines([finding(tmp_path, end_line=9)], tmp_path)
    assert line.startswith("::warning file=shop/migrations/0002_a.py,line=7,endLine=9,title=")


def test_without_a_file_the_text_says_which_migration_it_is(tmp_path: Path) -> None:
    found = finding(None, severity=Severity.INFO)
    assert lines([found], tmp_path) == [f"::notice title=SM998 slow-thing::shop.0002_a: {TEXT}{SLOW.url}"]


def test_the_worst_come_first_and_what_github_does_not_show_is_said(tmp_path: Path) -> None:
    notices = [finding(tmp_path, severity=Severity.INFO) for _ in range(12)]
    errors = [finding(tmp_path, severity=Severity.ERROR) for _ in range(11)]
    *commands, last = lines([*notices, *errors], tmp_path)
    assert [line.split(" ")[0] for line in commands] == ["::error"] * 11 + ["::notice"] * 12
    assert last == "GitHub shows 10 annotations of each level; 3 more are in this log."


def test_nothing_is_said_of_nothing(tmp_path: Path) -> None:
    assert lines([], tmp_path) == []
