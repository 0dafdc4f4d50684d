"""A column is added."""

from __future__ import annotations

import django
from django.db import models
from django.db.migrations import AddField
from django.db.models import CASCADE, SET_NULL, F
from django.db.models.functions import Now, Random

from tests.compile.shop import Change, change

INTEGER, CHAR = models.IntegerField, models.CharField


def added(name: str, field: models.Field, **more: object) -> Change:  # type: ignore[type-arg]
    return change(name, AddField("order", "a", field), **{"back": True, **more})


CHANGES = [
    added("nullable column", INTEGER(null=True)),
    added("column with a default of Python's", models.DecimalField(max_digits=5, decimal_places=2, default=1)),
    added("nullable column with a default of Python's", INTEGER(null=True, default=1)),
    added("column with a constant default", CHAR(max_length=5, db_default="x")),
    added("column with the time as default", models.DateTimeField(db_default=Now())),
    added("column with a volatile default", models.FloatField(db_default=Random())),
    added("nullable column with a volatile default", models.FloatField(db_default=Random(), null=True), back=False),
    added("unique column", INTEGER(null=True, unique=True)),
    added("unique text column", CHAR(max_length=5, null=True, unique=True), back=False),
    added("unique column with a check", models.PositiveIntegerField(null=True, unique=True), back=False),
    added("one-to-one field", models.OneToOneField("shop.Customer", SET_NULL, null=True, related_name="+")),
    added("nullable foreign key", models.ForeignKey("shop.Customer", SET_NULL, null=True, related_name="+")),
    added("foreign key with a default", models.ForeignKey("shop.Customer", CASCADE, default=1, related_name="+")),
    added("nullable foreign key to itself", models.ForeignKey("shop.Order", SET_NULL, null=True)),
    added("foreign key to itself with a default", models.ForeignKey("shop.Order", CASCADE, default=1), back=False),
    added(
        "foreign key without a constraint",
        models.ForeignKey("shop.Customer", CASCADE, default=1, db_constraint=False, related_name="+"),
        back=False,
    ),
    added("column with a check", models.PositiveIntegerField(default=5)),
    added("nullable column with a check", models.PositiveIntegerField(null=True), back=False),
    added("column with an index", INTEGER(null=True, db_index=True)),
    added("text column with indexes", CHAR(max_length=5, default="", db_index=True)),
    added("column with a collation and a comment", CHAR(max_length=5, null=True, db_collation="C", db_comment="x")),
    added("many-to-many field", models.ManyToManyField("shop.Customer", related_name="+")),
    added(
        "stored generated column",
        models.GeneratedField(expression=F("amount") * 2, output_field=INTEGER(), db_persist=True),
        small=True,
    ),
]

if django.VERSION >= (6, 1):
    CHANGES += [
        added(
            "virtual generated column",
            models.GeneratedField(expression=F("amount") * 2, output_field=INTEGER(), db_persist=False),
            since=18,
        ),
        added(
            "nullable foreign key with an action of the database",
            models.ForeignKey("shop.Customer", models.DB_SET_NULL, null=True, related_name="+"),
        ),
    ]
