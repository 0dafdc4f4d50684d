"""F: a column is added."""

from __future__ import annotations

import uuid
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import django
from django.contrib.postgres.fields import ArrayField, DateTimeRangeField, HStoreField
from django.contrib.postgres.operations import HStoreExtension
from django.db import models
from django.db.migrations import AddField
from django.db.models import CASCADE, SET_NULL, F, Value
from django.db.models.functions import Lower, Now, Pi, Random, Upper
from django.utils import timezone

from tests.same_end.case import SHOP, added, on_order

ORDER, CUSTOMER, TAG = "shop.Order", "shop.Customer", "shop.Tag"


def counted() -> int:
    """A default that only Python can compute, the same in each run."""
    return 7


class Point(models.Field):  # type: ignore[type-arg]
    """A type of somebody else's."""

    def db_type(self, connection: object) -> str:
        return "point"


class Odd(models.IntegerField):  # type: ignore[type-arg]
    """With a check of its own, by ``db_check``."""

    def db_check(self, connection: object) -> str:
        return f'mod("{self.column}", 2) = 1'


INTEGER, TEXT, CHAR = models.IntegerField, models.TextField, models.CharField

CASES = [
    added("F1 null", INTEGER(null=True)),
    added("F1 text, null", CHAR(max_length=9, null=True)),
    added("F1 date, null", models.DateField(null=True)),
    added("F1 json, null", models.JSONField(null=True)),
    added("F1 array, null", ArrayField(INTEGER(), null=True, size=3)),
    added("F1 range, null", DateTimeRangeField(null=True)),
    added("F1 other type, null", Point(null=True)),
    added("F1 collation", CHAR(max_length=9, null=True, db_collation="C")),
    added("F1 comment", INTEGER(null=True, db_comment='It\'s "new"')),
    added("F1 column name", INTEGER(null=True, db_column="New one")),
    added("F1 tablespace", INTEGER(null=True, db_tablespace="pg_default")),
    on_order(
        "F1 extension, null",
        HStoreExtension(),
        AddField("order", "new", HStoreField(null=True)),
        needs=("hstore",),
    ),
    added("F2 constant", INTEGER(default=5)),
    added("F2 one-off constant", INTEGER(default=5), preserve_default=False),
    added("F2 constant, null", INTEGER(default=5, null=True)),
    added("F2 text", CHAR(max_length=20, default="it's 100% \\ new")),
    added("F2 implicit empty text", CHAR(max_length=20, blank=True, default="")),
    added("F2 blank", TEXT(blank=True)),
    added("F2 boolean", models.BooleanField(default=False)),
    added("F2 decimal", models.DecimalField(max_digits=7, decimal_places=3, default=Decimal("1.50"))),
    added("F2 date", models.DateField(default=date(2026, 1, 2))),
    added("F2 time", models.DateTimeField(default=datetime(2026, 1, 2, 3, 4, 5, 678, tzinfo=UTC))),
    added("F2 duration", models.DurationField(default=timedelta(days=1, seconds=2))),
    added("F2 bytes", models.BinaryField(default=b"\x00'%")),
    added("F2 uuid", models.UUIDField(default=uuid.UUID(int=5))),
    added("F2 address", models.GenericIPAddressField(default="10.0.0.1")),
    added("F2 json", models.JSONField(default="x")),
    added("F2 array", ArrayField(CHAR(max_length=5), default=list)),
    added("F2 collation and comment", CHAR(max_length=9, default="a", db_collation="C", db_comment="c")),
    added("F3 constant", INTEGER(db_default=5)),
    added("F3 constant, null", INTEGER(db_default=5, null=True)),
    added("F3 constant and default", INTEGER(db_default=5, default=6)),
    added("F3 text", CHAR(max_length=20, db_default="it's 100% \\ new")),
    added("F3 json", models.JSONField(db_default={"a": ["%", 1]})),
    added("F3 now", models.DateTimeField(db_default=Now()), volatile=("new",)),
    added("F3 expression", models.FloatField(db_default=Pi())),
    added("F3 expression of constants", CHAR(max_length=9, db_default=Upper(Value("ab")))),
    added("F4 random", models.FloatField(db_default=Random()), volatile=("new",)),
    added("F4 random, null", models.FloatField(db_default=Random(), null=True), volatile=("new",)),
    added("F5 uuid", models.UUIDField(default=uuid.uuid4), volatile=("new",)),
    added("F5 now", models.DateTimeField(default=timezone.now), volatile=("new",)),
    added("F5 list", models.JSONField(default=list)),
    added("F5 dict", models.JSONField(default=dict)),
    added("F5 auto_now", models.DateTimeField(auto_now=True), volatile=("new",)),
    added("F5 auto_now_add", models.DateField(auto_now_add=True, db_index=True), volatile=("new",)),
    added("F5 auto_now_add, time of day", models.TimeField(auto_now_add=True), volatile=("new",)),
    added("F6 callable", INTEGER(default=counted)),
    added("F6 callable, null", INTEGER(default=counted, null=True)),
    added("F8 unique, null", INTEGER(null=True, unique=True)),
    added("F8 unique text, null", CHAR(max_length=9, null=True, unique=True)),
    added("F8 unique long text, null", TEXT(null=True, unique=True)),
    added("F8 unique text with collation", CHAR(max_length=9, null=True, unique=True, db_collation="C")),
    added("F8 unique slug", models.SlugField(null=True, unique=True)),
    added("F8 one-to-one", models.OneToOneField(ORDER, SET_NULL, null=True)),
    added("F8 one-to-one by text", models.OneToOneField(TAG, SET_NULL, null=True, to_field="label")),
    added("F8 unique without rows", INTEGER(unique=True, default=1), rows=""),
    added("F9 null", models.ForeignKey(CUSTOMER, SET_NULL, null=True, related_name="+")),
    added("F9 to itself", models.ForeignKey(ORDER, SET_NULL, null=True)),
    added("F9 default", models.ForeignKey(CUSTOMER, CASCADE, default=1, related_name="+")),
    added(
        "F9 one-off default", models.ForeignKey(CUSTOMER, CASCADE, default=2, related_name="+"), preserve_default=False
    ),
    added("F9 database default", models.ForeignKey(CUSTOMER, CASCADE, db_default=1, related_name="+")),
    added("F9 without index", models.ForeignKey(CUSTOMER, SET_NULL, null=True, related_name="+", db_index=False)),
    added(
        "F9 without constraint", models.ForeignKey(CUSTOMER, CASCADE, default=77, related_name="+", db_constraint=False)
    ),
    added("F9 column name", models.ForeignKey(CUSTOMER, CASCADE, default=1, related_name="+", db_column="Who")),
    added("F9 by text", models.ForeignKey(TAG, CASCADE, to_field="label", default="red", related_name="+")),
    added("F9 comment", models.ForeignKey(CUSTOMER, SET_NULL, null=True, related_name="+", db_comment="who")),
    added("F10 index", INTEGER(null=True, db_index=True)),
    added("F10 index, default", INTEGER(default=4, db_index=True)),
    added("F10 index on text", CHAR(max_length=9, default="", db_index=True)),
    added("F10 index on long text", TEXT(null=True, db_index=True)),
    added("F10 index on slug", models.SlugField(default="a")),
    added("F10 index on collated text", CHAR(max_length=9, default="", db_index=True, db_collation="C")),
    added("F10 index, without atomic", CHAR(max_length=9, default="", db_index=True), atomic=False),
    added("F11 many-to-many", models.ManyToManyField(CUSTOMER, related_name="+")),
    added("F11 many-to-many to itself", models.ManyToManyField(ORDER, related_name="+")),
    added(
        "F11 many-to-many, table name", models.ManyToManyField(CUSTOMER, related_name="+", db_table="Order-customers")
    ),
    added(
        "F11 many-to-many without constraint", models.ManyToManyField(CUSTOMER, related_name="+", db_constraint=False)
    ),
    added("F12 positive", models.PositiveIntegerField(default=5)),
    added("F12 positive, null", models.PositiveSmallIntegerField(null=True)),
    added("F12 positive with all", models.PositiveBigIntegerField(db_default=1, db_index=True, db_column="A b")),
    added("F12 positive and unique", models.PositiveIntegerField(null=True, unique=True)),
    added("F12 json check", models.JSONField(default=dict, db_index=True)),
    added("F12 own check", Odd(default=1)),
    added(
        "F13 stored",
        models.GeneratedField(expression=F("number") * 2, output_field=INTEGER(), db_persist=True),
    ),
    added(
        "F13 stored, indexed",
        models.GeneratedField(
            expression=Lower("status"), output_field=CHAR(max_length=9), db_persist=True, db_index=True
        ),
    ),
    added(
        "F13 stored, unique",
        models.GeneratedField(expression=F("number") + 1, output_field=INTEGER(), db_persist=True, unique=True),
    ),
    on_order(
        "F several",
        AddField("order", "a", INTEGER(default=1)),
        AddField("order", "b", INTEGER(null=True, db_index=True)),
        AddField("customer", "a", INTEGER(db_default=3)),
        AddField("order", "c", models.ForeignKey(CUSTOMER, SET_NULL, null=True, related_name="+")),
    ),
    on_order(
        "F generated from one that is added",
        AddField("order", "a", INTEGER(default=1)),
        AddField("order", "b", models.GeneratedField(expression=F("a") + 1, output_field=INTEGER(), db_persist=True)),
    ),
    on_order(
        "F on an empty table",
        AddField("order", "a", models.UUIDField(default=uuid.uuid4, unique=True)),
        AddField("order", "b", models.OneToOneField(CUSTOMER, CASCADE, default=1, related_name="+")),
        before=SHOP,
        rows="",
    ),
]

if django.VERSION >= (6, 1):
    CASES += [
        added(
            "F13 virtual",
            models.GeneratedField(expression=F("number") * 2, output_field=INTEGER(), db_persist=False),
            since=18,
        ),
    ]

if django.VERSION >= (6, 1):
    CASES += [
        added("F9 database cascade", models.ForeignKey(CUSTOMER, models.DB_CASCADE, default=1, related_name="+")),
        added("F9 database set null", models.ForeignKey(CUSTOMER, models.DB_SET_NULL, null=True, related_name="+")),
        added(
            "F9 database set default",
            models.ForeignKey(CUSTOMER, models.DB_SET_DEFAULT, db_default=1, related_name="+"),
        ),
        added(
            "F8 one-to-one, database cascade",
            models.OneToOneField(CUSTOMER, models.DB_CASCADE, null=True, related_name="+"),
        ),
    ]
