"""What is found is told: another end than stock Django's, changes that are left, and each failure once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pytest
from django.db import IntegrityError, models
from django.db.migrations import Migration
from django.db.migrations.operations import RunSQL

from django_safemigrate import Safe
from django_safemigrate.decisions.choices import SAFE
from django_safemigrate.testing import pairs
from django_safemigrate.testing.engine import Engine
from django_safemigrate.testing.failures import Failure, Findings, ZeroDowntimeError, meaning
from django_safemigrate.testing.listed import ListedLoader
from django_safemigrate.testing.options import Options
from django_safemigrate.testing.scratch import Scratch
from tests.decisions.states import model, state


def with_one_more(*operations: Any) -> Sequence[Failure]:
    """What is found when the migrations of a harmless pair have one more behind them."""
    old, new = state(model("Order")), state(model("Order", note=models.TextField(null=True)))
    release = pairs._release(pairs._Pair(old, new, None, SAFE), False, (), "One more")
    listed = release.loader(None)._listed  # type: ignore[attr-defined]
    last = list(listed)[-1]
    attributes = {"operations": list(operations), "dependencies": [last], "safe": Safe.before_deploy()}
    more = type("Migration", (Migration,), attributes)("0003_more", "shop")
    loaded = replace(
        release, loader=lambda connection: ListedLoader(connection, {**listed, ("shop", "0003_more"): more})
    )
    with Scratch() as scratch, pytest.raises(ZeroDowntimeError) as caught:
        Engine(loaded, scratch, Options(traffic=False), {}).run()
    return caught.value.failures


@pytest.mark.postgres
def test_another_end_than_stock_djangos(django_db_blocker: Any) -> None:
    with django_db_blocker.unblock():
        [found] = with_one_more(RunSQL("CREATE INDEX extra ON shop_order (note)", RunSQL.noop))
    assert found.what.startswith("The schema differs from that of stock Django: index extra of shop_order is left over")


def test_changes_that_makemigrations_would_find() -> None:
    old, new = state(model("Order")), state(model("Order", note=models.TextField(null=True)))
    pair = pairs._Pair(old, new, None, SAFE)
    assert pair.remaining(old, new) == ["shop: Add field note to order"]
    assert pair.remaining(new, new) == []
    assert pair.remaining(old, old) == []  # it is not content with its own either


def test_each_failure_is_told_once_with_the_place(django_db_blocker: Any) -> None:
    findings = Findings(most=2)
    findings.position.phase, findings.position.step_sql = "before deploy", "ALTER TABLE a\nADD b"
    for what in ("one", "one", "two", "three"):
        findings.add(Failure(what, version="old", model="shop.Order"))
    assert [one.what for one in findings.found] == ["one", "two"]
    assert str(findings.found[0]).splitlines() == [
        "one",
        "  phase:      before deploy",
        "  step's SQL: ALTER TABLE a",
        "              ADD b",
        "  version:    old",
        "  model:      shop.Order",
    ]


class Diagnosis:
    column_name = "vip"


class Cause(Exception):
    def __init__(self, sqlstate: str) -> None:
        self.sqlstate, self.diag = sqlstate, Diagnosis()


@pytest.mark.parametrize(
    ("sqlstate", "known", "sentence"),
    [
        ("23502", set(), "The old code inserts rows without the column vip, which it does not know."),
        ("23502", {"vip"}, "The old code writes NULL into vip, which the database does not accept (any more)."),
        ("23505", set(), "The old code writes rows that a unique constraint of the new version does not allow."),
        ("55P03", set(), "A query of the old code waited for a lock for more than 0.5 s."),
        ("42P10", set(), "The old code upserts on a unique constraint that is not there."),
        ("99999", set(), "A query of the old code fails."),
    ],
)
def test_what_an_error_means(sqlstate: str, known: set[str], sentence: str) -> None:
    error = IntegrityError("no")
    error.__cause__ = Cause(sqlstate)
    assert meaning(error, "old", known, 0.5) == sentence
