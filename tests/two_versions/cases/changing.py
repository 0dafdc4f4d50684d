"""C: a column becomes another without a new type: Python only, NULL, index, unique, default, check, comment."""

from __future__ import annotations

import uuid
from datetime import date
from decimal import Decimal
from typing import Any

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import CASCADE, CheckConstraint, F, Index, Q, UniqueConstraint
from django.db.models.functions import Now, Random
from django.utils import timezone

from tests.decisions.states import model
from tests.two_versions.pair import (
    CONTRACT,
    EXPAND,
    OTHERS,
    THING,
    Expects,
    Pair,
    altered,
    key,
    many,
    number,
    one,
    shop,
)

INTEGER, TEXT, CHAR = models.IntegerField, models.TextField, models.CharField
SAME = ("AlterField thing.a",)


def before_deploy(name: str, old: Any, new: Any, **more: Any) -> Pair:
    return altered(name, old, new, EXPAND, **{"expand": SAME, **more})


def after_deploy(name: str, old: Any, new: Any, **more: Any) -> Pair:
    return altered(name, old, new, CONTRACT, **{"contract": SAME, **more})


def filled(name: str, old: Any, new: Any, **more: Any) -> Pair:
    """Its default is called for each row that has none."""
    return altered(name, old, new, CONTRACT, **more)


REFERS = model("Part", thing=models.ForeignKey(THING, CASCADE, to_field="a", related_name="+"))
MANY = model("Part", things=models.ManyToManyField(THING, related_name="+"), thing=key(THING))

PYTHON = [
    before_deploy("C1 python only", INTEGER(), INTEGER(help_text="x", verbose_name="y", choices=[(1, "a")], default=4)),
    before_deploy("C1 default", INTEGER(default=4), INTEGER(default=5)),
    before_deploy("C1 default, callable", INTEGER(default=4), INTEGER(default=number)),
    before_deploy("C1 default removed, null", INTEGER(null=True, default=4), INTEGER(null=True)),
    before_deploy("C1 blank", CHAR(max_length=9), CHAR(max_length=9, blank=True)),
    before_deploy("C1 email", CHAR(max_length=254), models.EmailField()),
    before_deploy("C1 auto_now", models.DateTimeField(), models.DateTimeField(auto_now=True)),
    before_deploy("C1 column name as it is", INTEGER(), INTEGER(db_column="a")),
    before_deploy("C1 tablespace", INTEGER(), INTEGER(db_tablespace="pg_default")),
    before_deploy(
        "C1 in an index", INTEGER(), INTEGER(help_text="x"), options={"indexes": [Index(fields=["a"], name="i")]}
    ),
    before_deploy(
        "C1 unique and referenced", INTEGER(unique=True), INTEGER(unique=True, help_text="x"), beside=[REFERS]
    ),
    before_deploy("C1 on_delete", key(), key(on_delete=models.PROTECT, related_name="things")),
    Pair(
        "C1 python only, many-to-many",
        shop(others=OTHERS[1:], labels=many()),
        shop(others=OTHERS[1:], labels=many(blank=True, help_text="x", related_name="orders")),
        EXPAND,
    ),
    before_deploy("M6 comment of a field", INTEGER(), INTEGER(db_comment='It\'s "new"')),
    before_deploy("M6 comment of a field changed", INTEGER(db_comment="a"), INTEGER(db_comment="b")),
    before_deploy("M6 comment of a field removed", INTEGER(db_comment="a"), INTEGER()),
    before_deploy("M6 comment of a key", key(), key(db_comment="x")),
]

