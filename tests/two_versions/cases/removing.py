"""R: a field goes, from a table with rows that others refer to."""

from __future__ import annotations

import uuid
from datetime import date
from decimal import Decimal
from typing import Any

import django
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import CheckConstraint, F, Index, Q, UniqueConstraint
from django.db.models.functions import Lower, Now
from django.utils import timezone

from tests.decisions.states import model
from tests.two_versions.pair import ANY, BOTH, CONTRACT, ORDER, OTHERS, TAG, Pair, key, many, needed, number, one, shop

INTEGER, TEXT, CHAR = models.IntegerField, models.TextField, models.CharField
SET_NULL = models.SET_NULL


def removed(name: str, field: Any, phases: str, *, before: Any = None, after: Any = None, **more: Any) -> Pair:
    """``before`` and ``after`` are options of the model."""
    others = needed(field)
    return Pair(name, shop(before, others=others, gone=field), shop(after, others=others), phases, **more)


def dropped(name: str, field: Any) -> Pair:
    """A column that new code may leave out."""
    return removed(name, field, CONTRACT, contract=("RemoveField order.gone",))


def prepared(name: str, field: Any) -> Pair:
    """A column that the database has to fill in, or to leave empty, for new code."""
    return removed(name, field, BOTH, expand=("AlterField order.gone",), contract=("RemoveField order.gone",))


def index(*fields: str, **options: Any) -> dict[str, Any]:
    return {"indexes": [Index(fields=fields, name="order_i", **options)]}


def about(*constraints: Any) -> dict[str, Any]:
    return {"constraints": list(constraints)}


