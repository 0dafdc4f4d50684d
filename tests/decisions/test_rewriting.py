"""Models that keep their table when they are renamed or move: nothing but Python, in either phase (rows M3 and M5)."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import models
from django.db.migrations import Migration
from django.db.migrations.operations import (
    AlterModelTable,
    DeleteModel,
    RemoveField,
    RemoveIndex,
    RenameModel,
    RunSQL,
    SeparateDatabaseAndState,
)
from django.db.migrations.questioner import MigrationQuestioner
from django.db.migrations.state import ModelState, ProjectState

from django_safemigrate import Safe
from django_safemigrate.decisions.rewriting import name_from_state, rewritten
from tests.decisions.states import Changes, check_levels, detect, model, notes, state, written


def fk(to: str, **options: Any) -> Any:
    return models.ForeignKey(to, models.CASCADE, **options)


def said(changes: Changes) -> dict[str, list[str]]:
    """The operations of each migration, those on the state alone in brackets."""
    found: dict[str, list[str]] = {}
    for app, its in sorted(changes.items()):
        for migration in its:
            lines = found.setdefault(f"{app}.{migration.name}", [])
            for operation in migration.operations:
                if isinstance(operation, SeparateDatabaseAndState):
                    assert not operation.database_operations
                    lines += [f"({inner.describe()})" for inner in operation.state_operations]
                else:
                    lines.append(operation.describe())
    return found


# Renamed


def renamed(before: ProjectState, after: ProjectState) -> Changes:
    questioner = MigrationQuestioner({"ask_rename": True, "ask_rename_model": True})
    return detect(before, after, questioner=questioner)


def test_m3_a_renamed_model_that_names_its_table_keeps_it() -> None:
    line = model("Line", order=fk("shop.Order"))
    before = state(model("Order"), line)
    purchase = model("Purchase", options={"db_table": "shop_order"})
    changes = renamed(before, state(purchase, model("Line", order=fk("shop.Purchase"))))
    assert written(changes) == {
        "shop.0002_alter_order_table_rename_order_purchase": [
            "Rename table for Order to shop_order",
            "Rename model Order to Purchase",
        ]
    }
    [migration] = changes["shop"]
    assert migration.safe == Safe.before_deploy()  # type: ignore[attr-defined]
    assert notes(changes) == {}


def test_m3_beside_changes_that_are_split() -> None:
    before = state(model("Order"), model("Line"))
    purchase = model("Purchase", options={"db_table": "shop_order"})
    changes = renamed(before, state(purchase, model("Line", b=models.IntegerField(default=1))))
    check_levels(before, changes)
    expand, contract = changes["shop"]
    assert [operation.describe() for operation in expand.operations] == [
        "Rename table for Order to shop_order",
        "Rename model Order to Purchase",
        "Add field b to line",
    ]
    assert [operation.describe() for operation in contract.operations] == ["Alter field b on line"]


@pytest.mark.parametrize(
    "operations",
    [
        [RenameModel("Order", "Purchase"), AlterModelTable("purchase", "other")],
        [RenameModel("Order", "Purchase"), AlterModelTable("line", "shop_order")],
        [RenameModel("Nothing", "Purchase"), AlterModelTable("purchase", "shop_order")],
        [AlterModelTable("order", "shop_order")],
    ],
)
def test_what_is_something_else_stays(operations: list[Any]) -> None:
    before = state(model("Order"), model("Line"))
    moves: Any = {("shop", "auto_1"): operations}
    assert rewritten(moves, before) == moves


def test_m3_the_table_may_be_named_in_a_migration_after_it() -> None:
    rename, table = RenameModel("Order", "Purchase"), AlterModelTable("purchase", "shop_order")
    found = rewritten({("shop", "auto_1"): [rename], ("shop", "auto_2"): [table]}, state(model("Order")))
    first, second = found.values()
    assert [operation.describe() for operation in first] == [
        "Rename table for Order to shop_order",
        "Rename model Order to Purchase",
    ]
    assert second == []


# Moved


def order(app: str = "shop", name: str = "Order", **more: Any) -> ModelState:
    options = {"db_table": "orders", **more.pop("options", {})}
    return model(name, app=app, number=models.IntegerField(unique=True), options=options, **more)


def line(to: str, **more: Any) -> ModelState:
    return model("Line", app="crm", order=fk(to), **more)


@pytest.mark.parametrize(("old", "new"), [("shop", "sales"), ("aaa", "zzz"), ("zzz", "aaa")])
def test_m5_a_model_that_moves_with_its_table_is_moved_in_the_state_alone(old: str, new: str) -> None:
    before = state(order(old), line(f"{old}.Order"))
    changes = detect(before, state(order(new), line(f"{new}.Order")))
    assert said(changes) == {
        "crm.0002_alter_line_order": ["(Alter field order on line)"],
        f"{new}.0001_initial": ["(Create model Order)"],
        f"{old}.0002_delete_order": ["(Delete model Order)"],
    }
    assert notes(changes) == {}
    check_levels(before, changes)


def test_m5_with_all_that_belongs_to_it() -> None:
    more: dict[str, Any] = {
        "options": {
            "indexes": [models.Index(fields=["number"], name="i")],
            "constraints": [models.CheckConstraint(condition=models.Q(number__gt=0), name="c")],
            "unique_together": {("number", "customer")},
            "db_table_comment": "Comment",
        },
        "customer": fk("crm.Customer"),
        "tags": models.ManyToManyField("crm.Tag"),
    }
    others = [model("Customer", app="crm"), model("Tag", app="crm")]
    before = state(order(**more, parent=fk("shop.Order", null=True)), *others)
    changes = detect(before, state(order("sales", **more, parent=fk("sales.Order", null=True)), *others))
    assert all(text.startswith("(") for its in said(changes).values() for text in its)
    check_levels(before, changes)


def test_m5_models_that_refer_to_each_other_move_together() -> None:
    def two(app: str, **more: Any) -> list[ModelState]:
        note = model("Note", app=app, order=fk(f"{app}.Order"), options={"db_table": "notes"}, **more)
        return [order(app, last=fk(f"{app}.Note", null=True, related_name="+")), note]

    changes = detect(state(*two("shop")), state(*two("sales")))
    assert all(text.startswith("(") for its in said(changes).values() for text in its)
    other = detect(state(*two("shop")), state(*two("sales", n=models.IntegerField(null=True))))
    assert not any(text.startswith("(") for its in said(other).values() for text in its)


@pytest.mark.parametrize("through", [None, "crm.Link"])
def test_m5_many_to_many_relations_to_it_keep_their_tables(through: str | None) -> None:
    """Django 6.1 removes and adds them."""

    def customer(to: str) -> list[ModelState]:
        orders = models.ManyToManyField(to, **({"through": through} if through else {}))
        link = model("Link", app="crm", order=fk(to), customer=fk("crm.Customer"))
        return [model("Customer", app="crm", orders=orders), *([link] if through else [])]

    changes = detect(state(order(), *customer("shop.Order")), state(order("sales"), *customer("sales.Order")))
    assert all(text.startswith("(") for its in said(changes).values() for text in its)


def test_m5_a_table_in_between_that_moves_keeps_its_relation() -> None:
    def three(app: str) -> list[ModelState]:
        link = model("Link", app=app, order=fk("shop.Order"), tag=fk("crm.Tag"), options={"db_table": "links"})
        return [order(tags=models.ManyToManyField("crm.Tag", through=f"{app}.Link")), model("Tag", app="crm"), link]

    changes = detect(state(*three("shop")), state(*three("crm")))
    assert all(text.startswith("(") for its in said(changes).values() for text in its)


def test_m5_another_change_to_what_refers_to_it_is_a_change() -> None:
    before, after = state(order(), line("shop.Order")), state(order("sales"), line("sales.Order"))
    after.models["crm", "line"].fields["order"] = fk("sales.Order", null=True)
    changes = detect(before, after)
    assert said(changes)["crm.0002_alter_line_order_expand"] == ["Alter field order on line"]


def test_m5_a_rename_that_nobody_confirms_is_one_all_the_same() -> None:
    changes = detect(state(order()), state(order(name="Purchase")))
    assert said(changes) == {"shop.0002_purchase_delete_order": ["(Create model Purchase)", "(Delete model Order)"]}


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ({}, {"new": models.IntegerField(null=True)}),
        ({"a": models.IntegerField()}, {"a": models.BigIntegerField()}),
        ({"a": models.IntegerField()}, {"b": models.IntegerField(db_column="a")}),
        ({"a": fk("shop.Line")}, {"a": fk("shop.Row")}),
        ({}, {"options": {"unique_together": {("id", "number")}}}),
        ({}, {"options": {"indexes": [models.Index(fields=["number"], name="i")]}}),
        (
            {"tags": models.ManyToManyField("shop.Row")},
            {"tags": models.ManyToManyField("shop.Row"), "name": "Purchase"},
        ),
    ],
    ids=["field", "type", "column", "target", "unique", "index", "columns of its relation"],
)
def test_m5_a_table_that_changes_as_well_is_no_move(old: Any, new: Any) -> None:
    others = [model("Line"), model("Row")]
    changes = detect(state(order(**old), *others), state(order("sales", **new), *others))
    assert not any(text.startswith("(") for its in said(changes).values() for text in its)


def test_m5_without_a_table_there_is_no_move() -> None:
    options = {"managed": False}
    changes = detect(state(order(options=options)), state(order("sales", options=options)))
    assert said(changes) == {
        "sales.0001_initial": ["Create model Order"],
        "shop.0002_delete_order": ["Delete model Order"],
    }


def test_a_name_is_made_of_what_the_state_is_told() -> None:
    migration = Migration("auto_1", "shop")
    alone = SeparateDatabaseAndState(state_operations=[AlterModelTable("order", "t")])
    migration.operations = [alone]
    assert name_from_state(migration) == "alter_order_table"
    migration.operations = [alone, SeparateDatabaseAndState([RunSQL("SELECT 1")], [RenameModel("Order", "Purchase")])]
    assert name_from_state(migration).startswith("auto_")


# Taken away before what it is on


def test_an_index_goes_before_its_field_so_that_there_is_a_way_back() -> None:
    """Django 5.2 writes the fields first where what they refer to goes."""
    before = state(
        model("Beta"),
        model(
            "Alpha",
            b=models.IntegerField(),
            c=fk("shop.Beta"),
            options={
                "indexes": [models.Index(fields=["b", "c"], name="i")],
                "constraints": [models.UniqueConstraint(fields=["b", "c"], name="u")],
            },
        ),
    )
    changes = detect(before, state(model("Alpha", b=models.IntegerField())))
    assert [[operation.describe() for operation in migration.operations] for migration in changes["shop"]] == [
        ["Remove constraint u from model alpha", "Alter field c on alpha"],
        ["Remove index i from alpha", "Remove field c from alpha", "Delete model Beta"],
    ]


def test_indexes_of_a_model_that_goes_go_before_its_fields() -> None:
    """Django 5.2 leaves them to the model. Then they come back before the fields, and there is no way back."""
    options = {
        "indexes": [models.Index(fields=["a", "e"], name="i")],
        "constraints": [models.UniqueConstraint(fields=["a", "e"], name="u")],
    }
    before = state(
        model("Alpha"), model("Gamma", a=models.IntegerField(), e=fk("shop.Alpha"), options=options), model("Rest")
    )
    gone = [RemoveField("gamma", "e"), DeleteModel("Alpha"), DeleteModel("Gamma")]
    [found] = rewritten({("shop", "auto_1"): gone}, before).values()
    assert found[2:] == gone
    assert [operation.describe() for operation in found[:2]] == [
        "Remove index i from gamma",
        "Remove constraint u from model gamma",
    ]
    assert rewritten({("shop", "auto_1"): found}, before) == {("shop", "auto_1"): found}
    changes = detect(before, state(model("Rest")))
    assert [operation.describe() for operation in changes["shop"][-1].operations] == [
        *("Remove index i from gamma", "Remove constraint u from model gamma", "Remove field e from gamma"),
        *("Delete model Alpha", "Delete model Gamma"),
    ]


def test_an_index_goes_into_the_migration_of_its_field() -> None:
    """Of apps that refer to each other Django writes more than one migration."""
    gone, deleted, index = RemoveField("alpha", "c"), DeleteModel("beta"), RemoveIndex("alpha", "i")
    of_crm = RemoveField("line", "beta")
    sources: Any = {
        ("shop", "auto_1"): [gone],
        ("crm", "auto_1"): [of_crm],
        ("shop", "auto_2"): [deleted, index],
    }
    indexed = model("Alpha", c=fk("shop.Beta"), options={"indexes": [models.Index(fields=["c"], name="i")]})
    before = state(model("Beta"), indexed, model("Line", app="crm", beta=fk("shop.Beta")))
    assert rewritten(sources, before) == {
        ("shop", "auto_1"): [index, gone],
        ("crm", "auto_1"): [of_crm],
        ("shop", "auto_2"): [deleted],
    }
