"""The changes that are measured: what becomes of the models, and what the application has to know of it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from .models import REFERRER, Models

ORDER, CUSTOMER = "shop_order", "shop_customer"


@dataclass(frozen=True)
class Change:
    """``table`` is the one in use that the change locks: what is in the way is in the way there.

    ``added`` and ``dropped`` are columns of the orders that only the new code, or only the old code, reads and writes.
    ``with_database_default`` is the same change for tools that want a default to stand in the database. ``removes``: it
    takes something away, so that somebody whose tool has one phase runs it after the deploy. ``made`` is a condition that
    holds in a database in which the change has been made.
    """

    name: str
    title: str
    apply: Callable[[Models], object]
    made: str
    with_database_default: Callable[[Models], object] | None = None
    table: str = ORDER
    added: str = ""
    dropped: str = ""
    removes: bool = False


def _field(name: str, definition: str) -> Callable[[Models], object]:
    return lambda models: models["Order"].fields.update({name: definition})


def _index(definition: str) -> Callable[[Models], object]:
    return lambda models: models["Order"].indexes.append(definition)


def _constraint(definition: str) -> Callable[[Models], object]:
    return lambda models: models["Order"].constraints.append(definition)


def _column(name: str, condition: str = "true") -> str:
    columns = f"SELECT FROM information_schema.columns WHERE table_name = '{ORDER}' AND column_name = '{name}'"
    return f"EXISTS ({columns} AND {condition})"


def _index_there(name: str) -> str:
    return f"EXISTS (SELECT FROM pg_index WHERE indexrelid = to_regclass('{name}') AND indisvalid)"


def _constraint_there(condition: str, number: int = 1) -> str:
    there = f"SELECT count(*) FROM pg_constraint WHERE conrelid = '{ORDER}'::regclass AND convalidated AND {condition}"
    return f"({there}) = {number}"


CHANGES = {
    change.name: change
    for change in (
        Change(
            "nullable-column",
            "nullable column",
            _field("priority", "models.IntegerField(null=True)"),
            _column("priority"),
            added="priority",
        ),
        Change(
            "default-column",
            "column with a default",
            _field("priority", "models.IntegerField(default=0)"),
            _column("priority"),
            with_database_default=_field("priority", "models.IntegerField(db_default=0)"),
            added="priority",
        ),
        Change(
            "index",
            "index",
            _index('models.Index(fields=["status", "total"], name="order_status")'),
            _index_there("order_status"),
        ),
        Change(
            "foreign-key",
            "foreign key",
            _field("referrer", REFERRER),
            _constraint_there("contype = 'f'", 2),
            added="referrer_id",
        ),
        Change(
            "not-null",
            "SET NOT NULL",
            _field("weight", "models.IntegerField()"),
            _column("weight", "is_nullable = 'NO'"),
        ),
        Change(
            "unique",
            "unique",
            _constraint('models.UniqueConstraint(fields=["number"], name="order_number")'),
            _constraint_there("conname = 'order_number'"),
        ),
        Change(
            "check",
            "check",
            _constraint('models.CheckConstraint(condition=models.Q(total__gte=0), name="order_total_positive")'),
            _constraint_there("conname = 'order_total_positive'"),
        ),
        Change(
            "wider-varchar",
            "wider varchar",
            _field("number", "models.CharField(max_length=40)"),
            _column("number", "character_maximum_length = 40"),
        ),
        Change(
            "drop-column",
            "drop column",
            lambda models: models["Order"].fields.pop("note"),
            f"NOT {_column('note')}",
            dropped="note",
            removes=True,
        ),
        Change(
            "drop-table",
            "drop table",
            lambda models: models.pop("Archive"),
            "to_regclass('shop_archive') IS NULL",
            table=CUSTOMER,
            removes=True,
        ),
        Change(
            "drop-index",
            "drop index",
            lambda models: models["Order"].indexes.clear(),
            "to_regclass('order_total') IS NULL",
            removes=True,
        ),
    )
}
