"""C9, C10: a field gets another name, with its column or without."""

from __future__ import annotations

from django.db import models
from django.db.migrations import AlterField, RenameField
from django.db.models import CASCADE, F

from tests.same_end.case import SHOP, SHOP_ROWS, Case, model, on_order, on_thing

INTEGER, CHAR = models.IntegerField, models.CharField
RENAME = RenameField("thing", "a", "z")
ROWS = "('a', 1), ('b%', 2)"


def renamed(name: str, field: object, *, options: object = None, **more: object) -> Case:
    return on_thing(f"C10 {name}", {"a": field, "b": INTEGER()}, ROWS, RENAME, options=options, **more)


CASES = [
    renamed("plain", CHAR(max_length=9)),
    renamed("indexed", CHAR(max_length=9, db_index=True)),
    renamed("unique", CHAR(max_length=9, unique=True)),
    renamed("database default and comment", CHAR(max_length=9, db_default="x", db_comment="x")),
    renamed("without atomic", CHAR(max_length=9, unique=True), atomic=False),
    renamed(
        "in indexes",
        CHAR(max_length=9),
        options={
            "indexes": [
                models.Index(fields=["a", "b"], name="thing_two"),
                models.Index(fields=["b"], include=["a"], name="thing_include"),
            ],
            "constraints": [models.UniqueConstraint(fields=["b", "a"], name="thing_unique")],
            "unique_together": {("a", "b")},
            "index_together": {("b", "a")},
        },
    ),
    on_thing("C10 positive", {"a": models.PositiveIntegerField(null=True)}, "(1), (NULL)", RENAME),
    on_thing("C10 json", {"a": models.JSONField()}, "('[1]')", RENAME),
    on_thing("C10 key", {"a": models.BigAutoField(primary_key=True)}, "(1)", RENAME),
    on_thing("C10 upper case", {"a": INTEGER()}, "(1)", RenameField("thing", "a", "A")),
    on_thing("C10 there and back", {"a": INTEGER()}, "(1)", RENAME, RenameField("thing", "z", "a")),
    on_thing(
        "C10 swapped",
        {"a": INTEGER(db_index=True), "b": INTEGER(null=True)},
        "(1, 2), (3, NULL)",
        RenameField("thing", "a", "z"),
        RenameField("thing", "b", "a"),
        RenameField("thing", "z", "b"),
    ),
    on_thing(
        "C10 and changed",
        {"a": CHAR(max_length=9)},
        "('a')",
        RENAME,
        AlterField("thing", "z", CHAR(max_length=12, unique=True)),
    ),
    on_order("C10 foreign key", RenameField("order", "customer", "client")),
    on_order("C10 foreign key to itself", RenameField("customer", "friend", "mate")),
    on_order("C10 many-to-many", RenameField("order", "tags", "labels")),
    on_order("C10 primary key, referenced", RenameField("customer", "id", "key")),
    on_order(
        "C10 referenced by to_field",
        RenameField("tag", "label", "text"),
        before=[*SHOP, model("Line", tag=models.ForeignKey("shop.Tag", CASCADE, to_field="label"))],
        rows=SHOP_ROWS + "INSERT INTO shop_line (tag_id) VALUES ('red')",
    ),
    on_order(
        "C10 one-to-one",
        RenameField("line", "tag", "label"),
        before=[*SHOP, model("Line", tag=models.OneToOneField("shop.Tag", CASCADE))],
        rows=SHOP_ROWS + "INSERT INTO shop_line (tag_id) VALUES (1)",
    ),
    Case(
        "C10 generated from it",
        [RENAME],
        [
            model(
                "Thing",
                a=INTEGER(),
                c=models.GeneratedField(expression=F("a") + 1, output_field=INTEGER(), db_persist=True),
            )
        ],
        "INSERT INTO shop_thing (a) VALUES (1), (2)",
    ),
    Case(
        "C10 generated",
        [RENAME],
        [
            model(
                "Thing",
                b=INTEGER(),
                a=models.GeneratedField(expression=F("b") + 1, output_field=INTEGER(), db_persist=True),
            )
        ],
        "INSERT INTO shop_thing (b) VALUES (1), (2)",
    ),
    on_thing("C9 column kept", {"a": INTEGER(db_column="col", db_index=True)}, "(1)", RENAME),
    on_thing(
        "C9 column kept by two operations",
        {"a": CHAR(max_length=9, unique=True)},
        "('a')",
        AlterField("thing", "a", CHAR(max_length=9, unique=True, db_column="a")),
        RENAME,
    ),
    on_order(
        "C9 foreign key, column kept",
        AlterField("order", "customer", models.ForeignKey("shop.Customer", CASCADE, "orders", db_column="customer_id")),
        RenameField("order", "customer", "client"),
    ),
    on_thing("C10 column name by default", {"a": INTEGER(db_column="col")}, "(1)", AlterField("thing", "a", INTEGER())),
]
