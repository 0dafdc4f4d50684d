"""F: a field is added, to a table with rows that others refer to."""

from __future__ import annotations

import uuid
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import django
from django.contrib.postgres.fields import ArrayField, DateTimeRangeField
from django.db import models
from django.db.migrations.state import ModelState
from django.db.models import PROTECT, SET_NULL, F, Value
from django.db.models.functions import Lower, Now, Pi, Random, Upper
from django.utils import timezone

from tests.decisions.states import model
from tests.two_versions.pair import (
    BOTH,
    EXPAND,
    ORDER,
    OTHERS,
    TAG,
    Expects,
    Pair,
    key,
    many,
    needed,
    number,
    one,
    shop,
)

INTEGER, TEXT, CHAR = models.IntegerField, models.TextField, models.CharField


def added(name: str, field: Any, phases: str, **more: Any) -> Pair:
    others = needed(field)
    return Pair(name, shop(others=others), shop(others=others, new=field), phases, **more)


def only(name: str, field: Any) -> Pair:
    """A column that old code need not know of."""
    return added(name, field, EXPAND, expand=("AddField order.new",))


def filled(name: str, field: Any, **more: Any) -> Pair:
    """A column that the database fills in for old code, until there is none."""
    return added(name, field, BOTH, expand=("AddField order.new",), contract=("AlterField order.new",), **more)


def decimal(**options: Any) -> Any:
    return models.DecimalField(max_digits=7, decimal_places=3, **options)


NULLS = [
    only("F1 null", INTEGER(null=True)),
    only("F1 text", CHAR(max_length=9, null=True)),
    only("F1 date", models.DateField(null=True)),
    only("F1 decimal", decimal(null=True)),
    only("F1 json", models.JSONField(null=True)),
    only("F1 uuid", models.UUIDField(null=True)),
    only("F1 array", ArrayField(INTEGER(), null=True, size=3)),
    only("F1 range", DateTimeRangeField(null=True)),
    only("F1 boolean", models.BooleanField(null=True)),
    only("F1 default is null", INTEGER(null=True, default=None)),
    only("F1 column name", INTEGER(null=True, db_column="New one")),
    added("F1 comment", INTEGER(null=True, db_comment='It\'s "new"'), EXPAND),
    added("F1 collation", CHAR(max_length=9, null=True, db_collation="C"), EXPAND),
]

CONSTANTS = [
    filled("F2 constant", INTEGER(default=5)),
    filled("F2 constant, null", INTEGER(default=5, null=True)),
    filled("F2 text", CHAR(max_length=20, default="it's 100% \\ new")),
    filled("F2 blank", TEXT(blank=True)),
    filled("F2 boolean", models.BooleanField(default=False)),
    filled("F2 decimal", decimal(default=Decimal("1.50"))),
    filled("F2 date", models.DateField(default=date(2026, 1, 2))),
    filled("F2 time", models.DateTimeField(default=datetime(2026, 1, 2, 3, 4, 5, 678, tzinfo=UTC))),
    filled("F2 duration", models.DurationField(default=timedelta(days=1, seconds=2))),
    filled("F2 bytes", models.BinaryField(default=b"\x00'%")),
    filled("F2 uuid", models.UUIDField(default=uuid.UUID(int=5))),
    filled("F2 json", models.JSONField(default="x")),
    filled("F2 column name", INTEGER(default=5, db_column="New one")),
    filled("F2 address", models.GenericIPAddressField(default="10.0.0.1")),
    added("F2 comment", INTEGER(default=5, db_comment="new"), BOTH),
    Pair(
        "F2 not referenced, without rows",
        [model("Thing", a=INTEGER())],
        [model("Thing", a=INTEGER(), b=INTEGER(default=1))],
        BOTH,
        rows=0,
    ),
]

DATABASE = [
    only("F3 constant", INTEGER(db_default=5)),
    only("F3 constant, null", INTEGER(db_default=5, null=True)),
    only("F3 constant and another default", INTEGER(db_default=5, default=6)),
    only("F3 text", CHAR(max_length=20, db_default="it's 100% \\ new")),
    only("F3 json", models.JSONField(db_default={"a": ["%", 1]})),
    added("F3 now", models.DateTimeField(db_default=Now()), EXPAND),
    added("F3 expression", models.FloatField(db_default=Pi()), EXPAND),
    added("F3 expression of constants", CHAR(max_length=9, db_default=Upper(Value("ab"))), EXPAND),
    added("F4 random", models.FloatField(db_default=Random()), EXPAND),
    added("F4 random, null", models.FloatField(db_default=Random(), null=True), EXPAND),
    added("F4 random, indexed", models.FloatField(db_default=Random(), db_index=True), EXPAND),
]

