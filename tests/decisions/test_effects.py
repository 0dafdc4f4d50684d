from __future__ import annotations

from typing import Any

import pytest
from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import models
from django.db.migrations import operations as ops
from django.db.migrations.operations.base import Operation
from django.db.migrations.state import ModelState, ProjectState
from django.db.models.expressions import Value
from django.db.models.functions import Now

from django_safemigrate.decisions.effects import effect_of
from django_safemigrate.operations import (
    AlterFieldOnline,
    FinishAlterField,
    FinishRenameField,
    InOneTransaction,
    RenameFieldOnline,
)
from tests.decisions.others import COUNT, AddTrigger, RemoveTrigger

OLD: dict[str, Any] = {
    "id": models.BigAutoField(primary_key=True),
    "number": models.CharField(max_length=20, null=True),
    "total": models.IntegerField(default=1),
    "kept": models.IntegerField(db_column="old"),
    "tags": models.ManyToManyField("shop.Tag"),
    "buyer": models.ForeignKey("shop.Tag", models.CASCADE),
    "loose": models.ForeignKey("shop.Tag", models.CASCADE, db_constraint=False),
    "price": models.DecimalField(max_digits=6, decimal_places=2, db_default=0),
}
BIG = "x" * 60


def alter(name: str, field: Any, **more: Any) -> Operation:
    return ops.AlterField("order", name, field, **more)


