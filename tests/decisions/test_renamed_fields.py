"""Indexes and constraints of a field that gets another name, with its column (row C10) or without (row C9)."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import models
from django.db.migrations.operations import SeparateDatabaseAndState
from django.db.migrations.questioner import MigrationQuestioner
from django.db.models import CheckConstraint, F, Index, Q, UniqueConstraint
from django.db.models.functions import Cast, Lower, Upper
from django.db.models.lookups import GreaterThan

from tests.decisions.states import check_levels, detect, model, state


class Odd(F):
    """Somebody's reference, of which nobody knows what it names."""

    def __init__(self) -> None:
        super().__init__("b")


def renamed(old: Any, new: Any, **options: Any) -> list[str]:
    """What is written about them where ``a`` becomes ``z``; operations on the state alone in brackets."""
    options = options or {"db_column": "a"}
    kind = "constraints" if hasattr(old, "violation_error_message") else "indexes"
    fields = {"b": models.IntegerField()}
    before = state(model("Order", a=models.IntegerField(), **fields, options={kind: [old]}))
    after = state(
        model("Order", z=models.IntegerField(db_column=options["db_column"]), **fields, options={kind: [new]})
    )
    questioner = MigrationQuestioner({"ask_rename": True})
    changes = detect(before, after, questioner=questioner)
    check_levels(before, changes)
    found = []
    for operation in (operation for migration in changes["shop"] for operation in migration.operations):
        if isinstance(operation, SeparateDatabaseAndState):
            assert not operation.database_operations
            found += [f"({inner.describe().partition(' on ')[0]})" for inner in operation.state_operations]
        else:
            found.append(operation.describe().partition(" on ")[0])
    assert "Rename field a" in found
    return [line for line in found if line not in RENAMED]


RENAMED = ["Alter field a", "Rename field a", "Drop the old column a of field z"]


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (Index(fields=["-a", "b"], name="i"), Index(fields=["-z", "b"], name="i")),
        (Index(fields=["b"], include=["a"], name="i"), Index(fields=["b"], include=["z"], name="i")),
        (Index(Lower("a"), F("b").desc(), name="i"), Index(Lower("z"), F("b").desc(), name="i")),
        (Index(Cast("a", models.TextField()), name="i"), Index(Cast("z", models.TextField()), name="i")),
        (
            Index(fields=["b"], condition=Q(a__gt=1) | ~Q(b=F("a")), name="i"),
            Index(fields=["b"], condition=Q(z__gt=1) | ~Q(b=F("z")), name="i"),
        ),
    ],
)
def test_an_index_stays_what_it_is(old: Any, new: Any) -> None:
    assert renamed(old, new) == ["(Remove index i from order)", "(Create index i)"]
    assert renamed(old, new, db_column=None) == ["(Remove index i from order)", "(Create index i)"]


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (CheckConstraint(condition=Q(a__gt=1), name="c"), CheckConstraint(condition=Q(z__gt=1), name="c")),
        (UniqueConstraint(fields=["a", "b"], name="c"), UniqueConstraint(fields=["z", "b"], name="c")),
        (UniqueConstraint(Lower("a"), name="c"), UniqueConstraint(Lower("z"), name="c")),
        (
            CheckConstraint(condition=Q(a__gt=F("b") + 1), name="c"),
            CheckConstraint(condition=Q(z__gt=F("b") + 1), name="c"),
        ),
        (
            CheckConstraint(condition=Q(Q(a=F("b") + 1) | Q(a=1), b=1), name="c"),
            CheckConstraint(condition=Q(Q(z=F("b") + 1) | Q(z=1), b=1), name="c"),
        ),
        (
            CheckConstraint(condition=Q(GreaterThan(F("a"), 1)), name="c"),
            CheckConstraint(condition=Q(GreaterThan(F("z"), 1)), name="c"),
        ),
    ],
    ids=["check", "unique", "expression", "computed", "computed inside", "lookup"],
)
def test_so_does_a_constraint(old: Any, new: Any) -> None:
    """It is there all the time."""
    stays = ["(Remove constraint c from model order)", "(Create constraint c)"]
    assert renamed(old, new) == stays
    assert renamed(old, new, db_column=None) == stays


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (CheckConstraint(condition=Q(a__gt=1), name="c"), CheckConstraint(condition=Q(z__gt=2), name="c")),
        (CheckConstraint(condition=Q(a__gt=1), name="c"), CheckConstraint(condition=Q(b__gt=1), name="c")),
        (CheckConstraint(condition=Q(a__gt=1), name="c"), UniqueConstraint(fields=["z"], name="c")),
        (UniqueConstraint(Lower("a"), name="c"), UniqueConstraint(Upper("z"), name="c")),
        (
            UniqueConstraint(Cast("a", models.TextField()), name="c"),
            UniqueConstraint(Cast("z", models.CharField(max_length=9)), name="c"),
        ),
        (
            CheckConstraint(condition=Q(a__gt=F("b") + 1), name="c"),
            CheckConstraint(condition=Q(z__gt=F("b") + 2), name="c"),
        ),
        (CheckConstraint(condition=Q(a__gt=Odd()), name="c"), CheckConstraint(condition=Q(z__gt=Odd()), name="c")),
    ],
    ids=["changed", "another field", "another kind", "function", "argument", "computed", "unknown"],
)
def test_what_changes_or_nobody_can_rename_is_made_anew(old: Any, new: Any) -> None:
    assert renamed(old, new) == ["Remove constraint c from model order", "Create constraint c"]


def test_an_index_that_only_goes_goes() -> None:
    assert "Remove index i from order" in renamed(Index(fields=["a"], name="i"), Index(fields=["z"], name="j"))