CALLABLES = [
    added("F5 uuid", models.UUIDField(default=uuid.uuid4), BOTH),
    added("F5 uuid, null", models.UUIDField(default=uuid.uuid4, null=True), BOTH),
    added("F5 uuid, indexed", models.UUIDField(default=uuid.uuid4, db_index=True), BOTH),
    added("F5 now", models.DateTimeField(default=timezone.now), BOTH),
    added("F5 list", models.JSONField(default=list), BOTH),
    added("F5 dict", models.JSONField(default=dict), BOTH),
    added("F5 array", ArrayField(CHAR(max_length=5), default=list), BOTH),
    added("F5 auto_now", models.DateTimeField(auto_now=True), BOTH),
    added("F5 auto_now_add", models.DateTimeField(auto_now_add=True), BOTH, answers={"order.new": timezone.now}),
    added("F5 auto_now_add, date", models.DateField(auto_now_add=True), BOTH, answers={"order.new": date(2026, 1, 2)}),
    added("F6 callable", INTEGER(default=number), BOTH),
    # Rows of old code in between may be without a value: NULL is allowed.
    added("F6 callable, null", INTEGER(default=number, null=True), EXPAND),
    added("F6 callable, indexed", INTEGER(default=number, db_index=True), BOTH),
    filled("F7 one-off constant", INTEGER(), answers={"order.new": 5}),
    filled("F7 one-off text", CHAR(max_length=9), answers={"order.new": "x"}),
    filled("F7 one-off date", models.DateField(), answers={"order.new": date(2026, 1, 2)}),
    added("F7 one-off callable", INTEGER(), BOTH, answers={"order.new": number}),
    added("F7 one-off now", models.DateTimeField(), BOTH, answers={"order.new": timezone.now}),
]

UNIQUE = [
    added("F8 unique, null", INTEGER(null=True, unique=True), EXPAND),
    added("F8 unique text, null", CHAR(max_length=9, null=True, unique=True), EXPAND),
    added("F8 unique slug, null", models.SlugField(null=True, unique=True), EXPAND),
    added("F8 unique, default is null", INTEGER(null=True, default=None, unique=True), EXPAND),
    added("F8 unique uuid", models.UUIDField(default=uuid.uuid4, unique=True), BOTH, rows=0),
    added("F8 unique random", models.FloatField(db_default=Random(), unique=True), EXPAND, rows=0),
    added("F8 unique constant", INTEGER(default=1, unique=True), BOTH, expects=Expects.REFUSED, says=("order.new",)),
    added(
        "F8 unique database default", INTEGER(db_default=1, unique=True), EXPAND, expects=Expects.REFUSED, says=("new",)
    ),
    added(
        "F8 unique one-off",
        CHAR(max_length=9, unique=True),
        BOTH,
        expects=Expects.REFUSED,
        answers={"order.new": "x"},
        says=("new",),
    ),
    added("F8 one-to-one, null", one(on_delete=SET_NULL, null=True), EXPAND),
    added("F8 one-to-one by text, null", one(TAG, SET_NULL, null=True, to_field="label"), EXPAND),
    added("F8 one-to-one to itself, null", one(ORDER, SET_NULL, null=True), EXPAND),
    added("F8 one-to-one constant", one(default=1), BOTH, expects=Expects.REFUSED, says=("new",)),
]

KEYS = [
    added("F9 null", key(on_delete=SET_NULL, null=True), EXPAND),
    added("F9 null, protected", key(on_delete=PROTECT, null=True), EXPAND),
    added("F9 to itself", key(ORDER, SET_NULL, null=True), EXPAND),
    added("F9 by text", key(TAG, SET_NULL, null=True, to_field="label"), EXPAND),
    added("F9 column name", key(null=True, db_column="Who"), EXPAND),
    added("F9 without index", key(null=True, db_index=False), EXPAND),
    added("F9 without constraint", key(null=True, db_constraint=False), EXPAND),
    added("F9 default", key(default=1), BOTH),
    added("F9 default, null", key(on_delete=SET_NULL, default=1, null=True), BOTH),
    added("F9 default, without constraint", key(default=1_000_000_007, db_constraint=False), BOTH),
    added("F9 database default", key(db_default=1), EXPAND),
    added("F9 one-off", key(), BOTH, answers={"order.new": 1}),
    added("F9 comment", key(null=True, db_comment="who"), EXPAND),
    Pair(
        "F9 to a new model",
        shop(),
        [*shop(new=key("shop.Shipment", SET_NULL, null=True)), model("Shipment", a=INTEGER())],
        EXPAND,
    ),
]

