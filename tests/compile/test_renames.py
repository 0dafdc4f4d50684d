"""Which migrations give other names, so that what Django keeps for the end waits for it; and who refers to whom meanwhile."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import models
from django.db.migrations import Migration
from django.db.migrations.operations import (
    AddField,
    AlterField,
    AlterModelTable,
    DeleteModel,
    RenameField,
    RenameModel,
    SeparateDatabaseAndState,
)
from django.db.migrations.operations.base import Operation
from django.db.migrations.state import ProjectState

from django_safemigrate.compile.binding import Binding
from django_safemigrate.compile.renames import renames
from tests.decisions.states import model, state

NUMBER = models.BigIntegerField(null=True)


def key(**options: Any) -> Any:
    return models.ForeignKey("shop.Customer", models.CASCADE, null=True, **options)


def tags(**options: Any) -> Any:
    return models.ManyToManyField("shop.Customer", related_name="+", **options)


def shop() -> ProjectState:
    return state(model("Customer"), model("Order", customer=key(), number=NUMBER, tags=tags()))


def altered(name: str, field: Any) -> Operation:
    return AlterField("order", name, field)


def in_database(*operations: Operation) -> Operation:
    return SeparateDatabaseAndState(database_operations=operations)


@pytest.mark.parametrize(
    "operations",
    [
        [RenameModel("Order", "Purchase")],
        [RenameField("order", "number", "no")],
        [AlterModelTable("order", "orders")],
        [in_database(AlterModelTable("order", "orders"))],
        [altered("number", models.BigIntegerField(null=True, db_column="no"))],
        [altered("customer", NUMBER)],
        [altered("tags", tags(db_table="kept"))],
        [AddField("order", "new", key()), altered("new", NUMBER)],
        [in_database(altered("customer", NUMBER))],
        [
            altered("number", models.TextField(null=True)),
            in_database(AddField("order", "new", key()), altered("new", NUMBER)),
        ],
    ],
)
def test_another_name(operations: list[Operation]) -> None:
    assert renames(operations, "shop", shop())


@pytest.mark.parametrize(
    "operations",
    [
        [],
        [AddField("order", "new", key())],
        [altered("number", models.TextField())],
        [altered("customer", models.BigIntegerField(null=True, db_column="customer_id"))],
        [altered("tags", tags(blank=True))],
        [SeparateDatabaseAndState(state_operations=[RenameModel("Order", "Purchase")])],
        [altered("number", models.TextField()), in_database(altered("number", NUMBER))],
    ],
)
def test_no_other_name(operations: list[Operation]) -> None:
    assert not renames(operations, "shop", shop())


@pytest.mark.parametrize("used_up", [False, True])
def test_a_model_that_has_gone_refers_to_nobody(used_up: bool) -> None:
    before = shop()
    assert before.apps.get_models()  # rendered, as Django's executor does before a run
    migration = Migration("0002", "shop")
    migration.operations = [DeleteModel("Order"), RenameModel("Customer", "Client")]
    for bound in Binding(migration, before, used_up=used_up):
        bound.to_state.apps.get_models()
        if isinstance(bound.operation, RenameModel):
            assert bound.from_state.apps.get_model("shop", "customer")._meta.related_objects == ()
    assert (("shop", "order") in before.models) is not used_up
