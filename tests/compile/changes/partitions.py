"""Partitioned tables, of two levels."""

from __future__ import annotations

from typing import Any

from django.db import models
from django.db.migrations import AddConstraint, AddField, AddIndex, AlterField, RemoveField, RunSQL
from django.db.models import CASCADE, Index, Q

from tests.compile.shop import Change, change, model

PARTITIONED = RunSQL(
    """
    CREATE TABLE shop_thing (id bigint PRIMARY KEY, a int NOT NULL, b varchar(9), c int) PARTITION BY RANGE (id);
    CREATE TABLE thing_1 PARTITION OF shop_thing FOR VALUES FROM (0) TO (100);
    CREATE TABLE thing_2 PARTITION OF shop_thing FOR VALUES FROM (100) TO (999) PARTITION BY RANGE (id);
    CREATE TABLE thing_2a PARTITION OF thing_2 DEFAULT;
    """,
    state_operations=[
        model(
            "Thing",
            id=models.BigIntegerField(primary_key=True),
            a=models.IntegerField(),
            b=models.CharField(max_length=9, null=True),
            c=models.IntegerField(null=True),
        )
    ],
)
ROWS = "INSERT INTO shop_thing (id, a, b, c) SELECT n, n, n, n % 50 + 1 FROM generate_series(1, 200) n"


def partitioned(name: str, *operations: Any, **more: Any) -> Change:
    return change(f"partitioned table: {name}", *operations, **{"before": [PARTITIONED], "rows": ROWS, **more})


def to_customer(**options: Any) -> models.ForeignKey[Any, Any]:
    return models.ForeignKey("shop.Customer", CASCADE, related_name="+", **options)


CHANGES = [
    partitioned("index", AddIndex("thing", Index(fields=["a"], name="i")), back=True),
    partitioned("partial index", AddIndex("thing", Index(fields=["b"], condition=Q(a__gt=3), name="i"))),
    partitioned("column", AddField("thing", "d", models.IntegerField(default=3)), back=True),
    partitioned("nullable foreign key from it", AddField("thing", "d", to_customer(null=True)), back=True),
    partitioned("foreign key from it", AddField("thing", "d", to_customer(default=1)), back=True),
    partitioned(
        "foreign key to itself", AddField("thing", "d", models.ForeignKey("shop.Thing", CASCADE, default=1)), back=True
    ),
    partitioned(
        "nullable foreign key to it",
        AddField("order", "thing", models.ForeignKey("shop.Thing", CASCADE, null=True)),
        back=True,
    ),
    partitioned(
        "foreign key to it",
        AddField("order", "thing", models.ForeignKey("shop.Thing", CASCADE, default=1)),
        back=True,
    ),
    partitioned("unique", AddConstraint("thing", models.UniqueConstraint(fields=["id", "a"], name="k")), back=True),
    partitioned("check", AddConstraint("thing", models.CheckConstraint(condition=Q(a__gt=0), name="k")), back=True),
    partitioned("null refused", AlterField("thing", "c", models.IntegerField())),
    partitioned("null allowed", AlterField("thing", "a", models.IntegerField(null=True))),
    partitioned("longer text", AlterField("thing", "b", models.CharField(max_length=20, null=True))),
    partitioned(
        "longer text, with a partial index",
        AlterField("thing", "b", models.CharField(max_length=20, null=True)),
        before=[PARTITIONED, AddIndex("thing", Index(fields=["a"], condition=Q(b__gt=""), name="i"))],
        small=True,
    ),
    partitioned(
        "longer text, with a check",
        AlterField("thing", "b", models.CharField(max_length=20, null=True)),
        before=[
            PARTITIONED,
            AddConstraint("thing", models.CheckConstraint(condition=~Q(b="x"), name="thing_check")),
        ],
    ),
    partitioned("column dropped", RemoveField("thing", "b")),
    partitioned("column comment", AlterField("thing", "a", models.IntegerField(db_comment="x"))),
]