INDEXED = [
    only("F10 index", INTEGER(null=True, db_index=True)),
    only("F10 index on text", CHAR(max_length=9, null=True, db_index=True)),
    only("F10 index on slug", models.SlugField(null=True)),
    filled("F10 index, default", INTEGER(default=4, db_index=True)),
    filled("F10 index on text, default", CHAR(max_length=9, default="", db_index=True)),
    only("F10 index, database default", INTEGER(db_default=4, db_index=True)),
    added("F10 index on collated text", CHAR(max_length=9, default="", db_index=True, db_collation="C"), BOTH),
]

RELATIONS = [
    added("F11 many-to-many", many(), EXPAND),
    added("F11 many-to-many to itself", many(ORDER), EXPAND),
    added("F11 many-to-many, table name", many(db_table="order_labels"), EXPAND),
    added("F11 many-to-many without constraint", many(db_constraint=False), EXPAND),
    Pair(
        "F11 many-to-many to a new model",
        shop(),
        [*shop(new=many("shop.Shipment")), model("Shipment", a=INTEGER())],
        EXPAND,
    ),
    Pair(
        "F11 many-to-many through a new model",
        shop(others=OTHERS),
        [
            *shop(others=OTHERS, new=many(through="shop.Labelled")),
            model("Labelled", order=key(ORDER), tag=key(TAG), number=INTEGER(default=0)),
        ],
        EXPAND,
    ),
]

CHECKED = [
    added("F12 positive, null", models.PositiveIntegerField(null=True), EXPAND),
    added("F12 positive, default", models.PositiveIntegerField(default=5), BOTH),
    added("F12 positive, database default", models.PositiveBigIntegerField(db_default=1), EXPAND),
    added("F12 positive, indexed", models.PositiveSmallIntegerField(default=1, db_index=True), BOTH),
    added("F12 positive, unique", models.PositiveIntegerField(null=True, unique=True), EXPAND),
    added("F12 positive, one-off", models.PositiveIntegerField(), BOTH, answers={"order.new": 3}),
    added("F12 positive, column name", models.PositiveIntegerField(default=5, db_column="A b"), BOTH),
]


def generated(expression: Any, output: Any, *, stored: bool = True, **options: Any) -> Any:
    return models.GeneratedField(expression=expression, output_field=output, db_persist=stored, **options)


GENERATED = [
    added("F13 stored", generated(F("number") / 2, INTEGER()), EXPAND, expects=Expects.LARGE),
    added(
        "F13 stored, indexed",
        generated(Lower("note"), TEXT(), null=True, db_index=True),
        EXPAND,
        expects=Expects.LARGE,
    ),
    added("F13 stored, null", generated(Lower("note"), TEXT(), null=True), EXPAND, expects=Expects.LARGE),
    Pair(
        "F14 number in the place of a text key",
        [ModelState("shop", "Thing", [("code", CHAR(max_length=9, primary_key=True))])],
        [model("Thing", code=CHAR(max_length=9))],
        expects=Expects.REFUSED,
        says=("thing",),
        answers={"thing.id": 1},
    ),
]


def linked(name: str, field: Any, phases: str) -> Pair:
    """A relation whose rows the database deletes, on a table that nothing refers to: Django wants it so."""
    return Pair(
        name, [OTHERS[0], model("Thing", a=INTEGER())], [OTHERS[0], model("Thing", a=INTEGER(), new=field)], phases
    )


if django.VERSION >= (6, 1):
    GENERATED += [
        added("F13 virtual", generated(F("number") / 2, INTEGER(), stored=False), EXPAND, server=18, django=(6, 1)),
        added(
            "F13 virtual text",
            generated(Lower("note"), TEXT(), null=True, stored=False),
            EXPAND,
            server=18,
            django=(6, 1),
        ),
        linked("F9 database cascade", key(on_delete=models.DB_CASCADE, null=True), EXPAND),
        linked("F9 database set null", key(on_delete=models.DB_SET_NULL, null=True), EXPAND),
        linked("F9 database cascade, default", key(on_delete=models.DB_CASCADE, default=1), BOTH),
    ]

PAIRS = [
    *NULLS,
    *CONSTANTS,
    *DATABASE,
    *CALLABLES,
    *UNIQUE,
    *KEYS,
    *INDEXED,
    *RELATIONS,
    *CHECKED,
    *GENERATED,
]
