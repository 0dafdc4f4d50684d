"""What the review does with checks that fail, and with SQL that nobody could look at."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from django_safemigrate.linting.checks import declare
from django_safemigrate.linting.inspected import Inspected
from django_safemigrate.values.findings import Code, Finding, Severity
from tests.support.project import Project

from .reviews import ORDERS, codes, found

REVIEW = "django_safemigrate.linting.review.all_checks"


def trips(seen: Inspected) -> Iterator[Finding]:
    raise LookupError("what somebody else's operation does")
    yield


def no_parser(seen: Inspected) -> Iterator[Finding]:
    from django_safemigrate.linting.checks import all_codes

    yield seen.finding(all_codes()["SM990"], "There is no parser.", "")


def test_a_check_that_fails_is_no_reason_to_look_at_nothing_else(project: Project, monkeypatch: Any) -> None:
    from django_safemigrate.linting.checks import all_checks

    checks = all_checks()
    project.write("0001_initial", ORDERS + "migrations.RunPython(print),", initial="True")
    monkeypatch.setattr(REVIEW, lambda: [trips, *checks])
    failed, other = sorted(found(project, "shop"), key=lambda one: str(one["code"]), reverse=True)
    assert (failed["code"], failed["severity"], other["code"]) == ("SM904", "warning", "SM401")
    assert "test_review.trips could not look at shop.0001_initial: LookupError(" in failed["fact"]


def test_suppressions_of_sql_are_not_unused_where_there_is_no_parser(project: Project, monkeypatch: Any) -> None:
    project.write(
        "0001_initial", '# safemigrate: ignore[SM201] -- why\nmigrations.RunSQL("SELECT 1", ""),', initial="True"
    )
    monkeypatch.setattr(REVIEW, lambda: [])
    assert codes(project, "shop") == ["0001 SM903"]
    monkeypatch.setattr(REVIEW, lambda: [no_parser])
    assert codes(project, "shop") == ["0001 SM990"]


def test_a_code_stands_for_one_thing() -> None:
    with pytest.raises(AssertionError, match="SM401 stands for two things"):
        declare(Code("SM401", "another", Severity.INFO, "Another."))
