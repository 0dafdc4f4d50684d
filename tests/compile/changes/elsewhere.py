"""A table in another schema, by a name that smuggles it in."""

from __future__ import annotations

from typing import Any

from django.db import models
from django.db.migrations import AddConstraint, AddField, AddIndex, AlterModelTableComment, DeleteModel, RunSQL
from django.db.models import CASCADE, Index, Q, UniqueConstraint

from tests.compile.shop import Change, change, model

BEFORE = [
    RunSQL("CREATE SCHEMA other"),
    model(
        "Thing",
        a=models.IntegerField(),
        parent=models.ForeignKey("self", CASCADE, null=True),
        options={"db_table": '"other"."thing"'},
    ),
]
ROWS = "INSERT INTO other.thing (a) SELECT n FROM generate_series(1, 200) n"


def elsewhere(name: str, *operations: Any, **more: Any) -> Change:
    return change(f"in another schema: {name}", *operations, **{"before": BEFORE, "rows": ROWS, **more})


CHANGES = [
    elsewhere("column", AddField("thing", "b", models.CharField(max_length=9, default="x", db_index=True))),
    elsewhere("unique column", AddField("thing", "b", models.IntegerField(null=True, unique=True))),
    elsewhere("foreign key from it", AddField("thing", "b", models.ForeignKey("shop.Customer", CASCADE, default=1))),
    elsewhere("foreign key to it", AddField("order", "b", models.ForeignKey("shop.Thing", CASCADE, null=True))),
    elsewhere("index", AddIndex("thing", Index(fields=["a"], condition=Q(a__gt=1), name="i"))),
    elsewhere("unique constraint", AddConstraint("thing", UniqueConstraint(fields=["a", "parent"], name="k"))),
    elsewhere("check", AddConstraint("thing", models.CheckConstraint(condition=Q(a__gt=0), name="k"))),
    elsewhere("comment", AlterModelTableComment("thing", "x")),
    elsewhere("table dropped", DeleteModel("Thing")),
]
