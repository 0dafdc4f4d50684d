"""C5, C6, C16, and what of C4 takes as long: a second column of another type takes the place of the first one."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import CASCADE, CheckConstraint, F, Index, Q, UniqueConstraint
from django.db.models.functions import Lower

from tests.decisions.states import model
from tests.two_versions.pair import BOTH, CONTRACT, EXPAND, THING, Expects, Pair, altered

INTEGER, TEXT, CHAR, BIG = models.IntegerField, models.TextField, models.CharField, models.BigIntegerField
REFERS = model("Part", thing=models.ForeignKey(THING, CASCADE, to_field="a", related_name="+"))

ONLINE, FINISH = ("AlterFieldOnline thing.a",), ("FinishAlterField thing.a",)


def decimal(digits: int, places: int, **options: Any) -> Any:
    return models.DecimalField(max_digits=digits, decimal_places=places, **options)


def narrower(name: str, old: Any, new: Any, **more: Any) -> Pair:
    more = {"contract": (*ONLINE, *FINISH), **more}
    return altered(f"C5 {name}", old, new, more.pop("phases", CONTRACT), **more)


def rewritten(name: str, old: Any, new: Any, row: str = "C6", **more: Any) -> Pair:
    """Both versions read and write both types."""
    more = {"expand": ONLINE, "contract": FINISH, **more}
    return altered(f"{row} {name}", old, new, BOTH, **more)


def refused(name: str, old: Any, new: Any, **more: Any) -> Pair:
    return altered(name, old, new, expects=Expects.REFUSED, **{"says": ("thing.a",), **more})


def index(*of: Any, **options: Any) -> dict[str, Any]:
    return {"indexes": [Index(*of, name="thing_i", **options)]}


def about(*constraints: Any) -> dict[str, Any]:
    return {"constraints": list(constraints)}


def extremes(*values: Any) -> Any:
    """One of these for each number."""
    return {"thing.a": lambda n: values[n % len(values)]}


INTEGERS = extremes(0, -(2**31), 2**31 - 1, -1)
SMALL = extremes(0, -(2**15), 2**15 - 1, -1)
TEXTS = extremes("", "a", "ÄÖ ß", "日本語", "e\u0301", "it's\\", "\U0001f600", " ")
DECIMALS = extremes(Decimal("0.00"), Decimal("-9999.99"), Decimal("9999.99"), Decimal("1.10"))

NARROWER = [
    narrower("shorter", CHAR(max_length=20), CHAR(max_length=9)),
    narrower("shorter, null", CHAR(max_length=20, null=True), CHAR(max_length=9, null=True)),
    narrower("shorter, indexed", CHAR(max_length=20, db_index=True), CHAR(max_length=9, db_index=True)),
    narrower("shorter, unique", CHAR(max_length=20, unique=True), CHAR(max_length=9, unique=True)),
    narrower("shorter, odd texts", CHAR(max_length=20), CHAR(max_length=9), values=TEXTS),
    narrower("from text", TEXT(), CHAR(max_length=9)),
    narrower("fewer digits", decimal(9, 2), decimal(6, 2), values=DECIMALS),
    narrower("bigint to integer", BIG(), INTEGER(), values=INTEGERS),
    narrower("bigint to integer, referenced", BIG(unique=True), INTEGER(unique=True), beside=[REFERS]),
    narrower("integer to smallint, null", INTEGER(null=True), models.SmallIntegerField(null=True), values=SMALL),
    narrower(
        "shorter and null",
        CHAR(max_length=20),
        CHAR(max_length=9, null=True),
        phases=BOTH,
        expand=("AlterField thing.a",),
    ),
    narrower(
        "bigint to positive",
        BIG(),
        models.PositiveIntegerField(),
        contract=(*ONLINE, *FINISH, "AlterField thing.a"),
    ),
    narrower("shorter array items", ArrayField(CHAR(max_length=20)), ArrayField(CHAR(max_length=9))),
]

BIGINT = [
    rewritten("to bigint", INTEGER(), BIG()),
    rewritten("to bigint, extremes", INTEGER(), BIG(), values=INTEGERS),
    rewritten("to bigint, null", INTEGER(null=True), BIG(null=True)),
    rewritten("to bigint, indexed", INTEGER(db_index=True), BIG(db_index=True)),
    rewritten("to bigint, unique", INTEGER(unique=True), BIG(unique=True)),
    rewritten("to bigint, unique and null", INTEGER(unique=True, null=True), BIG(unique=True, null=True)),
    rewritten("to bigint, default", INTEGER(default=3), BIG(default=3)),
    rewritten("to bigint, database default", INTEGER(db_default=3), BIG(db_default=3)),
    rewritten("to bigint, referenced", INTEGER(unique=True), BIG(unique=True), beside=[REFERS]),
    rewritten("to bigint in a column of its own", INTEGER(db_column="Own"), BIG(db_column="Own")),
    rewritten("smallint to integer", models.SmallIntegerField(), INTEGER(), values=SMALL),
    rewritten("positive to bigint", models.PositiveIntegerField(), models.PositiveBigIntegerField()),
    rewritten("in an index of an expression", INTEGER(), BIG(), options=index(F("a") + 1)),
    rewritten("in an index of two", INTEGER(), BIG(), options=index(fields=["-a", "b"]), others={"b": INTEGER()}),
    rewritten(
        "in a partial index",
        INTEGER(),
        BIG(),
        options=index(fields=["b"], condition=Q(a__gt=1)),
        others={"b": INTEGER()},
    ),
    rewritten("included", INTEGER(), BIG(), options=index(fields=["b"], include=["a"]), others={"b": INTEGER()}),
    rewritten(
        "in constraints",
        INTEGER(),
        BIG(),
        options=about(
            CheckConstraint(condition=Q(a__gte=0), name="thing_k"), UniqueConstraint(fields=["a", "b"], name="thing_u")
        ),
        others={"b": INTEGER()},
    ),
    rewritten(
        "in unique_together", INTEGER(), BIG(), options={"unique_together": {("a", "b")}}, others={"b": INTEGER()}
    ),
]

WITH_MORE = [
    rewritten("to bigint and null", INTEGER(), BIG(null=True), expand=("AlterField thing.a", *ONLINE)),
    rewritten("to bigint, and a new index", INTEGER(), BIG(db_index=True)),
    rewritten("to bigint, and an index goes", INTEGER(db_index=True), BIG(), contract=(*FINISH, "AlterField thing.a")),
    rewritten("to bigint, not null", INTEGER(null=True), BIG(default=3), contract=(*FINISH, "AlterField thing.a")),
    rewritten(
        "to bigint, and unique",
        INTEGER(),
        BIG(unique=True, null=True),
        expand=("AlterField thing.a", *ONLINE),
        contract=(*FINISH, "AlterField thing.a"),
    ),
    rewritten("to bigint, and no longer unique", INTEGER(unique=True), BIG(), expand=("AlterField thing.a", *ONLINE)),
    rewritten(
        "to positive bigint",
        INTEGER(),
        models.PositiveBigIntegerField(),
        contract=(*FINISH, "AlterField thing.a"),
    ),
    rewritten("positive to plain bigint", models.PositiveIntegerField(), BIG(), expand=("AlterField thing.a", *ONLINE)),
]

OTHERS = [
    rewritten("scale", decimal(6, 2), decimal(9, 4), values=DECIMALS),
    rewritten("scale, null", decimal(6, 2, null=True), decimal(9, 4, null=True)),
    rewritten("scale, indexed", decimal(6, 2, db_index=True), decimal(9, 4, db_index=True)),
    rewritten("longer array items", ArrayField(CHAR(max_length=9)), ArrayField(CHAR(max_length=20))),
    rewritten("array of bigints", ArrayField(INTEGER()), ArrayField(BIG())),
    rewritten("array of bigints, null", ArrayField(INTEGER(), null=True), ArrayField(BIG(), null=True)),
    refused("C6 to float", INTEGER(), models.FloatField()),
    refused("C6 to decimal", INTEGER(), decimal(12, 2)),
    refused("C6 date to time", models.DateField(), models.DateTimeField()),
    refused(
        "C6 what another is generated from",
        INTEGER(),
        BIG(),
        others={"b": models.GeneratedField(expression=F("a") + 1, output_field=BIG(), db_persist=True)},
    ),
]


def collated(name: str, old: Any, new: Any, **more: Any) -> Pair:
    return rewritten(name, old, new, "C16", **more)


def unindexed(name: str, old: Any, new: Any, **more: Any) -> Pair:
    return altered(f"C16 {name}", old, new, EXPAND, expand=("AlterField thing.a",), **more)


COLLATED = [
    unindexed("collation on", CHAR(max_length=9), CHAR(max_length=9, db_collation="C")),
    unindexed("collation off", TEXT(db_collation="C"), TEXT()),
    unindexed("collation and length", CHAR(max_length=9), CHAR(max_length=12, db_collation="C"), back=False),
    collated(
        "collation, indexed", CHAR(max_length=9, db_index=True), CHAR(max_length=9, db_index=True, db_collation="C")
    ),
    collated("collation, unique", CHAR(max_length=9, unique=True), CHAR(max_length=9, unique=True, db_collation="C")),
    collated(
        "collation, odd texts",
        TEXT(db_index=True),
        TEXT(db_index=True, db_collation="C"),
        values=TEXTS,
    ),
    collated(
        "collation off, in unique_together",
        CHAR(max_length=9, db_collation="C"),
        CHAR(max_length=9),
        options={"unique_together": {("a", "b")}},
        others={"b": INTEGER()},
    ),
]


def longer(name: str, constraint: Any) -> Pair:
    """The server would build the index again while the table is locked."""
    old, new = CHAR(max_length=9), CHAR(max_length=20)
    return rewritten(name, old, new, "C4", options=about(constraint), others={"b": INTEGER()})


REBUILT = [
    longer("longer in a functional unique constraint", UniqueConstraint(Lower("a"), name="thing_k")),
    longer(
        "longer in a partial unique constraint", UniqueConstraint(fields=["b"], name="thing_k", condition=Q(a__gt="a"))
    ),
]

PAIRS = [*NARROWER, *BIGINT, *WITH_MORE, *OTHERS, *COLLATED, *REBUILT]
