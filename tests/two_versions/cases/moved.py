"""C10: a column gets another name, with its field or without it. Both names are there until old code is gone."""

from __future__ import annotations

import uuid
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import django
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.migrations.state import ModelState
from django.db.models import CheckConstraint, F, Index, UniqueConstraint
from django.db.models.functions import Lower, Now

from tests.decisions.states import model
from tests.two_versions.pair import BOTH, TAG, THING, Expects, Pair, altered, child, key, needed, one, thing

from .renames import about
from .retyped import DECIMALS, INTEGERS, TEXTS, extremes

INTEGER, TEXT, CHAR = models.IntegerField, models.TextField, models.CharField
RENAMED, FINISHED = ("RenameFieldOnline thing.a",), ("FinishRenameField thing",)
MOVED, ENDED = ("AlterFieldOnline thing.a",), ("FinishAlterField thing.a",)


def renamed(name: str, make: Any, values: Any = None, **more: Any) -> Pair:
    """``make()`` is the field, ``a`` and then ``z``; ``values`` are of either."""
    others = needed(make())
    values = {f"thing.{field}": values["thing.a"] for field in "az"} if values else {}
    more = {"expand": RENAMED, "contract": FINISHED, "two_names": True, **more}
    return Pair(
        f"C10 {name}", [*others, thing(a=make())], [*others, thing(z=make())], BOTH, renames=True, values=values, **more
    )


def within(name: str, old: Any, new: Any, **more: Any) -> Pair:
    """Models of their own."""
    return Pair(f"C10 {name}", old, new, BOTH, renames=True, two_names=True, **more)


def named(name: str, old: Any, new: Any, **more: Any) -> Pair:
    """``db_column`` comes, goes, or changes."""
    more = {"expand": MOVED, "contract": ENDED, "two_names": True, **more}
    return altered(f"C10 {name}", old, new, BOTH, **more)


def refused(name: str, old: Any, new: Any, says: str) -> Pair:
    return Pair(f"C10 {name}", old, new, expects=Expects.REFUSED, renames=True, says=(says,))


MOMENTS = extremes(
    datetime(1, 1, 2, tzinfo=UTC), datetime(9999, 12, 30, tzinfo=UTC), datetime(2026, 3, 29, 1, 30, tzinfo=UTC)
)
JSON = extremes({}, [], None, "x", {"a": [1, None, "ß"]}, 1.5, True)
ARRAYS = extremes([], [1], [-(2**31), 2**31 - 1], [0, 0])

TYPES = [
    renamed("plain", INTEGER),
    renamed("extremes", INTEGER, INTEGERS),
    renamed("null", lambda: INTEGER(null=True)),
    renamed("text", TEXT, TEXTS),
    renamed("text, null", lambda: CHAR(max_length=9, null=True)),
    renamed("decimal", lambda: models.DecimalField(max_digits=6, decimal_places=2), DECIMALS),
    renamed("boolean", models.BooleanField),
    renamed("float", models.FloatField, extremes(0.0, -1.5, 1e300, 5e-324)),
    renamed("time", models.DateTimeField, MOMENTS),
    renamed("uuid", lambda: models.UUIDField(default=uuid.uuid4)),
    renamed("json", lambda: models.JSONField(null=True), JSON),
    renamed("array", lambda: ArrayField(INTEGER()), ARRAYS),
    renamed("binary", models.BinaryField),
    renamed("positive", models.PositiveIntegerField),
    renamed("collation", lambda: CHAR(max_length=9, db_collation="C")),
]

OPTIONS = [
    renamed("indexed", lambda: CHAR(max_length=9, db_index=True)),
    renamed("unique", lambda: INTEGER(unique=True)),
    renamed("unique text", lambda: CHAR(max_length=9, unique=True)),
    renamed("unique, null", lambda: INTEGER(unique=True, null=True)),
    renamed("default", lambda: INTEGER(default=3)),
    renamed("database default", lambda: INTEGER(db_default=4)),
    renamed("database default, null", lambda: INTEGER(db_default=4, null=True)),
    renamed("database default, text", lambda: CHAR(max_length=9, db_default="it's 1%")),
    renamed(
        "database default, decimal", lambda: models.DecimalField(max_digits=6, decimal_places=2, db_default=Decimal(1))
    ),
    renamed("database default, now", lambda: models.DateTimeField(db_default=Now())),
]

KEYS = [
    renamed("key", key),
    renamed("key, null", lambda: key(null=True)),
    renamed("key without index", lambda: key(db_index=False)),
    renamed("key without constraint", lambda: key(db_constraint=False)),
    renamed("key by text", lambda: key(TAG, to_field="label")),
    renamed("one-to-one", lambda: one(null=True)),
    within(
        "key to itself",
        [thing(a=key(THING, null=True))],
        [thing(z=key(THING, null=True))],
        expand=RENAMED,
        contract=FINISHED,
    ),
]

if django.VERSION >= (6, 1):
    KEYS += [
        renamed("key that the database clears up", lambda: key(on_delete=models.DB_CASCADE)),
        renamed("key that the database sets to null", lambda: key(on_delete=models.DB_SET_NULL, null=True)),
    ]


