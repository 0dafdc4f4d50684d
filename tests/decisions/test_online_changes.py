"""What goes on by way of a second column, between two releases and across several."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest
from django.db import models
from django.db.migrations import Migration
from django.db.migrations.operations import (
    AddField,
    AddIndex,
    AlterField,
    RemoveField,
    RemoveIndex,
    RenameField,
    RenameModel,
)
from django.db.migrations.operations.base import Operation
from django.db.migrations.questioner import MigrationQuestioner
from django.db.migrations.state import ProjectState

from django_safemigrate.decisions.commuting import commutes
from django_safemigrate.decisions.footprints import carried_out
from django_safemigrate.decisions.splitting import Conflict, Split, split
from django_safemigrate.operations import AlterFieldOnline, FinishAlterField, FinishRenameField, RenameFieldOnline
from tests.decisions.releases import Releases
from tests.decisions.states import AnyField, check_levels, detect, model, notes, state, text, written

INTEGER, BIG, TEXT = models.IntegerField, models.BigIntegerField, models.TextField


def parts_of(before: ProjectState, *operations: Operation) -> Split | Conflict:
    migration = Migration("auto_1", "shop")
    migration.operations = list(operations)
    return split({"shop": [migration]}, before)


def test_the_end_of_an_online_change_comes_first_after_deploy() -> None:
    """A trigger that writes a column cannot outlive it."""
    key = models.ForeignKey("shop.Order", models.CASCADE, null=True, db_constraint=False)
    before = state(model("Order", id=models.AutoField(primary_key=True), a=INTEGER()), model("Line", order=key))
    found = parts_of(
        before,
        RemoveField("line", "order"),
        AlterField("order", "id", models.BigAutoField(primary_key=True)),
        AlterField("order", "a", BIG()),
    )
    assert isinstance(found, Split)
    assert [text(operation) for operation in found.changes["shop"][1].operations] == [
        "Drop the old column of field id on order",
        "Drop the old column of field a on order",
        "Remove field order from line",
    ]


def test_an_index_is_not_changed_in_the_release_that_renames_its_field() -> None:
    indexes = [models.Index(fields=["a"], name="i")]
    found = parts_of(
        state(model("Order", a=INTEGER(), options={"indexes": indexes})),
        RemoveIndex("order", "i"),
        RenameField("order", "a", "z"),
        AddIndex("order", models.Index(fields=["z", "id"], name="i")),
    )
    assert isinstance(found, Conflict)


@pytest.mark.parametrize(
    "operations",
    [
        (RenameField("order", "a", "z"), AlterField("order", "z", models.IntegerField(null=True))),
        (RenameField("order", "a", "z"), AlterField("order", "z", models.BigIntegerField())),
        (AlterField("order", "a", models.BigIntegerField()), RenameField("order", "a", "z")),
        (RenameField("order", "a", "z"), AddField("order", "a", models.TextField(null=True))),
    ],
    ids=["loosened", "another type", "another type before", "its column again"],
)
def test_a_column_is_not_renamed_and_changed_in_one_release(operations: Sequence[Operation]) -> None:
    """Django's autodetector takes such fields for others; people write it."""
    found = parts_of(state(model("Order", a=models.IntegerField())), *operations)
    assert isinstance(found, Conflict)
    later = operations[1].describe()
    assert found.refusal.remedy == f'Make two releases of it, and leave "{later}" for the second one.'


def test_a_renamed_column_may_tighten_once_the_old_one_is_gone() -> None:
    tight = AlterField("order", "z", models.IntegerField(default=3))
    found = parts_of(state(model("Order", a=models.IntegerField(null=True))), RenameField("order", "a", "z"), tight)
    assert isinstance(found, Split)
    assert [text(operation) for operation in found.changes["shop"][1].operations] == [
        "Drop the old column a of field z on order",
        "AlterField order.z models.IntegerField(default=3)",
    ]


def test_c7_another_default_auto_field_is_one_migration_before_and_one_after_deploy_for_each_app() -> None:
    def shop(its_key: Any) -> ProjectState:
        return state(
            model("Customer", app="crm", id=its_key()),
            model("Order", id=its_key(), customer=models.ForeignKey("crm.Customer", models.CASCADE)),
            model("Line", id=its_key(), order=models.ForeignKey("shop.Order", models.CASCADE)),
        )

    def auto() -> Any:
        return models.AutoField(primary_key=True)

    def big() -> Any:
        return models.BigAutoField(primary_key=True)

    changes = detect(shop(auto), shop(big))
    check_levels(shop(auto), changes)
    online, end = (
        "AlterFieldOnline {}.id models.BigAutoField(primary_key=True)",
        "Drop the old column of field id on {}",
    )
    assert written(changes) == {
        "crm.0002_alter_customer_id_expand": [online.format("customer")],
        "crm.0003_finish_alter_customer_id_contract": [end.format("customer")],
        "shop.0002_alter_line_id_alter_order_id_expand": [online.format("line"), online.format("order")],
        "shop.0003_finish_alter_line_id_finish_alter_order_id_contract": [end.format("line"), end.format("order")],
    }


