"""A rule that takes the place of one that was as strict, or stricter, refuses nothing that was accepted."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import RangeOperators
from django.db import models
from django.db.migrations.operations import (
    AddConstraint,
    AddField,
    AlterField,
    AlterUniqueTogether,
    RemoveConstraint,
    RemoveField,
    RenameField,
    SeparateDatabaseAndState,
)
from django.db.migrations.operations.base import Operation
from django.db.models import CheckConstraint, Deferrable, F, Q, UniqueConstraint
from django.db.models.functions import Lower

from django_safemigrate.decisions.inferring import STAYS, Judge
from tests.decisions.states import AnyField, model, state
from tests.decisions.test_inferring import migration

CHAR, INTEGER = models.CharField, models.IntegerField


def unique(*names: Any, name: str = "u", **options: Any) -> UniqueConstraint:
    if names and not isinstance(names[0], str):
        return UniqueConstraint(*names, name=name, **options)
    return UniqueConstraint(fields=names, name=name, **options)


def check(condition: Q, name: str = "c") -> CheckConstraint:
    return CheckConstraint(condition=condition, name=name)


def add(constraint: Any) -> AddConstraint:
    return AddConstraint("order", constraint)


def together(*sets: tuple[str, ...]) -> AlterUniqueTogether:
    return AlterUniqueTogether("order", set(sets))


def field(name: str, of: AnyField) -> AlterField:
    return AlterField("order", name, of)


def places(operations: list[Operation], *constraints: Any, **fields: AnyField) -> list[str]:
    """Where operations belong on a model with these constraints; sets of names are ``unique_together``."""
    options = {
        "constraints": [one for one in constraints if not isinstance(one, set)],
        "unique_together": next((one for one in constraints if isinstance(one, set)), set()),
    }
    order = model("Order", **{"a": INTEGER(), "b": INTEGER(), "c": INTEGER(), **fields}, options=options)
    return [one.place.name.lower() for one in Judge(state(order)).judge(migration(*operations)).operations]


GO = RemoveConstraint("order", "u")
GO_CHECK = RemoveConstraint("order", "c")
STATES = check(Q(a__in=[1, 2]))
NO_OVERLAP = ExclusionConstraint(name="u", expressions=[("a", RangeOperators.EQUAL)])


@pytest.mark.parametrize(
    ("operations", "constraints"),
    [
        # Another way to say the same, or with more fields.
        ([together(), add(unique("a", "b"))], [{("a", "b")}]),
        ([together(), add(unique("b", "a", "c"))], [{("a", "b")}]),
        ([GO, add(unique("a", "b", name="v"))], [unique("a")]),
        ([GO, add(unique("a"))], [unique("a", include=["b"])]),
        ([GO, add(unique("a", deferrable=Deferrable.DEFERRED))], [unique("a")]),
        ([GO, add(unique("a", condition=Q(b=1)))], [unique("a")]),
        ([GO, add(unique("a", "c", condition=Q(b=1)))], [unique("a", condition=Q(b=1))]),
        ([GO, add(unique("a", nulls_distinct=False))], [unique("a", nulls_distinct=False)]),
        ([GO, add(unique("a"))], [unique("a", nulls_distinct=False)]),
        ([GO, add(unique(Lower("a"), name="v"))], [unique(Lower("a"))]),
        # As the field is called meanwhile, and of another type that keeps values apart.
        ([GO, RenameField("order", "a", "d"), add(unique("d"))], [unique("a")]),
        ([GO, field("a", models.BigIntegerField()), field("c", CHAR(max_length=9)), add(unique("c"))], [unique("c")]),
        # Conditions that take as much, or more.
        ([GO, field("a", models.BigIntegerField()), add(unique("a"))], [unique("a")]),
        ([GO, field("a", CHAR(max_length=20)), add(unique("a"))], [unique("a")]),
        ([GO_CHECK, add(check(Q(a__gt=0), "d"))], [check(Q(a__gt=0))]),
        ([GO_CHECK, add(check(Q(a__in=[1, 2, 3])))], [STATES]),
        ([GO, add(NO_OVERLAP)], [NO_OVERLAP]),
    ],
)
def test_a_rule_that_was_there_before_breaks_nobody(operations: list[Operation], constraints: list[Any]) -> None:
    assert places(operations, *constraints)[-1] == "either"


@pytest.mark.parametrize(
    ("operations", "constraints"),
    [
        ([GO, add(unique("a"))], [unique("a", "b")]),
        ([GO, add(unique("a", "c"))], [unique("a", "b")]),
        ([GO, add(unique("a"))], [unique("a", condition=Q(b=1))]),
        ([GO, add(unique("a", condition=Q(b=2)))], [unique("a", condition=Q(b=1))]),
        ([GO, add(unique("a"))], [unique("a", deferrable=Deferrable.DEFERRED)]),
        ([GO, add(unique("a", nulls_distinct=False))], [unique("a")]),
        ([GO, add(unique(Lower("a"), name="v"))], [unique("a")]),
        ([GO, add(unique(Lower("a"), name="v"))], [unique(Lower("b"))]),
        # A field of that name that is another one, or whose values are no longer those.
        ([GO, RemoveField("order", "c"), AddField("order", "c", INTEGER(null=True)), add(unique("c"))], [unique("c")]),
        ([GO, RenameField("order", "a", "d"), add(unique("a"))], [unique("a")]),
        ([GO, field("c", models.SmallIntegerField()), add(unique("c"))], [unique("c")]),
        ([GO_CHECK, add(check(Q(a__gt=1)))], [check(Q(a__gt=0))]),
        ([GO_CHECK, add(check(Q(a__in=[1])))], [STATES]),
        ([GO_CHECK, add(check(Q(b__in=[1, 2])))], [STATES]),
        ([GO_CHECK, add(check(~Q(a__in=[1, 2, 3])))], [check(~Q(a__in=[1, 2]))]),
        ([GO_CHECK, add(check(Q(a__in=F("b"))))], [STATES]),
        ([GO_CHECK, add(unique("a"))], [check(Q(a__gt=0))]),
        ([add(unique("a"))], []),
    ],
)
def test_a_rule_that_forbids_more_comes_after_the_deploy(operations: list[Operation], constraints: list[Any]) -> None:
    assert places(operations, *constraints)[-1] == "after"


def test_values_that_may_become_the_same_are_no_longer_known_to_be_unique() -> None:
    at = models.DateTimeField(unique=True)
    operations = [field("at", models.DateField()), together(("at", "a"))]
    assert places(operations, at=at)[-1] == "after"
    filled = [GO, field("a", INTEGER(default=0)), add(unique("a"))]
    assert places(filled, unique("a"), a=INTEGER(null=True))[-1] == "after"
    without_case = [field("a", CHAR(max_length=9, db_collation="nocase")), together(("a", "b"))]
    assert places(without_case, a=CHAR(max_length=9, unique=True))[-1] == "after"


def test_a_field_that_is_no_longer_unique_by_itself() -> None:
    """As a column comes to tell tenants apart."""
    operations = [field("a", INTEGER()), together(("a", "b"))]
    assert places(operations, a=INTEGER(unique=True)) == ["before", "either"]
    indexed = [field("a", INTEGER(db_index=True)), together(("a", "b"), ("b", "c"))]
    assert places(indexed, a=INTEGER(unique=True)) == ["before", "both"]


def test_a_field_becomes_unique_that_was_so_by_a_constraint() -> None:
    assert places([field("a", INTEGER(unique=True)), GO], unique("a")) == ["either", "either"]
    assert places([GO, field("a", models.BigIntegerField(unique=True))], unique("a")) == ["before", "before"]
    assert places([field("a", INTEGER(unique=True)), GO], unique("a", "b")) == ["after", "either"]


NEW = AddField("order", "new", INTEGER(null=True))


@pytest.mark.parametrize(
    "constraint",
    [
        unique("new", "a"),
        unique("a", "new", condition=Q(b=1)),
        check(Q(new__gt=0)),
        check(Q(new__gt=0) & ~Q(new__in=[1, 2])),
        check(Q(new__gt=F("a"))),
    ],
)
def test_rows_without_a_value_in_a_new_field_obey(constraint: Any) -> None:
    """The running release leaves NULL in it."""
    assert places([NEW, add(constraint)]) == ["before", "either"]
    renamed = [AddField("order", "newer", INTEGER(null=True)), RenameField("order", "newer", "new"), add(constraint)]
    assert places(renamed)[-1] == "either"
    another = AddField("order", "new", INTEGER(null=True, db_default=1))
    assert places([another, add(constraint)])[-1] == "after"
    assert places([NEW, field("new", INTEGER(default=1)), add(constraint)])[-1] == "after"
    assert places([NEW, field("new", models.BigIntegerField(null=True)), add(constraint)])[-1] == "either"


@pytest.mark.parametrize(
    "constraint",
    [
        unique("new", "a", nulls_distinct=False),
        unique(Lower("new"), name="v"),
        check(Q(new__isnull=False)),
        check(Q(new__gt=0) & Q(a__gt=0)),
        check(Q(new=None)),
        check(Q()),
    ],
)
def test_rules_that_rows_without_a_value_may_break(constraint: Any) -> None:
    assert places([NEW, add(constraint)]) == ["before", "after"]


def test_a_set_with_a_new_field() -> None:
    assert places([NEW, together(("a", "new"))]) == ["before", "either"]
    assert places([NEW, together(("a", "new"), ("b", "c"))]) == ["before", "after"]
    assert places([NEW, field("new", INTEGER(null=True, unique=True))]) == ["before", "either"]


def test_what_goes_while_another_rule_says_the_same() -> None:
    """The contract that makemigrations writes: what took its place was built before the deploy."""
    assert places([together()], {("a", "b")}, unique("a", "b")) == ["either"]
    assert places([GO], {("a", "b")}, unique("a", "b")) == ["either"]
    assert places([field("a", INTEGER())], unique("a"), a=INTEGER(unique=True)) == ["either"]
    assert places([GO], unique("a", "b")) == ["before"]
    assert places([together(("b", "a"))], {("a", "b")}) == ["either"]


def test_it_is_said_why() -> None:
    order = model("Order", a=INTEGER(), options={"constraints": [unique("a")]})
    (_, added) = Judge(state(order)).judge(migration(GO, add(unique("a", name="v")))).operations
    assert str(added) == f"Create constraint v on model order: in either phase ({STAYS})"


def test_inside_a_separate_database_and_state() -> None:
    both = [GO, RenameField("order", "a", "d"), add(unique("d"))]
    separate = SeparateDatabaseAndState(database_operations=both, state_operations=both)
    assert places([separate], unique("a"))[-1] == "either"


def test_another_migration_begins_anew() -> None:
    """What an earlier release has taken away, its code no longer keeps."""
    order = model("Order", a=INTEGER(), options={"constraints": [unique("a")]})
    judge = Judge(state(order))
    judge.judge(migration(GO))
    assert [one.place.name for one in judge.judge(migration(add(unique("a")))).operations] == ["AFTER"]
