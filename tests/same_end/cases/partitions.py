"""I4: a partitioned table under a model, made by SQL as Django cannot."""

from __future__ import annotations

from django.db import models
from django.db.migrations import (
    AddConstraint,
    AddField,
    AddIndex,
    AlterField,
    RemoveField,
    RemoveIndex,
    RenameField,
    RenameIndex,
    RunSQL,
)
from django.db.models import CASCADE, Index, Q

from tests.same_end.case import Case, model

PARTITIONED = RunSQL(
    """
    CREATE TABLE shop_thing (id bigserial PRIMARY KEY, a int NOT NULL, b varchar(9) NOT NULL)
        PARTITION BY RANGE (id);
    CREATE TABLE shop_thing_1 PARTITION OF shop_thing FOR VALUES FROM (0) TO (10);
    CREATE TABLE shop_thing_2 PARTITION OF shop_thing FOR VALUES FROM (10) TO (99) PARTITION BY RANGE (id);
    CREATE TABLE shop_thing_2a PARTITION OF shop_thing_2 FOR VALUES FROM (10) TO (20);
    CREATE TABLE shop_thing_2b PARTITION OF shop_thing_2 DEFAULT;
    """,
    "DROP TABLE shop_thing",
    state_operations=[model("Thing", a=models.IntegerField(), b=models.CharField(max_length=9))],
)
ROWS = """
INSERT INTO shop_thing (a, b) SELECT n, 'b' || n FROM generate_series(1, 30) n;
INSERT INTO shop_other (a) VALUES (1), (2);
"""


def partitioned(name: str, *change: object, before: tuple[object, ...] = (), **more: object) -> Case:
    other = model("Other", a=models.IntegerField())
    return Case(f"I4 {name}", change, [PARTITIONED, other, *before], ROWS, **more)


INDEX = AddIndex("thing", Index(fields=["a"], name="i"))

CASES = [
    partitioned("index", INDEX),
    partitioned("index, without atomic", INDEX, atomic=False),
    partitioned("partial index", AddIndex("thing", Index(fields=["b"], condition=Q(a__gt=3), name="i"))),
    partitioned("index removed", RemoveIndex("thing", "i"), before=(INDEX,)),
    partitioned("index renamed", RenameIndex("thing", new_name="j", old_name="i"), before=(INDEX,)),
    partitioned("indexed column", AlterField("thing", "b", models.CharField(max_length=9, db_index=True))),
    partitioned("column", AddField("thing", "new", models.IntegerField(default=3))),
    partitioned(
        "column with index", AddField("thing", "new", models.CharField(max_length=9, null=True, db_index=True))
    ),
    partitioned("positive column", AddField("thing", "new", models.PositiveIntegerField(default=3))),
    partitioned("column removed", RemoveField("thing", "a"), back=False),
    partitioned("column renamed", RenameField("thing", "a", "z")),
    partitioned("foreign key from it", AddField("thing", "other", models.ForeignKey("shop.Other", CASCADE, null=True))),
    partitioned(
        "foreign key from it, not null", AddField("thing", "other", models.ForeignKey("shop.Other", CASCADE, default=1))
    ),
    partitioned(
        "foreign key to it", AddField("other", "thing", models.ForeignKey("shop.Thing", CASCADE, null=True)), back=False
    ),
    partitioned(
        "foreign key to it, not null",
        AddField("other", "thing", models.ForeignKey("shop.Thing", CASCADE, default=1)),
        back=False,
    ),
    partitioned("model that refers to it", model("More", thing=models.ForeignKey("shop.Thing", CASCADE))),
    partitioned("check", AddConstraint("thing", models.CheckConstraint(condition=Q(a__gt=0), name="k"))),
    partitioned("unique", AddConstraint("thing", models.UniqueConstraint(fields=["id", "a"], name="k"))),
    partitioned(
        "unique with include",
        AddConstraint("thing", models.UniqueConstraint(fields=["id", "a"], name="k", include=["b"])),
    ),
    partitioned("null", AlterField("thing", "a", models.IntegerField(null=True))),
    partitioned("longer", AlterField("thing", "b", models.CharField(max_length=20))),
    partitioned("type", AlterField("thing", "a", models.BigIntegerField())),
    partitioned("default", AlterField("thing", "a", models.IntegerField(db_default=4))),
]
