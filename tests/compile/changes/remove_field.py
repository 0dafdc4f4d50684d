"""A column goes, with what is about it."""

from __future__ import annotations

from django.db import models
from django.db.migrations import AddField, RemoveField
from django.db.models import SET_NULL, F

from tests.compile.shop import change

CUSTOMER = models.ForeignKey("shop.Customer", SET_NULL, null=True, to_field="code", related_name="+")
GENERATED = models.GeneratedField(expression=F("amount") * 2, output_field=models.IntegerField(), db_persist=True)

CHANGES = [
    change("column dropped", RemoveField("order", "note")),
    change("column dropped that is indexed, checked and unique", RemoveField("order", "amount")),
    change("unique column dropped", RemoveField("order", "number")),
    change("indexed column dropped", RemoveField("order", "status")),
    change("column dropped that has a check of its own", RemoveField("order", "quantity")),
    change("foreign key dropped", RemoveField("order", "customer")),
    change(
        "column dropped that a foreign key refers to",
        RemoveField("order", "buyer"),
        RemoveField("customer", "code"),
        before=[AddField("order", "buyer", CUSTOMER)],
    ),
    change("many-to-many field dropped", RemoveField("order", "tags")),
    change("generated column dropped", RemoveField("order", "twice"), before=[AddField("order", "twice", GENERATED)]),
]
