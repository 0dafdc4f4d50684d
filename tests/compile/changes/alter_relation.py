"""A column becomes a foreign key, or another one, or none."""

from __future__ import annotations

from typing import Any

import django
from django.db import models
from django.db.migrations import AddField, AlterField
from django.db.models import CASCADE, SET_NULL

from tests.compile.shop import altered, change

CODE = models.IntegerField(db_column="who")


def key(**options: Any) -> models.ForeignKey[Any, Any]:
    return models.ForeignKey("shop.Customer", CASCADE, related_name="+", **{"db_column": "who", **options})


BUYER = models.ForeignKey("shop.Customer", SET_NULL, null=True, to_field="email", related_name="+")

CHANGES = [
    altered(
        "column to foreign key", models.BigIntegerField(db_column="a"), key(db_column="a"), "n % 50 + 1", back=True
    ),
    altered("foreign key on delete only", key(db_column="a"), key(db_column="a", null=True), "n % 50 + 1"),
    altered("foreign key's constraint dropped", key(db_column="a"), key(db_column="a", db_constraint=False), "1"),
    altered("foreign key to one-to-one field", key(db_column="a"), key(db_column="a", unique=True), "n", count=50),
    change(
        "text longer that a foreign key refers to",
        AlterField("customer", "email", models.CharField(max_length=60, unique=True)),
        before=[AddField("order", "buyer", BUYER)],
    ),
]

if django.VERSION >= (6, 1):
    DATABASE = models.ForeignKey("shop.Customer", models.DB_CASCADE, related_name="+", db_column="a")
    CHANGES += [altered("foreign key with another action of the database", key(db_column="a"), DATABASE, "1")]
