"""Pairs of operations, of which the second comes after the first: may it as well come before?"""

from __future__ import annotations

import pytest
from django.db import models
from django.db.migrations.operations import (
    AddConstraint,
    AddField,
    AddIndex,
    AlterField,
    AlterModelOptions,
    AlterModelTable,
    AlterUniqueTogether,
    CreateModel,
    DeleteModel,
    RemoveConstraint,
    RemoveField,
    RemoveIndex,
    RenameField,
    RenameIndex,
    RunPython,
    RunSQL,
)
from django.db.migrations.operations.base import Operation

from django_safemigrate.decisions.footprints import commutes, footprint
from django_safemigrate.operations import InOneTransaction
from tests.decisions.others import COUNT, PROTECT, AddTrigger, Partition, RemoveTrigger
from tests.decisions.states import model, state

CHECK = models.CheckConstraint(condition=models.Q(a__gt=0), name="c")
UNIQUE = models.UniqueConstraint(fields=["a"], name="c")
BEFORE = state(
    model(
        "Order",
        a=models.IntegerField(),
        b=models.IntegerField(null=True, db_column="bee"),
        parent=models.ForeignKey("shop.Order", models.CASCADE, null=True),
        lines=models.ManyToManyField("shop.Line"),
        options={"indexes": [models.Index(fields=["a"], name="i")], "constraints": [CHECK]},
    ),
    model("Line", n=models.IntegerField(null=True), options={"db_table": "lines"}),
    model("Base", x=models.IntegerField(null=True), y=models.IntegerField(null=True)),
    model("Child", bases=("shop.base",), z=models.IntegerField(null=True)),
    model("Sister", bases=("shop.base",)),
    model("Order_New", options={"db_table": "order_new"}),
)
NUMBER = models.IntegerField(null=True)
UNIQUE_NUMBER = models.IntegerField(null=True, unique=True)
INDEX = models.Index(fields=["b"], name="j")
KEY_TO_NUMBER = models.ForeignKey("shop.Line", models.CASCADE, to_field="n", null=True)


def may_swap(first: Operation, second: Operation, app: str = "shop") -> bool:
    states = [BEFORE.clone()]
    prints = []
    for operation in (first, second):
        after = states[-1].clone()
        operation.state_forwards(app, after)
        prints.append(footprint(operation, app, states[-1], after))
        states.append(after)
    return commutes(*prints)


def key(name: str = "id") -> tuple[str, models.Field]:  # type: ignore[type-arg]
    return name, models.BigAutoField(primary_key=True)


@pytest.mark.parametrize(
    ("first", "second"),
    [
        (RemoveField("order", "b"), AddField("order", "c", NUMBER)),
        (RemoveField("order", "b"), AddField("line", "b", NUMBER)),
        (RemoveField("order", "b"), AlterField("order", "a", NUMBER)),
        (RemoveField("order", "b"), CreateModel("New", [key()])),
        (RemoveIndex("order", "i"), AddIndex("order", models.Index(fields=["b"], name="j"))),
        (RemoveIndex("order", "i"), AddField("order", "c", NUMBER)),
        (RemoveConstraint("order", "c"), AddField("order", "c", NUMBER)),
        (DeleteModel("Line"), AddField("order", "c", NUMBER)),
        (DeleteModel("Line"), CreateModel("New", [key()])),
        (
            AddConstraint("line", models.CheckConstraint(condition=models.Q(n=1), name="d")),
            AddField("order", "c", NUMBER),
        ),
        (AlterUniqueTogether("order", {("a", "b")}), AddField("order", "c", NUMBER)),
        (AlterModelOptions("order", {"ordering": ["a"]}), AlterField("order", "a", NUMBER)),
        (RemoveField("child", "z"), AddField("sister", "z", NUMBER)),
        (RemoveField("base", "x"), AddField("line", "x", NUMBER)),
        (RemoveField("order", "b"), RenameField("line", "n", "m")),
        (DeleteModel("Sister"), RenameField("order", "a", "c")),
        (AlterField("order", "parent", KEY_TO_NUMBER), RenameField("order", "a", "c")),
        (
            AlterField("line", "n", UNIQUE_NUMBER),
            AddField("order", "line", models.ForeignKey("shop.Line", models.CASCADE)),
        ),
    ],
)
def test_independent_operations_may_change_places(first: Operation, second: Operation) -> None:
    assert may_swap(first, second)


