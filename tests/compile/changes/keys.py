"""Primary keys, identities and sequences."""

from __future__ import annotations

from typing import Any

from django.db import models
from django.db.migrations import AddField, AlterField, RemoveField, RunSQL
from django.db.models import CASCADE

from django_safemigrate.operations import AlterFieldOnline, FinishAlterField
from tests.compile.shop import Change, change, model

AUTO, BIG = models.AutoField(primary_key=True), models.BigAutoField(primary_key=True)


def keyed(name: str, old: Any, *operations: Any, **more: Any) -> Change:
    before = [
        model("Thing", id=old, b=models.IntegerField()),
        model("Part", thing=models.ForeignKey("shop.Thing", CASCADE)),
    ]
    rows = """
    INSERT INTO shop_thing (id, b) SELECT n, n FROM generate_series(1, 200) n;
    INSERT INTO shop_part (thing_id) SELECT n FROM generate_series(1, 200) n;
    """
    return change(name, *operations, **{"before": before, "rows": rows, **more})


SERIAL = RunSQL(
    "CREATE TABLE shop_thing (id serial PRIMARY KEY, b int NOT NULL)",
    state_operations=[model("Thing", id=AUTO, b=models.IntegerField())],
)
SERIAL_ROWS = "INSERT INTO shop_thing (b) SELECT n FROM generate_series(1, 200) n"

CHANGES = [
    keyed("primary key to bigint", AUTO, AlterField("thing", "id", BIG), small=True),
    keyed(
        "primary key to bigint in two phases",
        AUTO,
        AlterFieldOnline("thing", "id", BIG),
        FinishAlterField("thing", "id"),
        before=[
            model("Thing", id=AUTO, b=models.IntegerField(), up=models.ForeignKey("shop.Thing", CASCADE, null=True)),
            model("Part", thing=models.ForeignKey("shop.Thing", CASCADE), things=models.ManyToManyField("shop.Thing")),
        ],
        rows="""
        INSERT INTO shop_thing (b) SELECT n FROM generate_series(1, 200) n;
        UPDATE shop_thing SET up_id = 1;
        INSERT INTO shop_part (thing_id) SELECT n FROM generate_series(1, 200) n;
        INSERT INTO shop_part_things (part_id, thing_id) SELECT n, n FROM generate_series(1, 200) n;
        """,
    ),
    keyed("identity added", models.BigIntegerField(primary_key=True), AlterField("thing", "id", BIG)),
    keyed("identity dropped", BIG, AlterField("thing", "id", models.BigIntegerField(primary_key=True))),
    change("serial to bigint", AlterField("thing", "id", BIG), before=[SERIAL], rows=SERIAL_ROWS, small=True),
    change(
        "serial to integer",
        AlterField("thing", "id", models.IntegerField(primary_key=True)),
        before=[SERIAL],
        rows=SERIAL_ROWS,
    ),
    change(
        "another primary key",
        AlterField("thing", "id", models.BigIntegerField()),
        AlterField("thing", "b", models.IntegerField(primary_key=True)),
        before=[model("Thing", id=models.BigIntegerField(primary_key=True), b=models.IntegerField())],
        rows="INSERT INTO shop_thing (id, b) SELECT n, n FROM generate_series(1, 200) n",
    ),
    change(
        "primary key added in place of another",
        RemoveField("thing", "id"),
        AddField("thing", "key", models.BigAutoField(primary_key=True)),
        before=[model("Thing", id=models.BigIntegerField(primary_key=True), b=models.IntegerField())],
        rows="INSERT INTO shop_thing (id, b) SELECT n, n FROM generate_series(1, 200) n",
        small=True,
    ),
]
