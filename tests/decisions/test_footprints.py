"""Pairs of operations, of which the second comes after the first: may it as well come before?"""

from __future__ import annotations

import django
import pytest
from django.contrib.postgres.operations import (
    AddConstraintNotValid,
    CreateCollation,
    CreateExtension,
    RemoveCollation,
    ValidateConstraint,
)
from django.db import models
from django.db.migrations import operations
from django.db.migrations.operations import (
    AddConstraint,
    AddField,
    AddIndex,
    AlterField,
    AlterIndexTogether,
    AlterModelOptions,
    AlterModelTable,
    AlterModelTableComment,
    AlterOrderWithRespectTo,
    AlterUniqueTogether,
    CreateModel,
    DeleteModel,
    RemoveConstraint,
    RemoveField,
    RemoveIndex,
    RenameField,
    RenameIndex,
    RenameModel,
    RunPython,
    RunSQL,
    SeparateDatabaseAndState,
)
from django.db.migrations.operations.base import Operation

from django_safemigrate.decisions.commuting import commutes, takes_the_name_of
from django_safemigrate.decisions.footprints import carried_out, footprint
from django_safemigrate.operations import (
    AlterOrder,
    BackfillDefault,
    DropOrderDefault,
    InOneTransaction,
    KeepOrderDefault,
)
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
    model("Proxy", bases=("shop.line",), options={"proxy": True}),
    model("Elsewhere", n=models.IntegerField(), options={"managed": False, "db_table": "elsewhere"}),
    model("Sorted", line=models.ForeignKey("shop.Line", models.CASCADE), _order=models.IntegerField()),
    model(
        "Item",
        line=models.ForeignKey("shop.Line", models.CASCADE),
        other=models.ForeignKey("shop.Line", models.CASCADE, related_name="+"),
        a=models.IntegerField(),
        b=models.IntegerField(),
        options={"order_with_respect_to": "line", "index_together": {("a", "b")}},
    ),
)
NUMBER = models.IntegerField(null=True)
UNIQUE_NUMBER = models.IntegerField(null=True, unique=True)
INDEX = models.Index(fields=["b"], name="j")
A_PLUS = models.GeneratedField(
    expression=models.F("a") + 1, output_field=models.IntegerField(null=True), db_persist=True
)
COPY_OF_A = models.GeneratedField(expression=models.F("a"), output_field=models.IntegerField(), db_persist=True)
A_IS_1 = models.GeneratedField(expression=models.Q(a=1), output_field=models.BooleanField(), db_persist=True)
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
        # Models without a table, and what belongs to the state alone.
        (DeleteModel("Proxy"), CreateModel("New", [key()], {"db_table": "shop_proxy"})),
        (DeleteModel("Elsewhere"), CreateModel("New", [key()], {"db_table": "elsewhere"})),
        (
            SeparateDatabaseAndState(state_operations=[DeleteModel("Line")]),
            CreateModel("New", [key()], {"db_table": "lines"}),
        ),
        (SeparateDatabaseAndState(state_operations=[RemoveField("order", "b")]), AddField("order", "c", NUMBER)),
        # Renames.
        (RemoveField("order", "b"), RenameModel("Line", "Row")),
        (AlterModelTable("line", "t"), AddField("line", "c", NUMBER)),
        (AlterModelTable("line", "lines"), CreateModel("New", [key()], {"db_table": "t"})),
        (RenameModel("Line", "Row"), CreateModel("New", [key()], {"db_table": "shop_line"})),
        (RemoveIndex("order", "i"), RenameModel("Line", "Row")),
        (AlterModelTableComment("order", "Comment"), AlterModelOptions("order", {})),
        # What is computed from a column does not mind what becomes of its default, or of other columns.
        (AlterField("order", "a", models.IntegerField(db_default=3, null=True)), AddField("order", "g", A_PLUS)),
        (AlterField("order", "b", models.TextField(null=True, db_column="bee")), AddField("order", "g", A_PLUS)),
        (RemoveField("order", "b"), AddField("order", "g", A_PLUS)),
        # Orders, extensions, collations.
        (AlterOrder("line", "id"), AddField("order", "c", NUMBER)),
        (RemoveField("item", "a"), KeepOrderDefault("item")),
        (RemoveField("item", "a"), AlterOrderWithRespectTo("item", None)),
        (CreateExtension("hstore"), AddField("order", "c", NUMBER)),
        (RemoveCollation("c", "de-x-icu"), CreateExtension("hstore")),
        (RemoveField("line", "n"), BackfillDefault("order", "a")),
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
        # Models and tables under other names.
        (
            AddField("order", "line", models.ForeignKey("shop.Line", models.CASCADE, null=True)),
            RenameModel("Line", "Row"),
        ),
        (RenameModel("Line", "Row"), AddField("row", "c", NUMBER)),
        (
            RenameModel("Line", "Row"),
            AddField("order", "row", models.ForeignKey("shop.Row", models.CASCADE, null=True)),
        ),
        (RemoveField("line", "n"), RenameModel("Line", "Row")),
        (RenameModel("Order_New", "Line_New"), AddField("order", "new", models.ManyToManyField("shop.Line"))),
        (RenameModel("Base", "Root"), CreateModel("Base", [key()])),
        (RenameModel("Order", "Purchase"), CreateModel("New", [key()], {"db_table": "shop_order"})),
        (DeleteModel("Line"), RenameModel("Order_New", "Line")),
        (AlterModelTable("line", "t"), CreateModel("New", [key()], {"db_table": "lines"})),
        (AlterModelTable("order", "t"), CreateModel("New", [key()], {"db_table": "shop_order_lines"})),
        (AlterModelTable("line", "t"), AlterModelTable("line", "u")),
        (AlterModelTable("line", "t"), AlterModelTable("order_new", "lines")),
        (DeleteModel("Line"), AlterModelTable("order_new", "lines")),
        # Orders.
        (RemoveField("sorted", "_order"), AlterOrderWithRespectTo("sorted", "line")),
        (AlterOrderWithRespectTo("item", None), AddField("item", "_order", NUMBER)),
        (AlterOrderWithRespectTo("item", None), AlterOrderWithRespectTo("item", "other")),
        (AlterOrderWithRespectTo("item", "other"), RemoveField("item", "line")),
        (AlterOrderWithRespectTo("item", None), DeleteModel("Item")),
        (AlterOrder("line", "n"), DropOrderDefault("line")),
        (KeepOrderDefault("item"), AlterOrderWithRespectTo("item", None)),
        (AlterOrder("line", "n"), RemoveField("line", "n")),
        # A type must not change under what is computed from it.
        (AlterField("order", "a", models.BigIntegerField()), AddField("order", "g", A_PLUS)),
        (AlterField("order", "a", models.BigIntegerField()), AddField("order", "g", COPY_OF_A)),
        (AlterField("order", "a", models.BigIntegerField()), AddField("order", "g", A_IS_1)),
        (AddField("order", "g", A_PLUS), AlterField("order", "a", models.BigIntegerField())),
        (AddField("order", "g", A_PLUS), RemoveField("order", "a")),
        # Operations that hold others.
        (
            SeparateDatabaseAndState(state_operations=[DeleteModel("Line")]),
            CreateModel("Line", [key()], {"db_table": "t"}),
        ),
        (SeparateDatabaseAndState([DeleteModel("Line")]), CreateModel("New", [key()], {"db_table": "lines"})),
        (SeparateDatabaseAndState([RunSQL("SELECT 1")]), AddField("order", "c", NUMBER)),
        (
            SeparateDatabaseAndState([AddField("order", "c", NUMBER), AddField("order", "d", NUMBER)]),
            AddField("order", "e", models.IntegerField(db_column="d")),
        ),
        # Indexes without a name, constraints that change, extensions, collations, rows.
        (RenameIndex("item", new_name="j", old_fields=("a", "b")), AlterIndexTogether("item", set())),
        (
            RenameIndex("item", new_name="j", old_fields=("a", "b")),
            AddIndex("order", models.Index(fields=["a"], name="j")),
        ),
        (RemoveConstraint("order", "c"), AddConstraintNotValid("order", CHECK)),
        (
            AddConstraintNotValid("line", models.CheckConstraint(condition=models.Q(n=1), name="d")),
            ValidateConstraint("line", "d"),
        ),
        (ValidateConstraint("order", "c"), RemoveConstraint("order", "c")),
        (CreateExtension("hstore"), CreateExtension("hstore")),
        (RemoveCollation("c", "de-x-icu"), CreateCollation("c", "de-x-icu")),
        (BackfillDefault("order", "a"), RemoveField("order", "a")),
        (AddField("order", "c", NUMBER), BackfillDefault("order", "c")),
    ],
)
def test_operations_that_need_each_other_may_not(first: Operation, second: Operation) -> None:
    assert not may_swap(first, second)


