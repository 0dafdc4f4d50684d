"""What has no steps of its own yet is refused as a whole, so that it runs as Django writes it."""

from __future__ import annotations

import pytest
from django.db import connection, migrations, models
from django.db.migrations import Migration
from django.db.migrations.operations.base import Operation
from django.db.migrations.state import ModelState, ProjectState
from django.db.models.functions import Now

from django_safemigrate.compile.editor import NotCompiled
from django_safemigrate.compile.operations import compile_migration
from tests.support.database import execute

pytestmark = [pytest.mark.postgres, pytest.mark.usefixtures("database")]


class Own(migrations.AddField):
    """A subclass may do anything."""


def add(field: models.Field) -> migrations.AddField:  # type: ignore[type-arg]
    return migrations.AddField("order", "a", field)


@pytest.mark.parametrize(
    ("operations", "why"),
    [
        (
            [add(models.IntegerField(unique=True))],
            "it adds a column with a relation, a constraint or a generated value",
        ),
        (
            [add(models.ForeignKey("shop.Order", models.CASCADE, null=True))],
            "it adds a column with a relation, a constraint or a generated value",
        ),
        (
            [add(models.PositiveIntegerField(null=True))],
            "it adds a column with a relation, a constraint or a generated value",
        ),
        (
            [add(models.DateTimeField(db_default=Now()))],
            "its database default is an expression, which may rewrite the table",
        ),
        ([add(models.IntegerField(null=True, db_comment="x"))], "it adds a column with a comment"),
        ([Own("order", "a", models.IntegerField(null=True))], "Own has no steps of its own yet"),
        ([migrations.RunSQL("SELECT 1")], "RunSQL has no steps of its own yet"),
        (
            [migrations.AlterField("order", "number", models.TextField(null=True))],
            "it alters a column in a way that has no steps of its own yet",
        ),
        (
            [migrations.AlterField("order", "number", models.IntegerField())],
            "it alters a column in a way that has no steps of its own yet",
        ),
        ([migrations.RemoveField("order", "parent")], "it removes a relation"),
        (
            [add(models.IntegerField(db_default=1)), migrations.AlterField("order", "a", models.IntegerField())],
            "it changes order.a more than once",
        ),
    ],
)
def test_why(operations: list[Operation], why: str) -> None:
    assert refusal(*operations) == why


def test_a_partitioned_table() -> None:
    """Trap 18."""
    execute("CREATE TABLE shop_order (id bigint, number int) PARTITION BY RANGE (id)")
    index = migrations.AddIndex("order", models.Index(fields=["number"], name="shop_number"))
    assert refusal(index) == '"shop_order" is partitioned, and PostgreSQL builds no such index concurrently'


def refusal(*operations: Operation) -> str:
    fields = [
        ("id", models.BigAutoField(primary_key=True)),
        ("number", models.IntegerField(null=True)),
        ("parent", models.ForeignKey("shop.Order", models.CASCADE, null=True)),
    ]
    state = ProjectState({("shop", "order"): ModelState("shop", "Order", fields)})
    migration = type("Migration", (Migration,), {"operations": list(operations)})("0002", "shop")
    with pytest.raises(NotCompiled) as error:
        compile_migration(migration, state, connection)
    return str(error.value)
