"""X8: names that are long, quoted, in capitals, with percent signs, or of another schema."""

from __future__ import annotations

from django.db import models
from django.db.migrations import (
    AddConstraint,
    AddField,
    AddIndex,
    AlterField,
    RemoveField,
    RenameField,
    RenameModel,
    RunSQL,
)
from django.db.models import CASCADE, Index, Q

from tests.same_end.case import Case, altered, model

INTEGER, CHAR = models.IntegerField, models.CharField
LONG = "a_column_whose_name_is_nearly_as_long_as_postgresql_allows_it_"  # 62 characters
ALIKE = LONG[:-2]
TABLE = "A table's name, in capitals"


def named(name: str, table: str, *change: object, column: str | None = None, **more: object) -> Case:
    before = [
        model(
            "Thing",
            a=CHAR(max_length=9, db_index=True, db_column=column),
            b=models.PositiveIntegerField(default=1),
            parent=models.ForeignKey("self", CASCADE, null=True),
            options={"db_table": table, "unique_together": {("a", "b")}},
        ),
        model("Other", a=INTEGER(null=True)),
    ]
    quoted = table if table.startswith('"') else f'"{table}"'
    rows = f"""
    INSERT INTO {quoted} ("{column or "a"}", b, parent_id) VALUES ('a', 1, NULL), ('b', 2, 1);
    INSERT INTO shop_other (a) VALUES (1);
    """
    return Case(name, change, before, rows, **more)


CHANGES = {
    "column": AddField("thing", "new", CHAR(max_length=9, default="x", unique=False, db_index=True)),
    "unique column": AddField("thing", "new", CHAR(max_length=9, null=True, unique=True)),
    "foreign key": AddField("thing", "new", models.ForeignKey("shop.Other", CASCADE, default=1)),
    "foreign key to it": AddField("other", "new", models.ForeignKey("shop.Thing", CASCADE, null=True)),
    "positive column": AddField("thing", "new", models.PositiveIntegerField(default=5)),
    "index": AddIndex("thing", Index(fields=["a"], condition=Q(b__gt=1), name="i")),
    "check": AddConstraint("thing", models.CheckConstraint(condition=Q(b__gt=0), name="k")),
    "unique constraint": AddConstraint("thing", models.UniqueConstraint(fields=["a", "b"], name="k")),
    "longer": AlterField("thing", "a", CHAR(max_length=12, db_index=True)),
    "not null": AlterField("thing", "parent", models.ForeignKey("self", CASCADE, default=1)),
    "removed": RemoveField("thing", "parent"),
    "renamed column": RenameField("thing", "b", "c"),
    "many-to-many": AddField("thing", "others", models.ManyToManyField("shop.Other")),
}
# What Django itself cannot do with a table whose name holds a schema.
NOT_IN_A_SCHEMA = {"longer", "not null", "removed", "renamed column"}

CASES = [
    *(named(f"X8 table's name: {kind}", TABLE, change) for kind, change in CHANGES.items() if kind != "longer"),
    *(
        named(f"X8 long table's name: {kind}", f"{ALIKE}t", change)
        for kind, change in CHANGES.items()
        if kind != "longer"
    ),
    *(
        named(f"X8 schema: {kind}", '"other"."thing"', change)
        for kind, change in CHANGES.items()
        if kind not in NOT_IN_A_SCHEMA
    ),
    Case(
        "X8 two long names",
        [
            AddField("thing", f"{ALIKE}1", INTEGER(null=True, db_index=True)),
            AddField("thing", f"{ALIKE}2", CHAR(max_length=9, null=True, db_index=True)),
            AddField("thing", f"{ALIKE}3", models.ForeignKey("shop.Thing", CASCADE, null=True, related_name="+")),
            AddField("thing", f"{ALIKE}4", models.PositiveIntegerField(null=True)),
            AddField("thing", f"{ALIKE}5", models.PositiveIntegerField(null=True, unique=True)),
        ],
        [model("Thing", a=INTEGER())],
        "INSERT INTO shop_thing (a) VALUES (1), (2)",
    ),
    Case(
        "X8 long model's name",
        [
            RenameModel("Thing", "Thing" + "very" * 11 + "Long"),
            AddField("thing" + "very" * 11 + "long", "b", INTEGER(default=1)),
        ],
        [model("Thing", a=CHAR(max_length=9, unique=True), others=models.ManyToManyField("self"))],
        "INSERT INTO shop_thing (a) VALUES ('a'), ('b')",
    ),
    Case(
        "X8 long many-to-many",
        [AddField("thing", LONG[:50], models.ManyToManyField("shop.Thing", related_name="+"))],
        [model("Thing", a=CHAR(max_length=9, unique=True))],
        "INSERT INTO shop_thing (a) VALUES ('a'), ('b')",
    ),
    Case(
        "X8 a namesake in another schema",
        [
            AddField("thing", "b", models.ForeignKey("shop.Thing", CASCADE, null=True)),
            AddIndex("thing", Index(fields=["a"], name="i")),
            AlterField("thing", "a", CHAR(max_length=12)),
            AddConstraint("thing", models.CheckConstraint(condition=Q(a__gt=""), name="k")),
        ],
        [model("Thing", a=CHAR(max_length=9, unique=True))],
        """
        INSERT INTO shop_thing (a) VALUES ('a'), ('b');
        CREATE SCHEMA other;
        CREATE TABLE other.shop_thing (id int PRIMARY KEY, a varchar(9) UNIQUE, b int CONSTRAINT k CHECK (b > 0));
        CREATE INDEX i ON other.shop_thing (b);
        """,
    ),
    altered(
        "X8 column with quotes",
        INTEGER(db_column="it's 1"),
        INTEGER(db_column="it's 1", null=True, db_index=True),
        "(1)",
    ),
    altered(
        "X8 column in capitals",
        CHAR(max_length=9, db_column="SELECT"),
        CHAR(max_length=9, db_column="SELECT", unique=True),
        "('a')",
    ),
]

for case in [case for case in CASES if case.name.startswith("X8 schema")]:
    case.before.insert(0, RunSQL("CREATE SCHEMA other", "DROP SCHEMA other"))  # type: ignore[attr-defined]
