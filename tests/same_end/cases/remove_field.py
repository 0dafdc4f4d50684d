"""R: a column goes, with everything that is about it."""

from __future__ import annotations

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.migrations import (
    AddField,
    AlterIndexTogether,
    AlterUniqueTogether,
    RemoveConstraint,
    RemoveField,
    RemoveIndex,
)
from django.db.models import CASCADE, SET_NULL, F, Q
from django.db.models.functions import Lower, Now

from tests.same_end.case import SHOP, on_order, on_thing, removed

ORDER, CUSTOMER, TAG = "shop.Order", "shop.Customer", "shop.Tag"
INTEGER, CHAR = models.IntegerField, models.CharField
TWO = {"a": INTEGER(), "b": INTEGER()}
LOWER = models.GeneratedField(expression=Lower("note"), output_field=models.TextField(), db_persist=True)
REMOVE = RemoveField("thing", "a")

CASES = [
    removed("R1 null", INTEGER(null=True)),
    removed("R1 database default", INTEGER(db_default=4)),
    removed("R1 database now", models.DateTimeField(db_default=Now()), volatile=("gone",)),
    removed("R1 comment", INTEGER(null=True, db_comment="x")),
    removed("R1 column name", INTEGER(null=True, db_column="Go on")),
    removed("R1 array", ArrayField(INTEGER(), null=True)),
    removed("R1 positive", models.PositiveIntegerField(null=True)),
    removed("R1 generated", models.GeneratedField(expression=F("number") * 2, output_field=INTEGER(), db_persist=True)),
    removed("R2 constant", INTEGER(default=4), value="4"),
    removed("R2 text", CHAR(max_length=9, default="a", db_index=True), value="'a'"),
    removed("R2 boolean", models.BooleanField(default=False), value="false"),
    on_thing("R3 without default", {"a": CHAR(max_length=9)}, "('x')", REMOVE, back=False),
    on_thing("R3 unique", {"a": CHAR(max_length=9, unique=True), "b": INTEGER()}, "('x', 1)", REMOVE, back=False),
    removed("R3 unique, null", CHAR(max_length=9, unique=True, null=True)),
    removed("R4 key", models.ForeignKey(CUSTOMER, SET_NULL, null=True, related_name="+")),
    removed("R4 key, not null", models.ForeignKey(CUSTOMER, CASCADE, default=1, related_name="+"), value="1"),
    removed("R4 key to itself", models.ForeignKey(ORDER, CASCADE, null=True, related_name="+")),
    removed("R4 key by text", models.ForeignKey(TAG, CASCADE, to_field="label", null=True, related_name="+")),
    removed(
        "R4 key without constraint",
        models.ForeignKey(CUSTOMER, CASCADE, null=True, db_constraint=False, related_name="+"),
    ),
    removed("R4 key without index", models.ForeignKey(CUSTOMER, CASCADE, null=True, db_index=False, related_name="+")),
    removed("R4 one-to-one", models.OneToOneField(CUSTOMER, SET_NULL, null=True, related_name="+")),
    on_order("R4 live key", RemoveConstraint("order", "shop_unique"), RemoveField("order", "customer"), back=False),
    on_order("R4 live key of itself", RemoveField("customer", "friend")),
    on_order("R4 without atomic", RemoveField("customer", "friend"), atomic=False),
    on_order("R5 many-to-many", RemoveField("order", "tags")),
    on_order("R5 many-to-many, without atomic", RemoveField("order", "tags"), atomic=False),
    removed("R5 many-to-many, table name", models.ManyToManyField(CUSTOMER, related_name="+", db_table="Their")),
    on_order("R6 index", RemoveIndex("order", "shop_number"), RemoveField("order", "note")),
    on_order("R6 indexed", RemoveField("order", "status"), back=False),
    on_order("R6 checked", RemoveField("order", "amount"), back=False),
    on_thing(
        "R6 in an index that stays in the models",
        TWO,
        "(1, 1), (2, 2)",
        REMOVE,
        options={"indexes": [models.Index(fields=["a", "b"], name="thing_ab")]},
        back=False,
    ),
    on_thing(
        "R6 unique_together",
        {"a": INTEGER(null=True), "b": INTEGER()},
        "(1, 1), (2, 2)",
        AlterUniqueTogether("thing", set()),
        REMOVE,
        options={"unique_together": {("a", "b")}},
    ),
    on_thing(
        "R6 index_together",
        {"a": INTEGER(null=True), "b": INTEGER()},
        "(1, 1), (2, 2)",
        AlterIndexTogether("thing", set()),
        REMOVE,
        options={"index_together": {("a", "b")}},
    ),
    on_thing(
        "R6 constraints",
        {"a": INTEGER(null=True), "b": INTEGER()},
        "(1, 1), (2, 2)",
        RemoveConstraint("thing", "thing_check"),
        RemoveConstraint("thing", "thing_unique"),
        RemoveConstraint("thing", "thing_partial"),
        RemoveIndex("thing", "thing_upper"),
        REMOVE,
        options={
            "constraints": [
                models.CheckConstraint(condition=Q(a__lt=F("b") + 9), name="thing_check"),
                models.UniqueConstraint(fields=["a"], include=["b"], name="thing_unique"),
                models.UniqueConstraint(fields=["b"], condition=Q(a__gt=5), name="thing_partial"),
            ],
            "indexes": [models.Index(F("a") + F("b"), name="thing_upper")],
        },
    ),
    on_order(
        "R6 generated from it",
        RemoveField("order", "lower"),
        RemoveField("order", "note"),
        before=[*SHOP, AddField("order", "lower", LOWER)],
    ),
    on_order(
        "R several", RemoveField("order", "note"), RemoveField("order", "placed"), RemoveField("customer", "friend")
    ),
]