LOOSER = [
    before_deploy("C2 null", INTEGER(), INTEGER(null=True)),
    before_deploy("C2 null, text", CHAR(max_length=9), CHAR(max_length=9, null=True)),
    before_deploy("C2 null, date", models.DateField(), models.DateField(null=True)),
    before_deploy("C2 null, json", models.JSONField(), models.JSONField(null=True)),
    before_deploy("C2 null, uuid", models.UUIDField(), models.UUIDField(null=True)),
    before_deploy("C2 null, array", ArrayField(INTEGER()), ArrayField(INTEGER(), null=True)),
    before_deploy("C2 null, with default", INTEGER(default=3), INTEGER(null=True, default=4)),
    before_deploy("C2 null, database default", INTEGER(db_default=3), INTEGER(null=True, db_default=3)),
    before_deploy("C2 null, indexed", CHAR(max_length=9, db_index=True), CHAR(max_length=9, db_index=True, null=True)),
    before_deploy("C2 null, unique", CHAR(max_length=9, unique=True), CHAR(max_length=9, unique=True, null=True)),
    before_deploy("C2 null, positive", models.PositiveIntegerField(), models.PositiveIntegerField(null=True)),
    before_deploy("C2 null, key", key(), key(null=True)),
    before_deploy("C2 null, one-to-one", one(), one(null=True)),
    before_deploy(
        "C2 null, in a unique constraint",
        INTEGER(),
        INTEGER(null=True),
        options={"constraints": [UniqueConstraint(fields=["a"], name="thing_k")]},
    ),
    Pair(
        "C2 null, table referenced",
        [MANY, model("Thing", a=INTEGER())],
        [MANY, model("Thing", a=INTEGER(null=True))],
        EXPAND,
    ),
]

STRICTER = [
    after_deploy("C3 not null, default", INTEGER(null=True), INTEGER(default=7)),
    after_deploy("C3 not null, default as before", INTEGER(null=True, default=7), INTEGER(default=7)),
    after_deploy("C3 not null, one-off", INTEGER(null=True), INTEGER(), answers={"thing.a": 7}),
    after_deploy(
        "C3 not null, text", CHAR(max_length=9, null=True), CHAR(max_length=9), answers={"thing.a": "it's 1%"}
    ),
    after_deploy("C3 not null, blank", TEXT(null=True), TEXT(blank=True, default="")),
    after_deploy(
        "C3 not null, date", models.DateField(null=True), models.DateField(), answers={"thing.a": date(2026, 1, 2)}
    ),
    after_deploy(
        "C3 not null, decimal",
        models.DecimalField(max_digits=6, decimal_places=2, null=True),
        models.DecimalField(max_digits=6, decimal_places=2, default=Decimal("1.50")),
    ),
    filled("C3 not null, json", models.JSONField(null=True), models.JSONField(default=dict)),
    filled("C3 not null, array", ArrayField(INTEGER(), null=True), ArrayField(INTEGER(), default=list)),
    filled("C3 not null, uuid", models.UUIDField(null=True), models.UUIDField(default=uuid.uuid4)),
    filled("C3 not null, now", models.DateTimeField(null=True), models.DateTimeField(default=timezone.now)),
    filled("C3 not null, callable", INTEGER(null=True), INTEGER(default=number)),
    after_deploy("C3 not null, nothing to fill", INTEGER(null=True), INTEGER(default=7), rows=0),
    after_deploy("C3 not null, indexed", INTEGER(null=True, db_index=True), INTEGER(default=7, db_index=True)),
    after_deploy(
        "C3 not null, positive", models.PositiveIntegerField(null=True), models.PositiveIntegerField(default=7)
    ),
    filled(
        "C3 not null, unique",
        models.UUIDField(null=True, unique=True),
        models.UUIDField(default=uuid.uuid4, unique=True),
    ),
    after_deploy(
        "C3 not null, in a check",
        INTEGER(null=True),
        INTEGER(default=7),
        options={"constraints": [CheckConstraint(condition=Q(a__gt=0), name="thing_k")]},
    ),
    after_deploy("C3 not null, key", key(null=True), key(default=1)),
    altered("C3 not null, database default", INTEGER(null=True), INTEGER(db_default=7)),
    after_deploy("C3 not null, database default as before", INTEGER(null=True, db_default=7), INTEGER(db_default=7)),
    altered("C3 not null and indexed", INTEGER(null=True), INTEGER(default=7, db_index=True)),
    altered("C3 not null and longer", CHAR(max_length=5, null=True), CHAR(max_length=9, default="x")),
    Pair(
        "C3 not null, table referenced",
        [MANY, model("Thing", a=INTEGER(null=True))],
        [MANY, model("Thing", a=INTEGER(default=7))],
        CONTRACT,
    ),
]