@pytest.mark.parametrize(
    ("first", "second"),
    [
        # Names of fields and columns.
        (RemoveField("order", "b"), AddField("order", "b", NUMBER)),
        (RemoveField("order", "b"), AddField("order", "c", models.IntegerField(db_column="bee"))),
        (RemoveField("order", "parent"), AddField("order", "parent_id", NUMBER)),
        (AlterField("order", "b", NUMBER), AddField("order", "c", models.IntegerField(db_column="bee"))),
        (AddField("order", "c", NUMBER), AlterField("order", "c", models.BigIntegerField(null=True))),
        (AlterField("order", "a", NUMBER), RemoveField("order", "a")),
        (AlterField("order", "a", NUMBER), AlterField("order", "a", models.BigIntegerField(null=True))),
        (RemoveField("order", "b"), RenameField("order", "a", "b")),
        # Tables.
        (DeleteModel("Line"), CreateModel("Line", [key()])),
        (DeleteModel("Line"), CreateModel("New", [key()], {"db_table": "lines"})),
        (RemoveField("order", "lines"), CreateModel("New", [key()], {"db_table": "shop_order_lines"})),
        (RemoveField("order", "lines"), AddField("order", "lines", models.ManyToManyField("shop.Order"))),
        # What uses what.
        (
            CreateModel("New", [key()]),
            AddField("order", "new", models.ForeignKey("shop.New", models.CASCADE, null=True)),
        ),
        (CreateModel("New", [key()]), AddField("order", "new", models.ManyToManyField("shop.New"))),
        (CreateModel("New", [key()]), AddField("new", "c", NUMBER)),
        (RemoveField("order", "lines"), DeleteModel("Line")),
        (RemoveField("order", "parent"), DeleteModel("Order")),
        (AddField("order", "c", NUMBER), AddIndex("order", models.Index(fields=["c"], name="j"))),
        (AddField("order", "c", NUMBER), AlterUniqueTogether("order", {("a", "c")})),
        (AddField("order", "c", NUMBER), AddConstraint("order", models.UniqueConstraint(fields=["c"], name="d"))),
        (RemoveIndex("order", "i"), RemoveField("order", "a")),
        (
            AddField("order", "c", models.IntegerField(default=1)),
            AddField(
                "order",
                "d",
                models.GeneratedField(expression=models.F("c"), output_field=models.IntegerField(), db_persist=True),
            ),
        ),
        # The attribute and the target of a key, and the model of an implicit many-to-many.
        (
            RemoveField("order", "parent"),
            AddField("order", "parent_id", models.IntegerField(null=True, db_column="other")),
        ),
        (AlterField("line", "n", UNIQUE_NUMBER), AddField("order", "line", KEY_TO_NUMBER)),
        (AlterField("order", "parent", KEY_TO_NUMBER), RenameField("line", "n", "m")),
        (RemoveField("order", "lines"), CreateModel("Order_Lines", [key()], {"db_table": "other"})),
        (DeleteModel("Order_New"), AddField("order", "new", models.ManyToManyField("shop.Line"))),
        # Names of indexes and constraints are those of the schema, not of a table.
        (RemoveIndex("order", "i"), AddIndex("order", models.Index(fields=["b"], name="i"))),
        (RemoveIndex("order", "i"), AddIndex("line", models.Index(fields=["n"], name="i"))),
        (AddIndex("order", models.Index(fields=["b"], name="j")), RenameIndex("order", new_name="k", old_name="j")),
        (RemoveConstraint("order", "c"), AddConstraint("order", UNIQUE)),
        (RemoveIndex("order", "i"), CreateModel("New", [key()], {"indexes": [models.Index(fields=["id"], name="i")]})),
        (AlterUniqueTogether("order", {("a", "b")}), AlterUniqueTogether("order", set())),
        (AlterModelOptions("order", {"ordering": ["a"]}), AlterModelOptions("order", {})),
        # Multi-table inheritance: a child has the fields of its parent.
        (RemoveField("base", "x"), AddField("child", "x", NUMBER)),
        (RemoveField("child", "z"), AddField("base", "z", NUMBER)),
        (RemoveField("base", "x"), RenameField("child", "z", "x")),
        (RemoveField("base", "x"), CreateModel("New", [("x", NUMBER)], bases=("shop.base",))),
        (DeleteModel("Child"), AddField("base", "z", NUMBER)),
    ],
)
def test_operations_that_need_each_other_may_not(first: Operation, second: Operation) -> None:
    assert not may_swap(first, second)


@pytest.mark.parametrize(
    "unknown",
    [RunSQL("SELECT 1"), RunPython(RunPython.noop), AlterModelTable("line", "t")],
    ids=lambda op: type(op).__name__,
)
def test_an_unknown_operation_changes_places_with_nothing(unknown: Operation) -> None:
    other = AddField("order", "c", NUMBER)
    assert not may_swap(unknown, other)
    assert not may_swap(other, unknown)


def test_an_unknown_operation_on_a_model_leaves_the_others_alone() -> None:
    partition = Partition("order")
    for other in (AddField("order", "c", NUMBER), RemoveField("order", "b"), AddIndex("order", INDEX), partition):
        assert not may_swap(partition, other)
        assert not may_swap(other, partition)
    assert not may_swap(partition, AddField("line", "o", models.ForeignKey("shop.Order", models.CASCADE)))
    assert may_swap(partition, AddField("line", "o", NUMBER))
    assert may_swap(RemoveField("line", "n"), partition)
    assert not may_swap(RemoveField("line", "n"), Partition(None))
    both = InOneTransaction([Partition("order"), AddField("order", "c", NUMBER)])
    assert not may_swap(both, RemoveField("order", "b"))
    assert may_swap(both, RemoveField("line", "n"))
    assert not may_swap(InOneTransaction([Partition("order"), Partition("line")]), RemoveField("base", "x"))


def test_a_trigger_is_known_by_its_name() -> None:
    add, remove, again = AddTrigger("order", COUNT), RemoveTrigger("order", "count"), AddTrigger("order", COUNT)
    assert not may_swap(remove, add)
    assert not may_swap(InOneTransaction([remove, add]), again)
    assert not may_swap(AddField("order", "c", NUMBER), add)
    assert not may_swap(remove, RemoveField("order", "b"))
    assert may_swap(RemoveField("order", "b"), add)
    assert may_swap(RemoveField("order", "b"), InOneTransaction([remove, add]))
    assert may_swap(remove, AddTrigger("order", PROTECT))


def test_a_relation_of_a_model_to_itself_is_no_obstacle() -> None:
    tree = CreateModel("Tree", [key(), ("parent", models.ForeignKey("shop.Tree", models.CASCADE, null=True))])
    assert may_swap(RemoveField("order", "b"), tree)


def test_an_alteration_to_a_new_target_needs_that_target() -> None:
    new = CreateModel("New", [key()])
    assert not may_swap(new, AlterField("order", "parent", models.ForeignKey("shop.New", models.CASCADE, null=True)))
