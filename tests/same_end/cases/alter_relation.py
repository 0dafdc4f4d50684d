"""C14, C15: a column becomes a foreign key, stops being one, or points elsewhere."""

from __future__ import annotations

import django
from django.db import models
from django.db.migrations import AlterField
from django.db.models import CASCADE, PROTECT, SET_NULL

from tests.same_end.case import SHOP, SHOP_ROWS, Case, model, on_order

TAG, CUSTOMER, ORDER = "shop.Tag", "shop.Customer", "shop.Order"
INTEGER, CHAR = models.IntegerField, models.CharField


def key(to: str = CUSTOMER, on_delete: object = CASCADE, **options: object) -> models.Field:  # type: ignore[type-arg]
    return models.ForeignKey(to, on_delete, **{"related_name": "+", **options})


def one(to: str = CUSTOMER, **options: object) -> models.Field:  # type: ignore[type-arg]
    return models.OneToOneField(to, CASCADE, **{"related_name": "+", **options})


def related(name: str, old: object, new: object, values: str = "(1), (2)", **more: object) -> Case:
    """One column ``a`` that becomes another, beside the tables of the shop."""
    column = old.db_column or ("a_id" if old.is_relation else "a")  # type: ignore[attr-defined]
    rows = f'{SHOP_ROWS} INSERT INTO shop_thing ("{column}") VALUES {values}'
    return on_order(name, AlterField("thing", "a", new), before=[*SHOP, model("Thing", a=old)], rows=rows, **more)


CASES = [
    related("C1 on_delete in python", key(), key(on_delete=PROTECT, related_name="things")),
    related("C2 key, null", key(), key(null=True)),
    related("C3 key, not null", key(null=True), key(default=1), "(2), (NULL)"),
    related("C11 key, index off", key(), key(db_index=False)),
    related("C11 key, index on", key(db_index=False), key()),
    related("C14 column to key", models.BigIntegerField(db_column="a_id"), key()),
    related("C14 integer to key", INTEGER(), key()),
    related("C14 indexed column to key", models.BigIntegerField(db_column="a_id", db_index=True), key()),
    related("C14 column to key, null", models.BigIntegerField(null=True), key(null=True, on_delete=SET_NULL)),
    related("C14 text to key by text", CHAR(max_length=20, db_column="a_id"), key(TAG, to_field="label"), "('red')"),
    related("C14 key to column", key(), models.BigIntegerField(db_column="a_id")),
    related("C14 key to integer", key(), INTEGER()),
    related("C14 key to indexed column", key(), models.BigIntegerField(db_index=True)),
    related("C14 key by text to text", key(TAG, to_field="label"), CHAR(max_length=20, db_column="a_id"), "('red')"),
    related("C14 target", key(), key(ORDER)),
    related("C14 target, unique", one(), one(ORDER)),
    related("C14 target itself", key(null=True), key("shop.Thing", null=True), "(1), (NULL)"),
    related("C14 to_field", key(TAG), key(TAG, to_field="label", db_constraint=False), back=False),
    related("C14 constraint off", key(), key(db_constraint=False)),
    related("C14 constraint on", key(db_constraint=False), key()),
    related("C14 constraint on, null", key(db_constraint=False), key(null=True)),
    related("C14 constraint off, without atomic", key(), key(db_constraint=False), atomic=False),
    related("C14 column name", key(), key(db_column="Who")),
    related("C14 comment", key(), key(db_comment="who")),
    related("C15 key to one-to-one", key(), one()),
    related("C15 one-to-one to key", one(), key()),
    related("C15 one-to-one to key, null", one(), key(null=True)),
    related("C15 one-to-one to column", one(), models.BigIntegerField(unique=True)),
    related("C15 column to one-to-one", models.BigIntegerField(), one()),
    related("C15 unique column to one-to-one", models.BigIntegerField(unique=True, db_column="a_id"), one()),
    related("C15 key to unique key", key(), key(unique=True)),
    on_order("C14 live key, null", AlterField("order", "customer", key(null=True, related_name="orders"))),
    on_order("C14 live key, target", AlterField("order", "customer", key(ORDER, db_constraint=False)), rows=""),
]

if django.VERSION >= (6, 1):
    DB_CASCADE, DB_SET_NULL = models.DB_CASCADE, models.DB_SET_NULL
    CASES += [
        related("C14 database cascade on", key(), key(on_delete=DB_CASCADE)),
        related("C14 database cascade off", key(on_delete=DB_CASCADE), key()),
        related("C14 database set null", key(on_delete=DB_CASCADE, null=True), key(on_delete=DB_SET_NULL, null=True)),
        related("C14 database cascade, not null", key(null=True), key(on_delete=DB_CASCADE, default=1), "(1), (NULL)"),
        related(
            "C14 database cascade, one-to-one", key(), models.OneToOneField(CUSTOMER, DB_CASCADE, related_name="+")
        ),
    ]