INDEXED = [
    before_deploy("C11 index on", INTEGER(), INTEGER(db_index=True)),
    before_deploy("C11 index on, null", INTEGER(null=True), INTEGER(null=True, db_index=True)),
    before_deploy("C11 index on text", CHAR(max_length=9), CHAR(max_length=9, db_index=True)),
    before_deploy("C11 index on long text", TEXT(null=True), TEXT(null=True, db_index=True)),
    before_deploy("C11 index on uuid", models.UUIDField(), models.UUIDField(db_index=True)),
    before_deploy("C11 index on collated text", TEXT(db_collation="C"), TEXT(db_collation="C", db_index=True)),
    before_deploy("C11 index on a key", key(db_index=False), key()),
    after_deploy("C11 index off", INTEGER(db_index=True), INTEGER()),
    after_deploy("C11 index off text", CHAR(max_length=9, db_index=True), CHAR(max_length=9)),
    after_deploy("C11 index off slug", models.SlugField(), models.SlugField(db_index=False)),
    after_deploy("C11 index off a key", key(), key(db_index=False)),
]

UNIQUE = [
    after_deploy("C12 unique on", INTEGER(), INTEGER(unique=True)),
    after_deploy("C12 unique on, null", INTEGER(null=True), INTEGER(null=True, unique=True)),
    after_deploy("C12 unique on text", CHAR(max_length=9), CHAR(max_length=9, unique=True)),
    after_deploy("C12 unique on uuid", models.UUIDField(), models.UUIDField(unique=True)),
    after_deploy("C12 unique on, date", models.DateField(), models.DateField(unique=True)),
    altered("C12 index to unique", INTEGER(db_index=True), INTEGER(unique=True)),
    altered("C12 index to unique, text", CHAR(max_length=9, db_index=True), CHAR(max_length=9, unique=True)),
    before_deploy("C12 unique off", INTEGER(unique=True), INTEGER()),
    before_deploy("C12 unique off, null", INTEGER(unique=True, null=True), INTEGER(null=True)),
    before_deploy("C12 unique off text", CHAR(max_length=9, unique=True), CHAR(max_length=9)),
    before_deploy("C12 unique off uuid", models.UUIDField(unique=True), models.UUIDField()),
    altered("C12 unique to index", INTEGER(unique=True), INTEGER(db_index=True)),
    altered("C12 unique to index, text", CHAR(max_length=9, unique=True), CHAR(max_length=9, db_index=True)),
    Pair(
        "C12 unique off, no longer referenced",
        [REFERS, model("Thing", a=INTEGER(unique=True))],
        [model("Part", other=INTEGER(null=True)), model("Thing", a=INTEGER())],
        expects=Expects.REFUSED,
        says=("thing",),
    ),
    after_deploy(
        "C12 unique on beside a check",
        INTEGER(),
        INTEGER(unique=True),
        options={"constraints": [CheckConstraint(condition=Q(a__gt=0), name="thing_k")]},
    ),
]

