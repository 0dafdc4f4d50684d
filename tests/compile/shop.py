"""The tables in use on which the named changes are made, and what a named change is."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.contrib.postgres.fields import IntegerRangeField
from django.db import models
from django.db.migrations import AlterField, CreateModel
from django.db.migrations.operations.base import Operation
from django.db.models import CASCADE, Q


@dataclass(frozen=True)
class Change:
    """``before`` is run by Django itself beside the tables of the shop, then ``rows``; ``operations`` are ours.

    ``small`` and ``unsafe`` are what is allowed; ``back`` runs the way back, too; ``since`` is the first major version of
    the server that can do it.
    """

    name: str
    operations: Sequence[Operation]
    before: Sequence[Operation] = ()
    rows: str = ""
    small: bool = False
    unsafe: bool = False
    back: bool = False
    since: int = 14


def change(name: str, *operations: Operation, **more: Any) -> Change:
    return Change(name, operations, **more)


def model(name: str, /, *, options: dict[str, Any] | None = None, **fields: Any) -> CreateModel:
    """``CreateModel`` with an ``id``, unless one of the fields is the primary key."""
    own = (
        {}
        if any(field.primary_key for field in fields.values())
        else {"id": models.BigAutoField(primary_key=True, serialize=False)}
    )
    return CreateModel(name, list({**own, **fields}.items()), options or {})


def altered(name: str, old: Any, new: Any, value: str, *, count: int = 200, **more: Any) -> Change:
    """A change of the one column ``a`` of ``shop_thing``; ``value`` is an expression of ``n``, for its ``count`` rows."""
    before = [model("Thing", a=old, b=models.IntegerField(), options=more.pop("options", None))]
    rows = f"INSERT INTO shop_thing (a, b) SELECT {value}, n FROM generate_series(1, {count}) n"
    return Change(name, [AlterField("thing", "a", new)], **{"before": before, "rows": rows, **more})


SHOP = [
    model(
        "Customer",
        name=models.CharField(max_length=20),
        email=models.CharField(max_length=40, unique=True),
        code=models.IntegerField(unique=True),
    ),
    model("Tag", label=models.CharField(max_length=20)),
    model(
        "Order",
        customer=models.ForeignKey("shop.Customer", CASCADE, related_name="orders"),
        number=models.CharField(max_length=20, unique=True),
        status=models.CharField(max_length=10, default="new", db_index=True),
        amount=models.IntegerField(),
        quantity=models.PositiveIntegerField(),
        kept=models.IntegerField(default=1, db_default=1),
        note=models.TextField(null=True),
        period=IntegerRangeField(),
        data=models.JSONField(default=dict),
        tags=models.ManyToManyField("shop.Tag"),
        options={
            "indexes": [models.Index(fields=["amount", "status"], name="shop_both")],
            "constraints": [
                models.CheckConstraint(condition=Q(amount__gte=0), name="shop_amount"),
                models.UniqueConstraint(fields=["amount", "number"], name="shop_unique"),
            ],
        },
    ),
]

SHOP_ROWS = """
CREATE INDEX by_hand ON shop_order ((amount + 1)) WHERE status <> 'old';
INSERT INTO shop_customer (name, email, code) SELECT 'c', n, n FROM generate_series(1, 50) n;
INSERT INTO shop_tag (label) SELECT n FROM generate_series(1, 5) n;
INSERT INTO shop_order (customer_id, number, status, amount, quantity, note, period, data)
    SELECT n % 50 + 1, n, 'new', n, n, nullif(n % 3, 1), int4range(n, n + 1), '{}' FROM generate_series(1, 200) n;
INSERT INTO shop_order_tags (order_id, tag_id) SELECT n, n % 5 + 1 FROM generate_series(1, 20) n;
"""
