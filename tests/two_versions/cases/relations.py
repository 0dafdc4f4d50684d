"""C14, C15, C19: a column becomes a foreign key, stops being one, or points elsewhere; many-to-many fields change."""

from __future__ import annotations

from typing import Any

import django
from django.db import models
from django.db.models import SET_NULL

from tests.decisions.states import model
from tests.two_versions.pair import (
    BOTH,
    CONTRACT,
    EXPAND,
    OTHERS,
    TAG,
    THING,
    Expects,
    Pair,
    altered,
    key,
    many,
    needed,
    one,
)

INTEGER, CHAR, BIG = models.IntegerField, models.CharField, models.BigIntegerField
SAME = ("AlterField thing.a",)


def before_deploy(name: str, old: Any, new: Any, **more: Any) -> Pair:
    return altered(name, old, new, EXPAND, **{"expand": SAME, **more})


def after_deploy(name: str, old: Any, new: Any, **more: Any) -> Pair:
    return altered(name, old, new, CONTRACT, **{"contract": SAME, **more})


def refused(name: str, old: Any, new: Any, **more: Any) -> Pair:
    return altered(name, old, new, expects=Expects.REFUSED, **{"says": ("thing.a",), **more})


def in_both(name: str, old: Any, new: Any, **more: Any) -> Pair:
    """The index is there as long as one of the versions has it; the constraint, as long as both allow it."""
    return altered(name, old, new, BOTH, **{"expand": SAME, "contract": SAME, **more})


def moved(name: str, old: Any, new: Any, **more: Any) -> Pair:
    """To a column of another name."""
    more = {
        "expand": ("AlterFieldOnline thing.a",),
        "contract": ("FinishAlterField thing.a",),
        "two_names": True,
        **more,
    }
    return altered(name, old, new, BOTH, **more)


KEYS = [
    in_both("C14 column to key", BIG(db_column="a_id"), key()),
    in_both("C14 column to key, null", BIG(db_column="a_id", null=True), key(null=True)),
    in_both("C14 indexed column to key", BIG(db_column="a_id", db_index=True), key()),
    in_both(
        "C14 text to key by text",
        CHAR(max_length=20, db_column="a_id"),
        key(TAG, to_field="label"),
    ),
    moved("C14 column to key, renamed", BIG(), key(), contract=("FinishAlterField thing.a", *SAME)),
    in_both("C14 key to column", key(), BIG(db_column="a_id")),
    in_both("C14 key to column, null", key(null=True), BIG(db_column="a_id", null=True)),
    altered("C14 key to indexed column", key(), BIG(db_column="a_id", db_index=True), EXPAND),
    in_both(
        "C14 key to integer",
        key(),
        INTEGER(db_column="a_id"),
        contract=("AlterFieldOnline thing.a", "FinishAlterField thing.a", *SAME),
    ),
    moved(
        "C14 key to column, renamed",
        key(db_index=False),
        BIG(),
        expand=(*SAME, "AlterFieldOnline thing.a"),
    ),
    before_deploy("C14 constraint off", key(), key(db_constraint=False)),
    before_deploy("C14 constraint off, null", key(null=True), key(null=True, db_constraint=False)),
    before_deploy("C14 constraint off, to itself", key(THING, null=True), key(THING, null=True, db_constraint=False)),
    after_deploy("C14 constraint on", key(db_constraint=False), key()),
    after_deploy("C14 constraint on, null", key(db_constraint=False, null=True), key(null=True)),
    after_deploy("C14 constraint on, one-to-one", one(db_constraint=False), one()),
    after_deploy("C14 constraint on, to itself", key(THING, null=True, db_constraint=False), key(THING, null=True)),
    altered("C14 target", key(null=True), key(TAG, null=True)),
    altered("C14 target, one-to-one", one(null=True), one(TAG, null=True), values={"thing.a": lambda n: None}),
    refused("C14 target of another type", key(TAG), key(TAG, to_field="label")),
    moved("C14 column name", key(), key(db_column="Who")),
    moved(
        "C14 column name and target",
        key(null=True),
        key(TAG, null=True, db_column="Who"),
        expand=(*SAME, "AlterFieldOnline thing.a"),
        contract=("FinishAlterField thing.a", *SAME),
    ),
    altered(
        "C14 key and column name kept",
        key(db_column="who"),
        key(db_column="who", on_delete=SET_NULL, null=True),
        EXPAND,
    ),
]

