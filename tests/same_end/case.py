"""What a case is: tables with rows, and the operations that are then run on them twice, by Django and by us."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.db import models
from django.db.migrations import AddField, AlterField, CreateModel, RemoveField
from django.db.migrations.operations.base import Operation


@dataclass(frozen=True)
class Case:
    """``name`` begins with the kind of change: M models, F, R, C fields added, removed, changed, I, K, X the rest.

    ``back`` is False where Django has no way back; ``volatile`` are columns with another value in each database; ``needs``
    are extensions, ``since`` the first version of the server; ``then`` is a second migration.
    """

    name: str
    change: Sequence[Operation]
    before: Sequence[Operation]
    rows: str
    then: Sequence[Operation] = ()
    atomic: bool = True
    back: bool = True
    volatile: tuple[str, ...] = ()
    needs: tuple[str, ...] = ()
    since: int = 14


def model(name: str, /, *, options: dict[str, Any] | None = None, bases: Any = None, **fields: Any) -> CreateModel:
    """``CreateModel`` with an ``id``, unless one of the fields is the primary key or it has a parent."""
    has_key = bases or any(field.primary_key for field in fields.values())
    own = {} if has_key else {"id": models.BigAutoField(primary_key=True)}
    more = {"bases": bases} if bases else {}
    return CreateModel(name, list({**own, **fields}.items()), options or {}, **more)


def on_order(name: str, *change: Operation, **more: Any) -> Case:
    """A case on the tables of a shop in use."""
    return Case(name, change, **{"before": SHOP, "rows": SHOP_ROWS, **more})


def on_thing(name: str, fields: dict[str, Any], values: str, *change: Operation, **more: Any) -> Case:
    """A case on one table of its own; ``values`` are rows of it, as SQL, without the ``id``."""
    options = more.pop("options", None)
    names = ", ".join(f'"{field.db_column or key}"' for key, field in fields.items())
    insert = f"INSERT INTO shop_thing ({names}) VALUES {values}"
    return Case(name, change, **{"before": [model("Thing", options=options, **fields)], "rows": insert, **more})


def altered(name: str, old: Any, new: Any, values: str, **more: Any) -> Case:
    """A case of one column ``a`` that becomes another; ``values`` as for ``on_thing``."""
    preserve = more.pop("preserve_default", True)
    return on_thing(name, {"a": old}, values, AlterField("thing", "a", new, preserve_default=preserve), **more)


def added(name: str, field: Any, **more: Any) -> Case:
    """A case of a new column of ``shop_order``."""
    preserve = more.pop("preserve_default", True)
    return on_order(name, AddField("order", "new", field, preserve_default=preserve), **more)


def removed(name: str, field: Any, *, value: str | None = None, **more: Any) -> Case:
    """A case of a column of ``shop_order`` that goes; ``value`` (SQL) for one that has to have one."""
    rows, column = (
        SHOP_ROWS,
        f'ALTER TABLE shop_order ALTER "{field.db_column or ("gone_id" if field.is_relation else "gone")}"',
    )
    if value:
        rows = f"{column} SET DEFAULT {value}; {rows} SET CONSTRAINTS ALL IMMEDIATE; {column} DROP DEFAULT"
    before = [*SHOP, AddField("order", "gone", field)]
    return on_order(name, RemoveField("order", "gone"), **{"before": before, "rows": rows, **more})


SHOP = [
    model("Tag", label=models.CharField(max_length=20, unique=True)),
    model(
        "Customer",
        name=models.CharField(max_length=20),
        email=models.CharField(max_length=40, unique=True),
        friend=models.ForeignKey("shop.Customer", models.CASCADE, null=True),
    ),
    model(
        "Order",
        customer=models.ForeignKey("shop.Customer", models.CASCADE, related_name="orders"),
        number=models.IntegerField(),
        status=models.CharField(max_length=10, db_index=True),
        amount=models.DecimalField(max_digits=6, decimal_places=2),
        quantity=models.PositiveIntegerField(),
        placed=models.DateTimeField(null=True),
        note=models.TextField(null=True),
        tags=models.ManyToManyField("shop.Tag"),
        options={
            "indexes": [models.Index(fields=["number", "status"], name="shop_number")],
            "constraints": [
                models.CheckConstraint(condition=models.Q(amount__gte=0), name="shop_amount"),
                models.UniqueConstraint(fields=["customer", "number"], name="shop_unique"),
            ],
        },
    ),
]

SHOP_ROWS = r"""
INSERT INTO shop_tag (label) VALUES ('red'), ('green'), ('blue');
INSERT INTO shop_customer (name, email, friend_id) SELECT 'c' || n, n || '@example.org', nullif(n - 1, 0)
    FROM generate_series(1, 3) n;
INSERT INTO shop_order (customer_id, number, status, amount, quantity, placed, note)
    SELECT n % 3 + 1, n, 'new', n * 1.5, n, '2026-01-02 03:04:05Z', CASE n % 2 WHEN 0 THEN 'it''s 100% \ ok' END
    FROM generate_series(1, 7) n;
INSERT INTO shop_order_tags (order_id, tag_id) SELECT n, n % 3 + 1 FROM generate_series(1, 7) n;
"""