def inside(words: str, make: Any) -> Pair:
    """``make(name)`` are the options that name the field."""
    return within(
        words,
        [thing(make("a"), a=INTEGER(), b=INTEGER())],
        [thing(make("z"), z=INTEGER(), b=INTEGER())],
        contract=FINISHED,
    )


INSIDE = [
    inside("in indexes and constraints", about),
    *(
        inside(f"in {words}", lambda name, option=option: {option: about(name)[option]})
        for words, option in (
            ("indexes", "indexes"),
            ("constraints", "constraints"),
            ("unique_together", "unique_together"),
            ("the ordering", "ordering"),
        )
    ),
    inside("in an index of an expression", lambda name: {"indexes": [Index(F(name) + 1, name="thing_i")]}),
    inside(
        "in a check of an expression",
        lambda name: {
            "constraints": [CheckConstraint(condition=models.Q(**{f"{name}__lt": F("b") + 9}), name="thing_k")]
        },
    ),
    within(
        "in a unique constraint of an expression",
        [thing({"constraints": [UniqueConstraint(Lower("a"), name="thing_k")]}, a=CHAR(max_length=9))],
        [thing({"constraints": [UniqueConstraint(Lower("z"), name="thing_k")]}, z=CHAR(max_length=9))],
        contract=FINISHED,
    ),
    within(
        "of a parent",
        [thing(a=INTEGER()), child("Special", THING, more=INTEGER())],
        [thing(z=INTEGER()), child("Special", THING, more=INTEGER())],
    ),
    within(
        "of a child",
        [thing(b=INTEGER()), child("Special", THING, a=INTEGER())],
        [thing(b=INTEGER()), child("Special", THING, z=INTEGER())],
    ),
    within(
        "referenced",
        [thing(a=CHAR(max_length=9, unique=True)), model("Part", thing=key(THING, to_field="a"))],
        [thing(z=CHAR(max_length=9, unique=True)), model("Part", thing=key(THING, to_field="z"))],
        expand=RENAMED,
        contract=FINISHED,
    ),
    within(
        "two at once",
        [thing(a=INTEGER(), b=TEXT(null=True))],
        [thing(y=TEXT(null=True), z=INTEGER())],
        expand=(*RENAMED, "RenameFieldOnline thing.b"),
        contract=FINISHED * 2,
    ),
    within(
        "with other changes",
        [thing(a=INTEGER(), b=INTEGER(), gone=INTEGER())],
        [
            thing(
                {
                    "indexes": [Index(fields=["z"], name="i")],
                    "constraints": [UniqueConstraint(fields=["z", "b"], name="u")],
                },
                z=INTEGER(),
                b=models.BigIntegerField(),
                c=INTEGER(default=1),
            )
        ],
    ),
]

NAMED = [
    named("column named", INTEGER(), INTEGER(db_column="own")),
    named("column named in capitals", INTEGER(), INTEGER(db_column="Own Name")),
    named("column named, key", key(), key(db_column="own")),
    named("column by default", INTEGER(db_column="own"), INTEGER()),
    named("column named, unique", CHAR(max_length=9, unique=True), CHAR(max_length=9, unique=True, db_column="own")),
    named(
        "column named, and null", INTEGER(), INTEGER(db_column="own", null=True), expand=("AlterField thing.a", *MOVED)
    ),
    named(
        "column named, and longer",
        CHAR(max_length=9),
        CHAR(max_length=20, db_column="own"),
        expand=("AlterField thing.a", *MOVED),
    ),
    named(
        "column named, not null",
        INTEGER(null=True),
        INTEGER(db_column="own", default=3),
        contract=(*ENDED, "AlterField thing.a"),
    ),
    named(
        "column named, and a new index",
        INTEGER(),
        INTEGER(db_column="own", db_index=True),
    ),
]

GENERATED = models.GeneratedField(expression=F("a") + 1, output_field=INTEGER(), db_persist=True)
GENERATED_ANEW = models.GeneratedField(expression=F("z") + 1, output_field=INTEGER(), db_persist=True)

REFUSED = [
    refused(
        "what another is generated from",
        [thing(a=INTEGER(), b=GENERATED)],
        [thing(z=INTEGER(), b=GENERATED_ANEW)],
        "",
    ),
    refused(
        "primary key",
        [ModelState("shop", "Thing", [("code", INTEGER(primary_key=True)), ("a", INTEGER())])],
        [ModelState("shop", "Thing", [("number", INTEGER(primary_key=True)), ("a", INTEGER())])],
        "db_column='code'",
    ),
    refused(
        "primary key named",
        [model("Thing", id=INTEGER(primary_key=True), a=INTEGER())],
        [model("Thing", id=INTEGER(primary_key=True, db_column="key"), a=INTEGER())],
        "db_column='id'",
    ),
    refused(
        "column and type", [thing(a=INTEGER())], [thing(a=models.BigIntegerField(db_column="own"))], "two releases"
    ),
    refused(
        "column and narrower type", [thing(a=INTEGER())], [thing(a=models.SmallIntegerField(db_column="own"))], "two"
    ),
]

PAIRS = [*TYPES, *OPTIONS, *KEYS, *INSIDE, *NAMED, *REFUSED]
