"""In which phase a migration belongs that says nothing, judged by its operations."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.postgres.operations import (
    AddConstraintNotValid,
    AddIndexConcurrently,
    RemoveIndexConcurrently,
    TrigramExtension,
)
from django.db import models
from django.db.migrations import Migration
from django.db.migrations.operations import (
    AddConstraint,
    AddField,
    AddIndex,
    AlterField,
    AlterModelOptions,
    AlterModelTable,
    CreateModel,
    DeleteModel,
    RemoveField,
    RemoveIndex,
    RenameField,
    RenameModel,
    RunPython,
    RunSQL,
    SeparateDatabaseAndState,
)
from django.db.migrations.operations.base import Operation
from django.db.migrations.state import ProjectState

from django_safemigrate.decisions.inferring import Inferred, Judge, Place
from django_safemigrate.operations import AlterFieldOnline, FinishAlterField, FinishRenameField, RenameFieldOnline
from tests.decisions.states import model, state

ORDERS = state(
    model(
        "Order",
        number=models.CharField(max_length=20),
        old=models.IntegerField(null=True),
        total=models.IntegerField(),
        positive=models.IntegerField(null=True),
    ),
    model("Elsewhere", options={"managed": False}, old=models.IntegerField()),
    model("Proxy", options={"proxy": True}, bases=("shop.order",)),
)

NULLABLE = AddField("order", "note", models.TextField(null=True))
DEFAULT = AddField("order", "gift", models.BooleanField(default=False))
REMOVE = RemoveField("order", "old")
HELP_TEXT = AlterField("order", "old", models.IntegerField(null=True, help_text="It was."))
INDEX = models.Index(fields=["old"], name="order_old")
CHECK = models.CheckConstraint(condition=models.Q(old__gt=0), name="order_old_positive")
UNIQUE = models.UniqueConstraint(fields=["number"], name="order_number")


def code(apps: Any, schema_editor: Any) -> None:
    """What nobody can see into."""


def migration(*operations: Operation, name: str = "0002_hand", app: str = "shop") -> Migration:
    made: Migration = type("Migration", (Migration,), {"operations": list(operations)})(name, app)
    return made


def judge(*operations: Operation, before: ProjectState = ORDERS) -> Inferred:
    return Judge(before).judge(migration(*operations))


def places(*operations: Operation, before: ProjectState = ORDERS) -> list[str]:
    return [one.place.name.lower() for one in judge(*operations, before=before).operations]


@pytest.mark.parametrize(
    ("operation", "place"),
    [
        (NULLABLE, "before"),
        (DEFAULT, "both"),
        (AddField("order", "at", models.IntegerField(db_default=3)), "before"),
        (AddField("order", "at", models.IntegerField(null=True, default=3)), "before"),
        (REMOVE, "after"),
        (RemoveField("order", "total"), "both"),
        (HELP_TEXT, "either"),
        (AlterModelOptions("order", {"ordering": ["number"]}), "either"),
        (CreateModel("Line", [("id", models.BigAutoField(primary_key=True))]), "before"),
        (DeleteModel("order"), "after"),
        (AddIndex("order", INDEX), "either"),
        (AddIndexConcurrently("order", INDEX), "either"),
        (AddConstraint("order", CHECK), "after"),
        (AddConstraint("order", UNIQUE), "after"),
        (AddConstraintNotValid("order", CHECK), "after"),
        (TrigramExtension(), "before"),
        (RenameField("order", "old", "older"), "both"),
        (AlterField("order", "total", models.IntegerField(db_column="sum")), "both"),
        (AlterField("order", "total", models.BigIntegerField()), "before"),
        (AlterField("order", "total", models.BigIntegerField(null=True)), "before"),
        (AlterField("order", "total", models.PositiveBigIntegerField()), "both"),
        (AlterField("order", "number", models.CharField(max_length=10)), "after"),
        (AlterFieldOnline("order", "total", models.BigIntegerField()), "before"),
        (AlterFieldOnline("order", "total", models.IntegerField(db_column="sum")), "before"),
        (AlterFieldOnline("order", "number", models.CharField(max_length=10)), "after"),
        (AlterFieldOnline("order", "total", models.PositiveBigIntegerField()), "both"),
        (AlterFieldOnline("order", "total", models.BigIntegerField(unique=True)), "both"),
        (AlterFieldOnline("order", "total", models.DateField()), "neither"),
        (FinishAlterField("order", "total"), "after"),
        (RenameFieldOnline("order", "old", "older"), "before"),
        (FinishRenameField("order", "older", "old"), "after"),
        (RunPython(code), "unknown"),
        (RunPython(code, elidable=True), "unknown"),
        (RunSQL("SELECT 1"), "unknown"),
        (RunPython(RunPython.noop), "either"),
        (RunSQL(RunSQL.noop), "either"),
        (RemoveField("elsewhere", "old"), "either"),
        (CreateModel("View", [("id", models.BigAutoField(primary_key=True))], options={"managed": False}), "either"),
        (AlterModelOptions("proxy", {"verbose_name": "p"}), "either"),
    ],
    ids=lambda value: value if isinstance(value, str) else value.describe(),
)
def test_where_an_operation_belongs(operation: Operation, place: str) -> None:
    """Trap 27."""
    assert places(operation) == [place]


@pytest.mark.parametrize(
    "operation",
    [
        RenameField("order", "id", "key"),
        RenameModel("Order", "Purchase"),
        AlterModelTable("order", "orders"),
        AlterField("order", "total", models.DateField()),
    ],
    ids=lambda operation: operation.describe(),
)
def test_what_has_no_safe_way_belongs_nowhere_and_says_what_to_do(operation: Operation) -> None:
    """Trap 27."""
    (judged,) = judge(operation).operations
    assert judged.place is Place.NEITHER
    assert judged.remedy


def test_an_index_that_goes_concurrently_goes_after_deploy() -> None:
    with_index = ORDERS.clone()
    AddIndex("order", INDEX).state_forwards("shop", with_index)
    assert places(RemoveIndexConcurrently("order", INDEX.name), before=with_index) == ["after"]


def test_an_index_of_a_field_goes_with_the_others() -> None:
    """As AddIndex does: a release that has one index for another is no mixture."""
    with_index = ORDERS.clone()
    AddIndex("order", INDEX).state_forwards("shop", with_index)
    another = AlterField("order", "total", models.IntegerField(db_index=True))
    inferred = judge(RemoveIndex("order", INDEX.name), another, before=with_index)
    assert [one.place for one in inferred.operations] == [Place.AFTER, Place.EITHER]
    assert not inferred.is_mixed


@pytest.mark.parametrize(
    ("operations", "expected"),
    [
        ((), set()),
        ((HELP_TEXT, NULLABLE), {Place.BEFORE}),
        ((REMOVE, AddIndex("order", models.Index(fields=["number"], name="n"))), {Place.AFTER}),
        ((NULLABLE, RunPython(code)), {Place.BEFORE, Place.UNKNOWN}),
    ],
)
def test_what_may_run_in_either_phase_goes_with_the_others(
    operations: tuple[Operation, ...], expected: set[Place]
) -> None:
    inferred = judge(*operations)
    assert inferred.places == expected
    assert not inferred.is_mixed


@pytest.mark.parametrize("operations", [(NULLABLE, REMOVE), (DEFAULT,), (RunPython(code), DEFAULT)])
def test_mixed_phases(operations: tuple[Operation, ...]) -> None:
    assert judge(*operations).is_mixed


def test_each_operation_says_where_it_belongs_and_why() -> None:
    assert [str(one) for one in judge(NULLABLE, REMOVE, DEFAULT, RunPython(code)).operations] == [
        "Add field note to order: before deploy (new code needs it)",
        "Remove field old from order: after deploy (old code may still need what it takes away, or breaks its rule)",
        "Add field gift to order: partly before and partly after deploy (as it stands it disturbs one of the two releases; "
        "in parts: Add field gift to order before deploy, Alter field gift on order after deploy)",
        "Raw Python operation: not known (RunPython runs code of its own)",
    ]


# SeparateDatabaseAndState


@pytest.mark.parametrize(
    ("operation", "expected"),
    [
        (SeparateDatabaseAndState(state_operations=[REMOVE]), ["either"]),
        (SeparateDatabaseAndState(database_operations=[REMOVE]), ["after"]),
        (SeparateDatabaseAndState(database_operations=[NULLABLE, REMOVE], state_operations=[]), ["before", "after"]),
        (SeparateDatabaseAndState(database_operations=[RunSQL("x")], state_operations=[REMOVE]), ["unknown"]),
        (SeparateDatabaseAndState(), ["either"]),
    ],
)
def test_its_database_operations_count(operation: Operation, expected: list[str]) -> None:
    """Trap 27: a RemoveField in it belongs after deploy."""
    assert places(operation) == expected


def test_its_database_operations_see_one_another_and_what_comes_after_sees_its_state() -> None:
    both = SeparateDatabaseAndState(
        database_operations=[NULLABLE, RemoveField("order", "note")], state_operations=[NULLABLE]
    )
    assert places(both, RemoveField("order", "note")) == ["before", "after", "after"]


def test_a_model_that_is_in_the_state_only_is_not_new() -> None:
    known = SeparateDatabaseAndState(
        state_operations=[CreateModel("Line", [("id", models.BigAutoField(primary_key=True))])]
    )
    assert places(known, AddField("line", "gift", models.BooleanField(default=False))) == ["either", "both"]


# Tables and apps that are new


CREATE = CreateModel("Line", [("id", models.BigAutoField(primary_key=True)), ("old", models.IntegerField())])


def test_on_a_table_of_the_same_run_everything_goes_before_deploy() -> None:
    """Trap 31: also when it is made by an earlier migration, and has got another name."""
    judge = Judge(ORDERS)
    judge.judge(migration(CREATE, name="0002_line"))
    inferred = judge.judge(
        migration(
            RemoveField("line", "old"),
            AddField("line", "gift", models.BooleanField(default=False)),
            RenameModel("Line", "Row"),
            AlterModelTable("row", "rows"),
            DeleteModel("row"),
            name="0003_more",
        )
    )
    assert {one.place for one in inferred.operations} == {Place.BEFORE}


def test_code_in_an_app_that_is_new_here_goes_before_deploy() -> None:
    fill = migration(RunPython(code), app="blog")
    assert Judge(ORDERS, known_apps={"shop"}).judge(fill).places == {Place.BEFORE}
    assert Judge(ORDERS, known_apps={"shop", "blog"}).judge(fill).places == {Place.UNKNOWN}
    assert Judge(ORDERS).judge(fill).places == {Place.UNKNOWN}


# What nobody knows


class Quiet(RemoveField):
    """A subclass that overrides nothing of what runs."""


class Loud(RemoveField):
    def database_forwards(self, *arguments: Any) -> None:
        raise AssertionError(arguments)


class Theirs(Operation):
    def state_forwards(self, app_label: str, state: ProjectState) -> None:
        """It has no models."""


def test_a_subclass_that_overrides_nothing_is_djangos() -> None:
    assert places(Quiet("order", "old")) == ["after"]
    assert places(Loud("order", "old")) == ["unknown"]
    assert places(Theirs()) == ["unknown"]


def test_a_migration_that_applies_itself_cannot_be_judged() -> None:
    class Own(Migration):
        operations = [NULLABLE, REMOVE]

        def apply(self, *arguments: Any, **options: Any) -> Any:
            raise AssertionError(arguments)

    assert Judge(ORDERS).judge(Own("0002_own", "shop")).places == {Place.UNKNOWN}


def test_what_does_not_fit_the_models_ends_in_no_error_here() -> None:
    assert places(RemoveField("order", "gone"), RemoveField("nothing", "at_all"), NULLABLE) == [
        "unknown",
        "unknown",
        "before",
    ]


def test_what_does_nothing_on_this_database_may_run_in_either_phase() -> None:
    inferred = Judge(ORDERS, touches=lambda operation, app, before: operation is NULLABLE).judge(
        migration(REMOVE, RunPython(code), NULLABLE)
    )
    assert [one.place for one in inferred.operations] == [Place.EITHER, Place.EITHER, Place.BEFORE]


def test_the_state_is_not_changed() -> None:
    before = ORDERS.clone()
    judge(REMOVE, NULLABLE, before=before)
    assert before.models["shop", "order"] == ORDERS.models["shop", "order"]


@pytest.mark.parametrize(
    ("operation", "leans"),
    [
        (DEFAULT, Place.BEFORE),
        (RemoveField("order", "total"), Place.AFTER),
        (NULLABLE, None),
        (RenameField("order", "old", "older"), Place.BEFORE),
        (AlterField("order", "total", models.PositiveBigIntegerField()), Place.AFTER),
        (AlterField("order", "number", models.CharField(max_length=9, null=True)), Place.AFTER),
    ],
)
def test_where_more_speaks_for_what_belongs_to_both(operation: Operation, leans: Place | None) -> None:
    assert judge(operation).operations[0].leans is leans