DEFAULTS = [
    before_deploy("C13 database default set", INTEGER(), INTEGER(db_default=4)),
    before_deploy("C13 database default set, text", CHAR(max_length=9), CHAR(max_length=9, db_default="it's 1%")),
    before_deploy("C13 database default set, null", INTEGER(null=True), INTEGER(null=True, db_default=4)),
    before_deploy("C13 database default set, default", INTEGER(default=4), INTEGER(db_default=4)),
    before_deploy("C13 database default set, json", models.JSONField(), models.JSONField(db_default={"a": 1})),
    before_deploy("C13 database default set, now", models.DateTimeField(), models.DateTimeField(db_default=Now())),
    before_deploy("C13 database default set, random", models.FloatField(), models.FloatField(db_default=Random())),
    before_deploy("C13 database default set, indexed", INTEGER(db_index=True), INTEGER(db_index=True, db_default=4)),
    before_deploy("C13 database default set, key", key(), key(db_default=1)),
    before_deploy("C13 database default changed", INTEGER(db_default=4), INTEGER(db_default=5)),
    after_deploy("C13 database default removed", INTEGER(db_default=4), INTEGER()),
    after_deploy("C13 database default removed, null", INTEGER(db_default=4, null=True), INTEGER(null=True)),
    after_deploy("C13 database default removed for another", INTEGER(db_default=4), INTEGER(default=4)),
    after_deploy("C13 database default removed, text", CHAR(max_length=9, db_default="x"), CHAR(max_length=9)),
    after_deploy("C13 database default removed, now", models.DateTimeField(db_default=Now()), models.DateTimeField()),
    altered("C13 database default set and null", INTEGER(), INTEGER(null=True, db_default=4), EXPAND),
    altered("C13 database default removed and null", INTEGER(db_default=4), INTEGER(null=True)),
]

CHECKED = [
    before_deploy("C17 positive off", models.PositiveIntegerField(), INTEGER()),
    before_deploy("C17 positive off, null", models.PositiveIntegerField(null=True), INTEGER(null=True)),
    before_deploy("C17 positive off, indexed", models.PositiveIntegerField(db_index=True), INTEGER(db_index=True)),
    before_deploy("C17 positive off, unique", models.PositiveIntegerField(unique=True), INTEGER(unique=True)),
    before_deploy("C17 positive off, small", models.PositiveSmallIntegerField(), models.SmallIntegerField()),
    before_deploy("C17 positive off, default", models.PositiveIntegerField(default=3), INTEGER(default=3)),
    after_deploy("C17 positive on", INTEGER(), models.PositiveIntegerField()),
    after_deploy("C17 positive on, null", INTEGER(null=True), models.PositiveIntegerField(null=True)),
    after_deploy("C17 positive on, indexed", INTEGER(db_index=True), models.PositiveIntegerField(db_index=True)),
    after_deploy("C17 positive on, big", models.BigIntegerField(), models.PositiveBigIntegerField()),
    after_deploy("C17 positive on, not null", INTEGER(null=True), models.PositiveIntegerField(default=3)),
]


def stored(expression: Any, **options: Any) -> Any:
    return models.GeneratedField(expression=expression, output_field=INTEGER(), db_persist=True, **options)


GENERATED = [
    altered(
        "C18 expression",
        stored(F("b") / 2),
        stored(F("b") / 3),
        expects=Expects.REFUSED,
        says=("thing.a",),
        others={"b": INTEGER()},
    ),
    altered(
        "C18 expression, indexed",
        stored(F("b") / 2, db_index=True),
        stored(F("b") / 3, db_index=True),
        expects=Expects.REFUSED,
        says=("thing.a",),
        others={"b": INTEGER()},
    ),
    altered(
        "C18 generated becomes plain",
        stored(F("b") / 2),
        INTEGER(),
        expects=Expects.REFUSED,
        others={"b": INTEGER()},
        answers={"thing.a": 1},
    ),
    altered(
        "C18 plain becomes generated", INTEGER(), stored(F("b") / 2), expects=Expects.REFUSED, others={"b": INTEGER()}
    ),
    before_deploy("C18 python only", stored(F("b") / 2), stored(F("b") / 2, help_text="x"), others={"b": INTEGER()}),
]

PAIRS = [*PYTHON, *LOOSER, *STRICTER, *INDEXED, *UNIQUE, *DEFAULTS, *CHECKED, *GENERATED]