CASES: list[tuple[Operation, str]] = [
    (ops.CreateModel("Order", []), "Order: new table"),
    (ops.CreateModel("Mirror", [], options={"proxy": True}), "Mirror: Python only"),
    (ops.CreateModel("View", [], options={"managed": False}), "View: Python only"),
    (ops.DeleteModel("Order"), "Order: table dropped"),
    (ops.DeleteModel("View"), "View: Python only"),
    (ops.AddField("order", "a", models.TextField(null=True)), "order.a: new column"),
    (ops.AddField("order", "a", models.TextField(db_default="x")), "order.a: new column, the database fills in 'x'"),
    (
        ops.AddField("order", "a", models.TextField(db_default=Value("x"))),
        "order.a: new column, the database fills in 'x'",
    ),
    (
        ops.AddField("order", "a", models.DateTimeField(db_default=Now())),
        "order.a: new column, the database fills in Now()",
    ),
    (
        ops.AddField("order", "a", models.TextField(db_default=BIG)),
        f"order.a: new column, the database fills in '{'x' * 36}...",
    ),
    (ops.AddField("order", "a", models.ManyToManyField("shop.Tag")), "order.a: new table"),
    (ops.RemoveField("order", "number"), "order.number: column dropped"),
    (ops.RemoveField("order", "tags"), "order.tags: table dropped"),
    (alter("number", models.CharField(max_length=20, null=True, verbose_name="no.")), "order.number: Python only"),
    (alter("number", models.CharField(max_length=40, null=True)), "order.number: max_length 20 -> 40"),
    (alter("number", models.CharField(max_length=20)), "order.number: no longer accepts NULL"),
    (
        alter("number", models.CharField(max_length=20, default="?"), preserve_default=False),
        "order.number: no longer accepts NULL, rows with NULL get '?'",
    ),
    (
        alter("number", models.CharField(max_length=20, default=str)),
        "order.number: no longer accepts NULL, rows with NULL get str()",
    ),
    (alter("number", models.CharField(max_length=20, null=True, unique=True)), "order.number: unique"),
    (alter("number", models.CharField(max_length=20, null=True, db_index=True)), "order.number: new index"),
    (
        alter("number", models.CharField(max_length=20, null=True, db_collation="C")),
        "order.number: another db_collation",
    ),
    (alter("number", models.CharField(max_length=20, null=True, db_column="no")), "order.number: another column name"),
    (alter("number", models.CharField(max_length=20, null=True, db_column="number")), "order.number: Python only"),
    (alter("number", models.TextField()), "order.number: CharField becomes TextField, no longer accepts NULL"),
    (alter("total", models.IntegerField(default=1, null=True)), "order.total: accepts NULL"),
    (alter("total", models.IntegerField(default=1, db_default=1)), "order.total: the database fills in 1"),
    (
        alter("price", models.DecimalField(max_digits=8, decimal_places=3)),
        "order.price: the database no longer fills it in, max_digits 6 -> 8, decimal_places 2 -> 3",
    ),
    (
        alter("buyer", models.ForeignKey("shop.Tag", models.CASCADE, db_constraint=False)),
        "order.buyer: no key holds it any more",
    ),
    (
        alter("tags", models.ManyToManyField("shop.Tag", db_constraint=False)),
        "order.tags: no key holds it any more",
    ),
    (alter("loose", models.ForeignKey("shop.Tag", models.CASCADE)), "order.loose: the database holds it to its key"),
    (alter("unknown", models.TextField()), "order.unknown: altered"),
    (ops.RenameField("order", "number", "reference"), "order.reference: renamed from number"),
    (ops.RenameField("order", "kept", "new"), "order.new: another name for kept, Python only"),
    (
        AlterFieldOnline("order", "total", models.BigIntegerField(default=1)),
        "order.total: IntegerField becomes BigIntegerField",
    ),
    (
        AlterFieldOnline("order", "total", models.IntegerField(default=1, db_column="sum")),
        "order.total: a second column sum beside total",
    ),
    (FinishAlterField("order", "total"), "order.total: the column of the old type dropped"),
    (FinishAlterField("order", "total", "sum"), "order.total: column sum dropped"),
    (
        RenameFieldOnline("order", "buyer", "who"),
        "order.who: renamed from buyer, a second column who_id beside buyer_id",
    ),
    (FinishRenameField("order", "who", "buyer"), "order.buyer: column who_id dropped"),
    (FinishRenameField("order", "old", "unknown"), "order.unknown: column old dropped"),
    (ops.AddIndex("order", models.Index(fields=["total"], name="i")), "order: new index i"),
    (AddIndexConcurrently("order", models.Index(fields=["total"], name="i")), "order: new index i"),
    (ops.RemoveIndex("order", "i"), "order: index i dropped"),
    (ops.AddConstraint("order", models.UniqueConstraint(fields=["total"], name="u")), "order: new constraint u"),
    (ops.RemoveConstraint("order", "u"), "order: constraint u dropped"),
    (ops.AlterModelOptions("order", {"ordering": ["id"]}), "order: Python only"),
    (ops.AlterModelManagers("order", []), "order: Python only"),
    (AddTrigger("order", COUNT), "order: new trigger count"),
    (RemoveTrigger("order", "count"), "order: trigger count dropped"),
    (
        InOneTransaction([RemoveTrigger("order", "count"), AddTrigger("order", COUNT)]),
        "order: trigger count replaced",
    ),
    (InOneTransaction([ops.RunSQL("SELECT 1")]), "In one transaction: Raw SQL operation"),
    (ops.RunSQL("SELECT 1"), "Raw SQL operation"),
    (
        ops.SeparateDatabaseAndState(state_operations=[ops.DeleteModel("Order"), ops.DeleteModel("View")]),
        "Python only: Delete model Order; Delete model View",
    ),
    (
        ops.SeparateDatabaseAndState(database_operations=[ops.RunSQL("SELECT 1")]),
        "Custom state/database change combination",
    ),
    (
        ops.AlterUniqueTogether("order", {("number", "total"), ("kept", "total")}),
        "order: no longer unique together: number, kept; unique together: kept, total; unique together: number, total",
    ),
    (ops.AlterUniqueTogether("view", {("id", "a")}), "view: unique together: id, a"),
    (ops.AlterUniqueTogether("gone", {("id", "a")}), "gone: unique together: id, a"),
    (ops.RenameModel("Order", "Purchase"), "Rename model Order to Purchase"),
    (ops.RenameModel("View", "Kept"), "Kept: another name for View, Python only"),
    (ops.AlterModelTable("Order", "shop_order"), "Order: Python only"),
    (ops.AlterModelTable("Order", "orders"), "Rename table for Order to orders"),
]


@pytest.mark.parametrize(("operation", "words"), CASES, ids=[f"{words}" for _, words in CASES])
def test_what_an_operation_does_in_a_few_words(operation: Operation, words: str) -> None:
    state = ProjectState()
    together = {"unique_together": {("number", "kept")}}
    state.add_model(ModelState("shop", "Order", list(OLD.items()), options=together))
    state.add_model(ModelState("shop", "View", [("id", OLD["id"])], options={"managed": False, "db_table": "v"}))
    before = state.clone()
    assert effect_of(operation, "shop", state) == words
    assert state == before