@pytest.mark.parametrize(
    "unknown",
    [RunSQL("SELECT 1"), RunPython(RunPython.noop)],
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


@pytest.mark.skipif(django.VERSION < (6, 0), reason="AlterConstraint is new in Django 6.0")
def test_a_constraint_that_is_altered_is_there() -> None:
    other = models.CheckConstraint(condition=models.Q(a__gt=0), name="c", violation_error_message="No.")
    alter = operations.AlterConstraint("order", "c", other)
    assert not may_swap(alter, RemoveConstraint("order", "c"))
    assert may_swap(alter, AddField("order", "c", NUMBER))
    assert may_swap(RemoveIndex("order", "i"), alter)


@pytest.mark.parametrize(
    ("first", "second", "taken"),
    [
        (AddField("child", "x", NUMBER), RemoveField("base", "x"), True),
        (AddField("base", "z", NUMBER), RemoveField("child", "z"), True),
        (AddField("base", "z", NUMBER), DeleteModel("Child"), True),
        (AddField("sister", "z", NUMBER), RemoveField("child", "z"), False),
        (AddField("child", "x", NUMBER), RemoveField("base", "y"), False),
        (CreateModel("New", [key()], {"db_table": "lines"}), DeleteModel("Line"), True),
        (CreateModel("New", [key()], {"db_table": "lines"}), AlterModelTable("line", "t"), True),
        (AddField("order", "c", models.IntegerField(db_column="bee")), RemoveField("order", "b"), True),
        (AddIndex("line", models.Index(fields=["n"], name="i")), RemoveIndex("order", "i"), True),
        (CreateModel("New", [key()]), DeleteModel("Line"), False),
    ],
)
def test_a_name_that_is_free_only_later(first: Operation, second: Operation, taken: bool) -> None:
    """Not symmetric: the first creates what the second sets free."""
    prints = [carried_out(operation, "shop", BEFORE.clone()) for operation in (first, second)]
    assert takes_the_name_of(*prints) is taken
