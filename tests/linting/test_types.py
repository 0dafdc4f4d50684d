"""Advice on the columns of new fields."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import migrations, models
from django.db.migrations.operations.base import Operation

from django_safemigrate.linting.checks.types import types
from django_safemigrate.values.findings import MigratesWith, Severity
from tests.linting.sql.support import inspect


class Asking(models.Field):  # type: ignore[type-arg]
    """A field that asks a server for its type."""

    def db_type(self, connection: Any) -> str:
        with connection.cursor():
            return "never"


BIG = ("id", models.BigAutoField(primary_key=True))
OPERATIONS: list[tuple[Operation, list[tuple[str, str]]]] = [
    (
        migrations.CreateModel("Line", [("id", models.AutoField(primary_key=True))]),
        [("SM501", "The key shop_line.id is integer.")],
    ),
    (
        migrations.CreateModel("Line", [("no", models.SmallAutoField(primary_key=True))], {"db_table": "lines"}),
        [("SM501", "The key lines.no is smallint.")],
    ),
    (migrations.CreateModel("Line", [BIG, ("count", models.IntegerField())]), []),
    (migrations.CreateModel("Line", [("id", models.AutoField(primary_key=True))], {"managed": False}), []),
    (migrations.CreateModel("Line", [("id", Asking(primary_key=True))]), []),
    (migrations.CreateModel("Line", [BIG, ("order", models.ForeignKey("shop.Order", models.CASCADE))]), []),
    (
        migrations.AddField("order", "code", models.SlugField(db_column="c")),
        [("SM502", "shop_order.c is varchar(50).")],
    ),
    (migrations.AddField("order", "code", models.TextField()), []),
    (migrations.AddField("order", "buyer", models.ForeignKey("shop.Customer", models.CASCADE)), []),
    (migrations.RemoveField("order", "note"), []),
]


@pytest.mark.parametrize(("operation", "expected"), OPERATIONS, ids=lambda value: str(value)[:60])
@pytest.mark.parametrize("runner", MigratesWith)
def test_what_fields_say(operation: Operation, expected: list[tuple[str, str]], runner: MigratesWith) -> None:
    found = list(types(inspect([operation], migrates_with=runner)))
    assert [(one.code.code, one.fact) for one in found] == expected


def test_in_djangos_words() -> None:
    (key,) = types(inspect([migrations.CreateModel("Line", [("id", models.AutoField(primary_key=True))])]))
    assert key.instead == 'DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"'
    assert key.severity is Severity.INFO
