"""X5, X6: several operations that meet in one model, one field, one migration."""

from __future__ import annotations

from django.db import models
from django.db.migrations import (
    AddConstraint,
    AddField,
    AddIndex,
    AlterField,
    AlterModelTable,
    AlterUniqueTogether,
    DeleteModel,
    RemoveConstraint,
    RemoveField,
    RemoveIndex,
    RenameField,
    RenameModel,
    RunSQL,
)
from django.db.models import CASCADE, SET_NULL, Index, Q

from tests.same_end.case import SHOP, SHOP_ROWS, model, on_order, on_thing

INTEGER, CHAR, BIG = models.IntegerField, models.CharField, models.BigIntegerField
KEY = models.ForeignKey("shop.Customer", SET_NULL, null=True, related_name="+")
NOTE = model("Note", a=CHAR(max_length=9, db_index=True), order=models.ForeignKey("shop.Order", CASCADE, null=True))


def alter(field: object) -> AlterField:
    return AlterField("thing", "a", field)


CASES = [
    on_thing(
        "X5 one field, again and again",
        {"a": INTEGER()},
        "(1), (2)",
        alter(INTEGER(null=True)),
        alter(INTEGER(null=True, db_index=True)),
        alter(BIG(null=True, db_index=True)),
        alter(BIG(default=3, unique=True)),
    ),
    on_thing("X5 there and back", {"a": INTEGER()}, "(1), (2)", alter(INTEGER(db_index=True)), alter(INTEGER())),
    on_order(
        "X5 added and changed", AddField("order", "a", INTEGER(null=True)), AlterField("order", "a", BIG(default=4))
    ),
    on_order("X5 added and removed", AddField("order", "a", KEY), RemoveField("order", "a")),
    on_order(
        "X5 added, with an index",
        AddField("order", "a", INTEGER(default=1)),
        AddIndex("order", Index(fields=["a"], name="i")),
    ),
    on_order(
        "X5 added and renamed",
        AddField("order", "a", CHAR(max_length=9, default="", db_index=True)),
        RenameField("order", "a", "b"),
    ),
    on_order("X5 key added and renamed", AddField("order", "a", KEY), RenameField("order", "a", "b")),
    on_order(
        "X5 added with a constraint",
        AddField("order", "a", INTEGER(default=1)),
        AddConstraint("order", models.CheckConstraint(condition=Q(a__gt=0), name="k")),
        AlterUniqueTogether("order", {("a", "number")}),
    ),
    on_order(
        "X5 removed and added",
        RemoveField("order", "note"),
        AddField("order", "note", INTEGER(default=1, db_index=True)),
    ),
    on_order(
        "X5 removed with what is about it",
        RemoveIndex("order", "shop_number"),
        RemoveConstraint("order", "shop_unique"),
        AlterField("order", "number", INTEGER(null=True)),
        RemoveField("order", "number"),
        back=False,
    ),
    on_order("X5 made, with a key, renamed", NOTE, AddField("note", "who", KEY), RenameModel("Note", "Remark")),
    on_order(
        "X5 made and renamed, without atomic",
        NOTE,
        AddField("note", "who", KEY),
        RenameModel("Note", "Remark"),
        atomic=False,
    ),
    on_order("X5 made, table renamed", NOTE, AlterModelTable("note", "Notes"), AddField("note", "who", KEY)),
    on_order("X5 made, field renamed", NOTE, RenameField("note", "order", "purchase"), RenameField("note", "a", "b")),
    on_order(
        "X5 made and changed",
        NOTE,
        AlterField("note", "a", CHAR(max_length=20, db_index=True, db_comment="x")),
        RemoveField("note", "order"),
    ),
    on_order("X5 made and deleted", NOTE, DeleteModel("Note")),
    on_order(
        "X5 made and filled",
        NOTE,
        RunSQL("INSERT INTO shop_note (a, order_id) VALUES ('a', 1)", "DELETE FROM shop_note"),
        atomic=False,
    ),
    on_order("X5 key added, model renamed", AddField("order", "a", KEY), RenameModel("Order", "Purchase")),
    on_order(
        "X5 model deleted that referred to the renamed one", DeleteModel("Order"), RenameModel("Customer", "Client")
    ),
    on_order(
        "X5 renamed to the name of a deleted one that referred to it",
        DeleteModel("Order"),
        RenameModel("Customer", "Order"),
        before=[*SHOP, RemoveField("order", "tags")],
        rows=SHOP_ROWS.partition("INSERT INTO shop_order_tags")[0],
    ),
    on_order("X5 key added, table renamed", AddField("order", "a", KEY), AlterModelTable("order", "kept")),
    on_order(
        "X5 key of a renamed table added and renamed",
        AlterModelTable("customer", "kept"),
        RenameField("customer", "friend", "pal"),
        RemoveField("customer", "pal"),
    ),
    on_order(
        "X5 key added and renamed, table renamed",
        AddField("order", "a", KEY),
        RenameField("order", "a", "b"),
        AlterModelTable("order", "kept"),
    ),
    on_order("X5 key added, target renamed", AddField("order", "a", KEY), RenameModel("Customer", "Client")),
    on_order(
        "X5 index added, model renamed", AddIndex("tag", Index(fields=["label"], name="i")), RenameModel("Tag", "Label")
    ),
    on_order(
        "X5 circular keys on live tables",
        AddField("tag", "order", models.ForeignKey("shop.Order", CASCADE, null=True, related_name="+")),
        AddField("customer", "tag", models.ForeignKey("shop.Tag", CASCADE, null=True)),
    ),
    on_order(
        "X5 key moved to a new model",
        NOTE,
        AddField("order", "remark", models.ForeignKey("shop.Note", SET_NULL, null=True, related_name="+")),
        RemoveField("order", "note"),
    ),
    on_order(
        "X6 two migrations",
        AddField("order", "a", INTEGER(null=True)),
        AddField("order", "b", KEY),
        then=[AlterField("order", "a", INTEGER(default=5)), RemoveField("order", "b"), RenameField("order", "a", "c")],
    ),
    on_order(
        "X6 two migrations about a new model",
        NOTE,
        then=[RenameModel("Note", "Remark"), RemoveField("remark", "order")],
    ),
    on_order(
        "X6 expand and contract by hand",
        AddField("order", "a", INTEGER(default=5, db_default=5)),
        AlterField("order", "note", models.TextField(null=True, db_default="")),
        then=[AlterField("order", "a", INTEGER(default=5)), RemoveField("order", "note")],
    ),
    on_thing(
        "X6 another type, then an index",
        {"a": models.PositiveIntegerField()},
        "(1), (2)",
        alter(CHAR(max_length=9)),
        then=[alter(CHAR(max_length=9, db_index=True))],
    ),
    on_thing(
        "X6 renamed, then another type",
        {"a": INTEGER(db_index=True)},
        "(1), (2)",
        RenameField("thing", "a", "z"),
        then=[AlterField("thing", "z", CHAR(max_length=9, unique=True))],
    ),
    on_thing(
        "X5 renamed and another type",
        {"a": INTEGER()},
        "(1), (2)",
        RenameField("thing", "a", "z"),
        AlterField("thing", "z", models.FloatField()),
    ),
    on_order(
        "X5 deleted, and what it referred to renamed",
        RemoveField("order", "tags"),
        DeleteModel("Order"),
        RenameModel("Customer", "Client"),
    ),
]
