"""C7: primary keys get other types, with what refers to them; identity columns and sequences of old come and go."""

from __future__ import annotations

from django.db import models
from django.db.migrations import AlterField, RunSQL
from django.db.models import CASCADE

from tests.same_end.case import Case, model, on_thing

AUTO, BIG, SMALL = models.AutoField, models.BigAutoField, models.SmallAutoField


def referred(name: str, old: object, new: object, *, values: str = "", **more: object) -> Case:
    """A key that the table itself, another table and two many-to-many tables refer to."""
    before = [
        model("Thing", id=old, a=models.IntegerField(), parent=models.ForeignKey("self", CASCADE, null=True)),
        model(
            "Line",
            thing=models.ForeignKey("shop.Thing", CASCADE),
            only=models.OneToOneField("shop.Thing", CASCADE, null=True, related_name="+"),
            loose=models.ForeignKey("shop.Thing", CASCADE, db_constraint=False, related_name="+", db_column="Loose"),
            things=models.ManyToManyField("shop.Thing", related_name="+"),
            options={"unique_together": {("thing", "loose")}},
        ),
        model("Pair", things=models.ManyToManyField("shop.Thing"), number=models.IntegerField()),
    ]
    rows = f"""
    {values or "INSERT INTO shop_thing (a, parent_id) VALUES (1, NULL), (2, 1), (3, 1);"}
    INSERT INTO shop_line (thing_id, only_id, "Loose") VALUES (1, 2, 3), (2, NULL, 99);
    INSERT INTO shop_line_things (line_id, thing_id) VALUES (1, 1), (2, 3);
    INSERT INTO shop_pair (number) VALUES (1);
    INSERT INTO shop_pair_things (pair_id, thing_id) VALUES (1, 3);
    """
    return Case(name, [AlterField("thing", "id", new)], before, rows, **more)


SERIAL = RunSQL(
    """
    CREATE TABLE shop_thing (id serial PRIMARY KEY, a int NOT NULL);
    CREATE TABLE shop_line (id bigserial PRIMARY KEY, thing_id int NOT NULL REFERENCES shop_thing DEFERRABLE);
    CREATE INDEX shop_line_thing_id ON shop_line (thing_id);
    """,
    "DROP TABLE shop_line, shop_thing",
    state_operations=[
        model("Thing", id=AUTO(primary_key=True), a=models.IntegerField()),
        model("Line", thing=models.ForeignKey("shop.Thing", CASCADE)),
    ],
)
SERIAL_ROWS = "INSERT INTO shop_thing (a) VALUES (1), (2); INSERT INTO shop_line (thing_id) VALUES (2), (1);"


def serial(name: str, *change: object, **more: object) -> Case:
    return Case(name, change, [SERIAL], SERIAL_ROWS, **more)


KEY = {"primary_key": True}

CASES = [
    referred("C7 integer to bigint", AUTO(**KEY), BIG(**KEY)),
    referred("C7 integer to bigint, without atomic", AUTO(**KEY), BIG(**KEY), atomic=False),
    referred("C7 smallint to integer", SMALL(**KEY), AUTO(**KEY)),
    referred("C7 column name", BIG(**KEY), BIG(db_column="Key", **KEY)),
    referred(
        "C7 longer text",
        models.CharField(max_length=5, **KEY),
        models.CharField(max_length=9, **KEY),
        values="INSERT INTO shop_thing (id, a, parent_id) VALUES ('1', 1, NULL), ('2', 2, '1'), ('3', 3, '1');",
    ),
    referred(
        "C7 integer to integer key",
        models.IntegerField(**KEY),
        models.BigIntegerField(**KEY),
        values="INSERT INTO shop_thing (id, a, parent_id) VALUES (1, 1, NULL), (2, 2, 1), (3, 3, 1);",
    ),
    serial("C7 serial to bigint", AlterField("thing", "id", BIG(**KEY))),
    serial("C7 serial as it is", AlterField("thing", "id", AUTO(verbose_name="x", **KEY))),
    serial("C7 serial to plain", AlterField("thing", "id", models.IntegerField(**KEY))),
    serial("C7 referring column", AlterField("line", "thing", models.ForeignKey("shop.Thing", CASCADE, null=True))),
    on_thing(
        "C7 identity to plain",
        {"a": models.IntegerField()},
        "(1), (2)",
        AlterField("thing", "id", models.BigIntegerField(**KEY)),
    ),
    on_thing(
        "C7 identity to plain, smaller",
        {"a": models.IntegerField()},
        "(1), (2)",
        AlterField("thing", "id", models.IntegerField(**KEY)),
    ),
    on_thing(
        "C7 plain to identity",
        {"id": models.IntegerField(**KEY), "a": models.IntegerField()},
        "(4, 1), (7, 2)",
        AlterField("thing", "id", AUTO(**KEY)),
    ),
    on_thing(
        "C7 plain to larger identity",
        {"id": models.IntegerField(**KEY), "a": models.IntegerField()},
        "(4, 1), (7, 2)",
        AlterField("thing", "id", BIG(**KEY)),
    ),
    on_thing(
        "C7 integer key to one-to-one",
        {"id": models.BigIntegerField(**KEY), "a": models.IntegerField()},
        "(1, 1), (2, 2)",
        model("Other", a=models.IntegerField()),
        RunSQL("INSERT INTO shop_other (a) VALUES (1), (2)", ""),
        AlterField("thing", "id", models.OneToOneField("shop.Other", CASCADE, db_column="id", **KEY)),
        atomic=False,
    ),
    on_thing(
        "C7 another key",
        {"id": BIG(**KEY), "a": models.IntegerField()},
        "(1, 1), (2, 2)",
        AlterField("thing", "id", models.BigIntegerField()),
        AlterField("thing", "a", models.IntegerField(**KEY)),
        back=False,
    ),
]