PAIRS = [
    dropped("R1 null", INTEGER(null=True)),
    dropped("R1 text", CHAR(max_length=9, null=True)),
    dropped("R1 json", models.JSONField(null=True)),
    dropped("R1 array", ArrayField(INTEGER(), null=True)),
    dropped("R1 null with default", INTEGER(null=True, default=3)),
    dropped("R1 indexed", INTEGER(null=True, db_index=True)),
    dropped("R1 indexed text", CHAR(max_length=9, null=True, db_index=True)),
    dropped("R1 unique", INTEGER(null=True, unique=True)),
    dropped("R1 unique text", CHAR(max_length=9, null=True, unique=True)),
    dropped("R1 positive", models.PositiveIntegerField(null=True)),
    dropped("R1 column name", INTEGER(null=True, db_column="Old one")),
    dropped("R1 database default", INTEGER(db_default=3)),
    dropped("R1 database default, indexed", CHAR(max_length=9, db_default="x", db_index=True)),
    dropped("R1 database default, now", models.DateTimeField(db_default=Now())),
    removed(
        "R1 generated",
        models.GeneratedField(expression=F("number") / 2, output_field=INTEGER(), db_persist=True),
        CONTRACT,
        back=False,
    ),
    prepared("R2 constant", INTEGER(default=3)),
    prepared("R2 text", CHAR(max_length=20, default="it's 100% \\ old")),
    prepared("R2 blank", TEXT(blank=True)),
    prepared("R2 boolean", models.BooleanField(default=True)),
    prepared("R2 decimal", models.DecimalField(max_digits=6, decimal_places=2, default=Decimal("1.50"))),
    prepared("R2 date", models.DateField(default=date(2026, 1, 2))),
    prepared("R2 json", models.JSONField(default="x")),
    prepared("R2 uuid", models.UUIDField(default=uuid.UUID(int=5))),
    prepared("R2 indexed", CHAR(max_length=9, default="", db_index=True)),
    prepared("R2 positive", models.PositiveIntegerField(default=1)),
    prepared("R2 column name", INTEGER(default=3, db_column="Old one")),
    prepared("R2 comment", INTEGER(default=3, db_comment="old")),
    prepared("R3 not null", INTEGER()),
    prepared("R3 text", CHAR(max_length=9)),
    prepared("R3 date", models.DateField()),
    prepared("R3 json", models.JSONField()),
    prepared("R3 array", ArrayField(INTEGER())),
    prepared("R3 uuid", models.UUIDField()),
    prepared("R3 indexed", INTEGER(db_index=True)),
    prepared("R3 positive", models.PositiveIntegerField()),
    prepared("R3 callable", INTEGER(default=number)),
    prepared("R3 uuid4", models.UUIDField(default=uuid.uuid4)),
    prepared("R3 list", models.JSONField(default=list)),
    prepared("R3 now", models.DateTimeField(default=timezone.now)),
    prepared("R3 auto_now", models.DateTimeField(auto_now=True)),
    prepared("R3 auto_now_add", models.DateTimeField(auto_now_add=True)),
    prepared("R3 unique", INTEGER(unique=True)),
    prepared("R3 unique text", CHAR(max_length=9, unique=True)),
    prepared("R3 unique with default", INTEGER(unique=True, default=number)),
    prepared("R3 unique uuid", models.UUIDField(default=uuid.uuid4, unique=True)),
    removed("R4 null", key(on_delete=SET_NULL, null=True), BOTH, contract=("RemoveField order.gone",)),
    removed("R4 null, cascade", key(null=True), BOTH, contract=("RemoveField order.gone",)),
    removed("R4 not null", key(), BOTH, contract=("RemoveField order.gone",)),
    removed("R4 default", key(default=1), BOTH, contract=("RemoveField order.gone",)),
    removed("R4 database default", key(db_default=1), BOTH, contract=("RemoveField order.gone",)),
    removed("R4 to itself", key(ORDER, null=True), BOTH, contract=("RemoveField order.gone",)),
    removed("R4 by text", key(TAG, to_field="label"), BOTH, contract=("RemoveField order.gone",)),
    removed("R4 column name", key(null=True, db_column="Who"), BOTH, contract=("RemoveField order.gone",)),
    removed("R4 without index", key(null=True, db_index=False), BOTH, contract=("RemoveField order.gone",)),
    dropped("R4 without constraint, null", key(null=True, db_constraint=False)),
    prepared("R4 without constraint", key(db_constraint=False)),
    removed("R4 one-to-one", one(), BOTH, contract=("RemoveField order.gone",)),
    removed("R4 one-to-one, null", one(null=True), BOTH, contract=("RemoveField order.gone",)),
    removed("R5 many-to-many", many(), BOTH, contract=("RemoveField order.gone",)),
    removed("R5 many-to-many to itself", many(ORDER), BOTH, contract=("RemoveField order.gone",)),
    removed("R5 many-to-many, table name", many(db_table="order_labels"), BOTH),
    removed("R5 many-to-many without constraint", many(db_constraint=False), CONTRACT),
    Pair(
        "R5 many-to-many and its target",
        [*shop(gone=many("shop.Shipment")), model("Shipment", a=INTEGER())],
        shop(),
        BOTH,
    ),
    Pair(
        "R5 many-to-many and its model in between",
        [
            *shop(others=OTHERS, gone=many(through="shop.Labelled")),
            model("Labelled", order=key(ORDER), tag=key(TAG), number=INTEGER(default=0)),
        ],
        shop(others=OTHERS),
        BOTH,
    ),
    removed(
        "R6 in an index",
        INTEGER(null=True),
        CONTRACT,
        before=index("gone", "number"),
        contract=("RemoveIndex order.order_i", "RemoveField order.gone"),
    ),
    removed("R6 in an index, not null", INTEGER(), BOTH, before=index("gone", "number")),
    removed("R6 in a partial index", INTEGER(default=3), BOTH, before=index("number", condition=Q(gone__gt=1))),
    removed("R6 in unique_together", INTEGER(), BOTH, before={"unique_together": {("gone", "number")}}),
    removed(
        "R6 in unique_together, which is left",
        INTEGER(null=True),
        BOTH,
        before={"unique_together": {("gone", "number"), ("note", "number")}},
        after={"unique_together": {("note", "number")}},
    ),
    removed(
        "R6 in a unique constraint",
        INTEGER(),
        BOTH,
        before=about(UniqueConstraint(fields=["gone", "number"], name="order_k")),
    ),
    removed(
        "R6 in a functional unique constraint",
        CHAR(max_length=9),
        BOTH,
        before=about(UniqueConstraint(Lower("gone"), name="order_k")),
    ),
    removed(
        "R6 in a check",
        INTEGER(default=3),
        BOTH,
        before=about(CheckConstraint(condition=Q(gone__gt=0), name="order_k")),
        expand=("RemoveConstraint order.order_k", "AlterField order.gone"),
        contract=("RemoveField order.gone",),
    ),
    removed(
        "R6 in a check of two",
        INTEGER(null=True),
        BOTH,
        before=about(CheckConstraint(condition=Q(gone__isnull=True) | Q(number__gt=0), name="order_k")),
        expand=("RemoveConstraint order.order_k",),
        contract=("RemoveField order.gone",),
    ),
    removed("R6 in the ordering", INTEGER(null=True), BOTH, before={"ordering": ["gone"]}),
    Pair(
        "R6 what another is generated from",
        shop(
            gone=INTEGER(default=1),
            twice=models.GeneratedField(expression=F("gone") / 2, output_field=INTEGER(), db_persist=True),
        ),
        shop(),
        BOTH,
        back=False,
        django=(6, 1),  # before that, stock Django drops it before what is generated from it
    ),
]

if django.VERSION >= (6, 1):
    PAIRS += [
        Pair(
            f"R4 {words}",
            [OTHERS[0], model("Thing", a=INTEGER(), gone=field)],
            [OTHERS[0], model("Thing", a=INTEGER())],
            ANY,
            open="the constraint deletes for the old code what the new one wants to keep",
        )
        for words, field in (
            ("database cascade", key(on_delete=models.DB_CASCADE)),
            ("database set null", key(on_delete=models.DB_SET_NULL, null=True)),
        )
    ]
    PAIRS += [
        Pair(
            "R1 generated, virtual",
            shop(gone=models.GeneratedField(expression=F("number") / 2, output_field=INTEGER(), db_persist=False)),
            shop(),
            CONTRACT,
            server=18,
        ),
    ]
