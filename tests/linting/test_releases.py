"""The tables that a release makes, whatever they are called meanwhile."""

from __future__ import annotations

from django.db import models
from django.db.migrations import Migration
from django.db.migrations.operations import (
    AddField,
    AlterModelTable,
    CreateModel,
    DeleteModel,
    RenameModel,
    SeparateDatabaseAndState,
)
from django.db.migrations.operations.base import Operation

from django_safemigrate.linting.releases import Made
from django_safemigrate.linting.states import LightState

KEY = ("id", models.BigAutoField(primary_key=True))


def made(*operations: Operation, before: tuple[Operation, ...] = ()) -> set[str]:
    """The tables that a migration of these operations makes, called as they are after it."""
    state = LightState()
    for operation in (*before, *operations):
        operation.state_forwards("shop", state)
    release = Made()
    release.remember(type("Migration", (Migration,), {"operations": list(operations)})("0001_initial", "shop"))
    return release.tables(state)


def test_tables_of_models_and_between_them() -> None:
    tags = models.ManyToManyField("shop.Tag")
    named = models.ManyToManyField("shop.Tag", db_table="likes", related_name="+")
    assert made(CreateModel("Tag", [KEY]), CreateModel("Order", [KEY, ("tags", tags), ("liked", named)])) == {
        "shop_tag",
        "shop_order",
        "shop_order_tags",
        "likes",
    }


def test_a_field_of_a_table_in_use() -> None:
    before = (CreateModel("Tag", [KEY]), CreateModel("Order", [KEY]))
    tags = AddField("order", "tags", models.ManyToManyField("shop.Tag"))
    assert made(tags, AddField("order", "note", models.TextField(null=True)), before=before) == {"shop_order_tags"}
    assert made(tags, DeleteModel("Order"), before=before) == set()


def test_other_names() -> None:
    assert made(CreateModel("Order", [KEY]), RenameModel("Order", "Purchase")) == {"shop_purchase"}
    assert made(CreateModel("Order", [KEY]), AlterModelTable("order", "orders")) == {"orders"}
    assert made(RenameModel("Order", "Purchase"), before=(CreateModel("Order", [KEY]),)) == set()


def test_what_the_database_makes_counts() -> None:
    create = CreateModel("Order", [KEY])
    assert made(SeparateDatabaseAndState([create], [create])) == {"shop_order"}
    assert made(SeparateDatabaseAndState([], [create])) == set()
    assert made(CreateModel("Report", [KEY], options={"managed": False})) == set()
