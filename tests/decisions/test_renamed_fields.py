"""Indexes and constraints of a field that gets another name and keeps its column (row C9)."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import models
from django.db.migrations.operations import AddIndex, RemoveIndex, RenameField, SeparateDatabaseAndState
from django.db.migrations.questioner import MigrationQuestioner
from django.db.models import CheckConstraint, F, Index, Q, UniqueConstraint
from django.db.models.functions import Lower
from django.db.models.lookups import GreaterThan

from django_safemigrate.decisions.renamed_fields import with_new_names
from tests.decisions.states import check_levels, detect, model, state


def renamed(old: Any, new: Any) -> list[str]:
    """What is written about them where ``a`` becomes ``z``; operations on the state alone in brackets."""
    kind = "constraints" if hasattr(old, "violation_error_message") else "indexes"
    fields = {"b": models.IntegerField()}
    before = state(model("Order", a=models.IntegerField(), **fields, options={kind: [old]}))
    after = state(model("Order", z=models.IntegerField(db_column="a"), **fields, options={kind: [new]}))
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
    assert set(RENAMED) <= set(found)
    return [line for line in found if line not in RENAMED]


RENAMED = ["Alter field a", "Rename field a"]


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (Index(fields=["-a", "b"], name="i"), Index(fields=["-z", "b"], name="i")),
        (Index(fields=["b"], include=["a"], name="i"), Index(fields=["b"], include=["z"], name="i")),
        (
            Index(fields=["b"], condition=Q(a__gt=1) | ~Q(b=F("a")), name="i"),
            Index(fields=["b"], condition=Q(z__gt=1) | ~Q(b=F("z")), name="i"),
        ),
    ],
)
def test_c9_an_index_stays_what_it_is(old: Any, new: Any) -> None:
    assert renamed(old, new) == ["(Remove index i from order)", "(Create index i)"]


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (CheckConstraint(condition=Q(a__gt=1), name="c"), CheckConstraint(condition=Q(z__gt=1), name="c")),
        (UniqueConstraint(fields=["a", "b"], name="c"), UniqueConstraint(fields=["z", "b"], name="c")),
    ],
)
def test_c9_so_does_a_constraint(old: Any, new: Any) -> None:
    """It is there all the time."""
    assert renamed(old, new) == [
        "(Remove constraint c from model order)",
        "(Create constraint c)",
    ]


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (CheckConstraint(condition=Q(a__gt=1), name="c"), CheckConstraint(condition=Q(z__gt=2), name="c")),
        (CheckConstraint(condition=Q(a__gt=1), name="c"), CheckConstraint(condition=Q(b__gt=1), name="c")),
        (CheckConstraint(condition=Q(a__gt=1), name="c"), UniqueConstraint(fields=["z"], name="c")),
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
    ids=["changed", "another field", "another kind", "expression", "computed", "computed inside", "lookup"],
)
def test_c9_what_changes_or_nobody_can_rename_is_made_anew(old: Any, new: Any) -> None:
    assert renamed(old, new) == ["Remove constraint c from model order", "Create constraint c"]


def test_c9_another_column_is_another_thing() -> None:
    old, new = Index(fields=["a"], name="i"), Index(fields=["z"], name="i")
    operations = [
        RemoveIndex("order", "i"),
        RenameField("order", "a", "z"),
        AddIndex("order", new),
    ]
    before = state(model("Order", a=models.IntegerField(), options={"indexes": [old]}))
    found: Any = {("shop", "auto_1"): operations}
    assert with_new_names(found, before) == found


def test_c9_an_index_that_only_goes_goes() -> None:
    assert "Remove index i from order" in renamed(Index(fields=["a"], name="i"), Index(fields=["z"], name="j"))