# Several releases


def order(**fields: AnyField) -> ProjectState:
    return state(model("Order", **fields))


@pytest.fixture
def retyped() -> Releases:
    """The second release has made ``a`` a bigint; its contract may be pending."""
    releases = Releases(order(a=INTEGER(), b=INTEGER()))
    releases.release(order(a=BIG(), b=INTEGER()))
    return releases


@pytest.fixture
def renamed() -> Releases:
    """The second release has renamed ``a`` to ``z``; its contract may be pending."""
    releases = Releases(order(a=INTEGER(), b=INTEGER()))
    releases.release(order(z=INTEGER(), b=INTEGER()), questioner=MigrationQuestioner({"ask_rename": True}))
    return releases


FINISHED = "shop.0003_finish_alter_order_a_contract"


@pytest.mark.parametrize(
    ("fields", "asked"),
    [
        ({"a": BIG(null=True), "b": INTEGER()}, False),
        ({"a": models.DecimalField(max_digits=30, decimal_places=0), "b": INTEGER()}, False),
        ({"c": BIG(), "b": INTEGER()}, True),
        ({"b": INTEGER()}, False),
    ],
    ids=["loosened", "another type", "renamed", "removed"],
)
def test_the_next_change_of_a_field_waits_for_the_end_of_the_last_one(
    retyped: Releases, fields: dict[str, AnyField], asked: bool
) -> None:
    changes = retyped.release(order(**fields), questioner=MigrationQuestioner({"ask_rename": asked}))
    expand = changes["shop"][0]
    assert expand.dependencies == [("shop", "0003_finish_alter_order_a_contract")]
    [note] = [line for its in notes(changes).values() for line in its if line.startswith("waits")]
    assert note.startswith(f"waits for {FINISHED}: ")
    assert note.endswith('depends on "Drop the old column of field a on order"')


@pytest.mark.parametrize("fields", [{"b": BIG()}, {"b": INTEGER(null=True)}, {"b": INTEGER(), "c": TEXT(null=True)}])
def test_a_change_of_another_field_does_not(retyped: Releases, fields: dict[str, AnyField]) -> None:
    expand = retyped.release(order(a=BIG(), **fields))["shop"][0]
    assert expand.dependencies == [("shop", "0002_alter_order_a_expand")]


def test_a_new_field_waits_for_its_column_to_be_free(renamed: Releases) -> None:
    changes = renamed.release(order(z=INTEGER(), b=INTEGER(), a=TEXT(null=True)))
    [note] = [line for its in notes(changes).values() for line in its]
    assert note.endswith('"Add field a to order" depends on "Drop the old column a of field z on order"')


# Footprints

BEFORE = state(
    model(
        "Order",
        a=INTEGER(),
        b=INTEGER(null=True, db_column="bee"),
        buyer=models.ForeignKey("shop.Line", models.CASCADE),
    ),
    model("Line", a=INTEGER()),
)


def may_swap(first: Operation, second: Operation) -> bool:
    state = BEFORE.clone()
    return commutes(*(carried_out(operation, "shop", state) for operation in (first, second)))


@pytest.mark.parametrize(
    ("first", "second", "may"),
    [
        (FinishAlterField("order", "a"), AlterField("order", "a", INTEGER(null=True)), False),
        (FinishAlterField("order", "a"), AlterField("order", "b", INTEGER(null=True)), True),
        (FinishAlterField("order", "a"), AlterField("line", "a", INTEGER(null=True)), True),
        (FinishAlterField("order", "a"), RenameModel("Order", "Purchase"), False),
        (FinishAlterField("order", "a"), AddField("order", "old", TEXT(null=True)), True),
        (FinishAlterField("order", "a", "old"), AddField("order", "old", TEXT(null=True)), False),
        (FinishAlterField("order", "a", "old"), AddField("line", "old", TEXT(null=True)), True),
        (FinishRenameField("order", "old", "a"), AddField("order", "old", TEXT(null=True)), False),
        (FinishRenameField("order", "old", "buyer"), AddField("order", "c", TEXT(db_column="old_id")), False),
        (FinishRenameField("order", "old", "buyer"), AddField("order", "c", TEXT(db_column="old")), True),
        (FinishRenameField("order", "old", "a"), RemoveField("order", "a"), False),
        (RenameFieldOnline("order", "a", "z"), AddField("order", "c", TEXT(db_column="z")), False),
        (RenameFieldOnline("order", "a", "z"), FinishRenameField("order", "a", "z"), False),
        (AlterFieldOnline("order", "a", INTEGER(db_column="c")), AddField("order", "c", TEXT(null=True)), False),
        # The old column is still there, and no field of that name is.
        (RenameFieldOnline("order", "a", "z"), AddField("order", "c", TEXT(db_column="a")), True),
        (AlterFieldOnline("order", "b", INTEGER(null=True)), AddField("order", "c", TEXT(db_column="bee")), True),
    ],
)
def test_what_may_change_places(first: Operation, second: Operation, may: bool) -> None:
    assert may_swap(first, second) is may
