"""C4 and C8: a column gets another type that the server puts into its place, or one that two versions cannot share."""

from __future__ import annotations

from typing import Any

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import CASCADE, CheckConstraint, Index, Q, UniqueConstraint
from django.db.models.functions import Lower

from tests.decisions.states import model
from tests.two_versions.pair import EXPAND, THING, Expects, Pair, altered

INTEGER, TEXT, CHAR, BIG = models.IntegerField, models.TextField, models.CharField, models.BigIntegerField
REFERS = model("Part", thing=models.ForeignKey(THING, CASCADE, to_field="a", related_name="+"))


def decimal(digits: int, places: int, **options: Any) -> Any:
    return models.DecimalField(max_digits=digits, decimal_places=places, **options)


def wider(name: str, old: Any, new: Any, **more: Any) -> Pair:
    return altered(f"C4 {name}", old, new, EXPAND, **{"back": False, **more})


def longer(name: str, options: Any = None, **more: Any) -> Pair:
    """``varchar(9)`` to ``varchar(20)`` with something that depends on it."""
    more = {"others": {"b": INTEGER()}, **more}
    return wider(name, CHAR(max_length=9), CHAR(max_length=20), options=options, **more)


def refused(name: str, old: Any, new: Any, **more: Any) -> Pair:
    return altered(name, old, new, expects=Expects.REFUSED, **{"says": ("thing.a",), **more})


def index(*of: Any, **options: Any) -> dict[str, Any]:
    return {"indexes": [Index(*of, name="thing_i", **options)]}


def about(constraint: Any) -> dict[str, Any]:
    return {"constraints": [constraint]}


def digits(n: int) -> str:
    return str(n)


WIDER = [
    wider("longer", CHAR(max_length=9), CHAR(max_length=20)),
    wider("longer, null", CHAR(max_length=9, null=True), CHAR(max_length=20, null=True)),
    wider("longer, indexed", CHAR(max_length=9, db_index=True), CHAR(max_length=20, db_index=True)),
    wider("longer, unique", CHAR(max_length=9, unique=True), CHAR(max_length=20, unique=True)),
    wider("longer, database default", CHAR(max_length=9, db_default="x"), CHAR(max_length=20, db_default="x")),
    wider("longer slug", models.SlugField(max_length=9), models.SlugField(max_length=20)),
    wider("to text", CHAR(max_length=9), TEXT()),
    wider("to text, null", CHAR(max_length=9, null=True), TEXT(null=True)),
    wider("to text, indexed", CHAR(max_length=9, db_index=True), TEXT(db_index=True)),
    wider("to text, unique", CHAR(max_length=9, unique=True), TEXT(unique=True)),
    wider("text without limit", TEXT(), CHAR()),
    wider("more digits", decimal(6, 2), decimal(9, 2)),
    wider("more digits, indexed", decimal(6, 2, db_index=True), decimal(9, 2, db_index=True)),
    wider("longer and null", CHAR(max_length=9), CHAR(max_length=20, null=True)),
    longer("longer in an index of two", index(fields=["-a", "b"])),
    longer("longer in a partial index", index(fields=["b"], condition=Q(a__gt="a"))),
    longer("longer in a functional index", index(Lower("a"))),
    longer("longer included", index(fields=["b"], include=["a"])),
    longer("longer in a check", about(CheckConstraint(condition=Q(a__gt=""), name="thing_k"))),
    longer("longer in a unique constraint", about(UniqueConstraint(fields=["a", "b"], name="thing_k"))),
    longer("longer in unique_together", {"unique_together": {("a", "b")}}),
    wider("longer and referenced", CHAR(max_length=9, unique=True), CHAR(max_length=20, unique=True), beside=[REFERS]),
]

OTHER = [
    refused("C8 integer to text", INTEGER(), TEXT()),
    refused("C8 integer to text, null", INTEGER(null=True), TEXT(null=True)),
    refused("C8 integer to char, indexed", INTEGER(db_index=True), CHAR(max_length=9, db_index=True)),
    refused("C8 text to integer", TEXT(), INTEGER(), values={"thing.a": digits}),
    refused("C8 text to integer, unique", CHAR(max_length=9, unique=True), INTEGER(unique=True)),
    refused("C8 char to uuid", CHAR(max_length=36), models.UUIDField()),
    refused("C8 text to json", TEXT(), models.JSONField()),
    refused("C8 boolean to integer", models.BooleanField(), INTEGER()),
    refused("C8 char to array", CHAR(max_length=9), ArrayField(CHAR(max_length=9))),
    refused("C8 text to date", TEXT(), models.DateField()),
    refused("C8 time to date", models.DateTimeField(), models.DateField()),
    refused("C8 integer to text, referenced", INTEGER(unique=True), CHAR(max_length=9, unique=True), beside=[REFERS]),
    refused("C8 field to many-to-many", INTEGER(null=True), models.ManyToManyField(THING), says=()),
]

PAIRS = [*WIDER, *OTHER]