ONES = [
    after_deploy("C15 key to one-to-one", key(null=True), one(null=True)),
    after_deploy("C15 key to unique key", key(null=True), key(null=True, unique=True)),
    before_deploy("C15 one-to-one to key", one(null=True), key(null=True)),
    before_deploy("C15 one-to-one to key, not null", one(), key()),
    before_deploy("C15 one-to-one to key, null", one(), key(null=True)),
    in_both("C15 one-to-one to unique column", one(), BIG(unique=True, db_column="a_id")),
    altered(
        "C15 unique column to one-to-one",
        BIG(unique=True, null=True, db_column="a_id"),
        one(null=True),
        BOTH,
    ),
]


def tagged(field: Any, *more: Any) -> list[Any]:
    return [*needed(many() if more else field), model("Thing", number=INTEGER(), a=field), *more]


THROUGH = model("Labelled", thing=key(THING), tag=key(TAG), number=INTEGER(default=0))

MANY = [
    Pair(
        "C19 target",
        [OTHERS[0], *tagged(many())],
        [OTHERS[1], *tagged(many("shop.Customer"))],
        expects=Expects.REFUSED,
        says=("thing",),
    ),
    Pair(
        "C19 table name", tagged(many()), tagged(many(db_table="labels")), expects=Expects.REFUSED, says=("db_table",)
    ),
    Pair("C19 table name as it is", tagged(many()), tagged(many(db_table="shop_thing_a")), EXPAND),
    Pair("C19 constraint off", tagged(many()), tagged(many(db_constraint=False)), EXPAND),
    Pair("C19 constraint on", tagged(many(db_constraint=False)), tagged(many()), CONTRACT),
    Pair("C19 python only", tagged(many()), tagged(many(related_name="things", blank=True)), EXPAND),
    Pair(
        "C19 column in between added",
        tagged(many(through="shop.Labelled"), THROUGH),
        tagged(
            many(through="shop.Labelled"),
            model("Labelled", thing=key(THING), tag=key(TAG), number=INTEGER(default=0), more=INTEGER(default=1)),
        ),
        BOTH,
    ),
    Pair(
        "C19 many-to-many to key",
        tagged(many()),
        tagged(key(TAG, null=True)),
        expects=Expects.REFUSED,
    ),
    Pair(
        "C19 key to many-to-many",
        tagged(key(TAG, null=True)),
        tagged(many()),
        expects=Expects.REFUSED,
    ),
]

DELETES: list[Pair] = []
if django.VERSION >= (6, 1):
    DB_CASCADE, DB_SET_NULL = models.DB_CASCADE, models.DB_SET_NULL
    DELETES = [
        before_deploy("C14 database cascade on", key(), key(on_delete=DB_CASCADE)),
        before_deploy("C14 database cascade on, null", key(null=True), key(on_delete=DB_CASCADE, null=True)),
        before_deploy(
            "C14 database set null on",
            key(on_delete=SET_NULL, null=True),
            key(on_delete=DB_SET_NULL, null=True),
        ),
        before_deploy("C14 database cascade on, one-to-one", one(), one(on_delete=DB_CASCADE)),
        after_deploy("C14 database cascade off", key(on_delete=DB_CASCADE), key()),
        altered(
            "C14 database cascade to set null",
            key(on_delete=DB_CASCADE, null=True),
            key(on_delete=DB_SET_NULL, null=True),
            open="the constraint deletes for the old code what the new one wants to keep",
        ),
    ]

PAIRS = [*KEYS, *ONES, *MANY, *DELETES]
