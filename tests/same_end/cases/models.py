"""M: whole models come and go."""

from __future__ import annotations

import uuid

import django
from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import DateRangeField, RangeOperators
from django.contrib.postgres.indexes import GinIndex
from django.db import models
from django.db.migrations import (
    AddField,
    AlterModelManagers,
    AlterModelOptions,
    AlterModelTableComment,
    AlterOrderWithRespectTo,
    CreateModel,
    DeleteModel,
    RemoveField,
)
from django.db.models import CASCADE, DO_NOTHING, SET_NULL, F, Q
from django.db.models.functions import Lower, Now

from django_safemigrate.operations import AlterOrder, DropOrderDefault, KeepOrderDefault
from tests.same_end.case import SHOP, SHOP_ROWS, Case, model, on_order

ORDER, CUSTOMER, TAG = "shop.Order", "shop.Customer", "shop.Tag"

PLAIN = model("Note", text=models.CharField(max_length=20, db_index=True), number=models.SmallIntegerField(unique=True))
NOTE_ROWS = "INSERT INTO shop_note (text, number) VALUES ('a', 1), ('b', 2);"
LINKED = model(
    "Line",
    order=models.ForeignKey(ORDER, CASCADE),
    parent=models.ForeignKey("shop.Line", SET_NULL, null=True),
    tag=models.OneToOneField(TAG, CASCADE, to_field="label"),
    by=models.ForeignKey(CUSTOMER, DO_NOTHING, db_constraint=False, db_index=False, db_column="who"),
    tags=models.ManyToManyField(TAG, related_name="+"),
    others=models.ManyToManyField("self"),
)
LINKED_ROWS = """
INSERT INTO shop_line (order_id, parent_id, tag_id, who) VALUES (1, NULL, 'red', 1), (2, 1, 'green', 77);
INSERT INTO shop_line_tags (line_id, tag_id) VALUES (1, 1);
INSERT INTO shop_line_others (from_line_id, to_line_id) VALUES (1, 2);
"""
CIRCLE = [
    model("Chicken", name=models.CharField(max_length=9)),
    model("Egg", chicken=models.ForeignKey("shop.Chicken", CASCADE)),
    AddField("chicken", "egg", models.ForeignKey("shop.Egg", SET_NULL, null=True)),
]
CIRCLE_ROWS = """
INSERT INTO shop_chicken (name) VALUES ('a'); INSERT INTO shop_egg (chicken_id) VALUES (1);
UPDATE shop_chicken SET egg_id = 1;
"""
THROUGH = [
    model(
        "Label",
        tag=models.ForeignKey(TAG, CASCADE),
        order=models.ForeignKey(ORDER, CASCADE),
        number=models.IntegerField(db_default=0),
        options={"unique_together": {("tag", "order")}},
    ),
    model("Box", name=models.CharField(max_length=9)),
    model("BoxOrder", box=models.ForeignKey("shop.Box", CASCADE), order=models.ForeignKey(ORDER, CASCADE)),
    AddField("box", "orders", models.ManyToManyField(ORDER, through="shop.BoxOrder")),
]
RICH = model(
    "Rich",
    key=models.UUIDField(primary_key=True, default=uuid.uuid4),
    name=models.CharField(max_length=9, unique=True, db_comment='It\'s "quoted"'),
    small=models.PositiveSmallIntegerField(db_default=3),
    made=models.DateTimeField(db_default=Now()),
    twice=models.GeneratedField(expression=F("small") * 2, output_field=models.IntegerField(), db_persist=True),
    data=models.JSONField(default=dict),
    time=DateRangeField(null=True),
    word=models.TextField(db_collation="C", db_index=True),
    options={
        "db_table_comment": 'Rich, "quoted"',
        "indexes": [GinIndex(fields=["data"], name="rich_gin"), models.Index(Lower("name"), name="rich_lower")],
        "constraints": [
            models.CheckConstraint(condition=Q(small__lt=100), name="rich_check"),
            models.UniqueConstraint(fields=["small"], condition=Q(name="it's"), name="rich_partial"),
            models.UniqueConstraint(fields=["small", "name"], deferrable=models.Deferrable.DEFERRED, name="rich_late"),
            ExclusionConstraint(expressions=[("time", RangeOperators.OVERLAPS)], name="rich_exclusion"),
        ],
    },
)


def deleted(name: str, made: list[CreateModel | AddField], rows: str, *change: object, back: bool = True) -> Case:
    return on_order(name, *change, before=[*SHOP, *made], rows=SHOP_ROWS + rows, back=back)


CASES = [
    on_order("M1 plain", PLAIN),
    on_order("M1 linked to live tables", LINKED),
    on_order("M1 circular", *CIRCLE),
    on_order("M1 through", *THROUGH),
    on_order("M1 everything", RICH),
    on_order("M1 without atomic", LINKED, RICH, atomic=False),
    on_order("M1 table name", model("Note", a=models.IntegerField(unique=True), options={"db_table": "Our notes"})),
    on_order("M1 tablespace", model("Note", a=models.IntegerField(), options={"db_tablespace": "pg_default"})),
    on_order("M1 small key", model("Note", id=models.SmallAutoField(primary_key=True))),
    on_order("M1 old key", model("Note", id=models.AutoField(primary_key=True, db_column="no"))),
    on_order("M1 text key", model("Note", id=models.CharField(max_length=9, primary_key=True))),
    on_order(
        "M1 composite key",
        model(
            "Note",
            pk=models.CompositePrimaryKey("order_id", "number"),
            order=models.ForeignKey(ORDER, CASCADE),
            number=models.IntegerField(),
        ),
    ),
    on_order(
        "M1 ordered", model("Note", order=models.ForeignKey(ORDER, CASCADE), options={"order_with_respect_to": "order"})
    ),
    on_order("M1 child of a live model", model("Gift", bases=(ORDER,), card=models.TextField(default="")), back=True),
    on_order("M1 proxy", CreateModel("Gift", [], {"proxy": True}, (ORDER,))),
    on_order("M1 unmanaged", model("Gift", a=models.IntegerField(), options={"managed": False})),
    on_order("M1 key that refers", model("Detail", order=models.OneToOneField(ORDER, CASCADE, primary_key=True))),
    on_order(
        "M1 key that refers to such a key",
        model("Detail", order=models.OneToOneField(ORDER, CASCADE, primary_key=True)),
        model("More", detail=models.ForeignKey("shop.Detail", CASCADE)),
    ),
    deleted("M2 plain", [PLAIN], NOTE_ROWS, DeleteModel("Note")),
    deleted("M2 linked to live tables", [LINKED], LINKED_ROWS, DeleteModel("Line")),
    deleted("M2 everything", [RICH], "", DeleteModel("Rich")),
    deleted(
        "M2 circular", CIRCLE, CIRCLE_ROWS, RemoveField("chicken", "egg"), DeleteModel("Egg"), DeleteModel("Chicken")
    ),
    deleted(
        "M2 through",
        THROUGH,
        "",
        RemoveField("box", "orders"),
        DeleteModel("BoxOrder"),
        DeleteModel("Box"),
        DeleteModel("Label"),
    ),
    deleted("M2 without atomic", [LINKED], LINKED_ROWS, DeleteModel("Line")),
    deleted("M2 proxy", [CreateModel("Gift", [], {"proxy": True}, (ORDER,))], "", DeleteModel("Gift")),
    deleted("M2 child", [model("Gift", bases=(ORDER,), card=models.TextField())], "", DeleteModel("Gift")),
    on_order("M2 referenced", RemoveField("order", "tags"), DeleteModel("Tag")),
    on_order(
        "M2 deleted and made again",
        RemoveField("order", "tags"),
        DeleteModel("Tag"),
        model("Tag", name=models.TextField()),
    ),
    on_order("M5 options", AlterModelOptions("order", {"ordering": ["number"], "verbose_name": "x"})),
    on_order("M5 managers", AlterModelManagers("order", [("objects", models.Manager())])),
    on_order("M6 comment", AlterModelTableComment("order", 'It\'s "ours"')),
    on_order(
        "M6 comment changed",
        AlterModelTableComment("order", "new"),
        before=[*SHOP, AlterModelTableComment("order", "old")],
    ),
    on_order(
        "M6 comment removed",
        AlterModelTableComment("order", None),
        before=[*SHOP, AlterModelTableComment("order", "x")],
    ),
    on_order("M7 order", AlterOrderWithRespectTo("order", "customer")),
    on_order(
        "M7 no order",
        AlterOrderWithRespectTo("order", None),
        before=[*SHOP, AlterOrderWithRespectTo("order", "customer")],
        rows=SHOP_ROWS.replace("note)", "note, _order)").replace(" END\n", " END, n\n"),
    ),
    on_order("M7 order, with its default", AlterOrder("order", "customer")),
    on_order("M7 order, in two phases", AlterOrder("order", "customer"), then=[DropOrderDefault("order")]),
    on_order(
        "M7 no order, in two phases",
        KeepOrderDefault("order"),
        then=[AlterOrder("order", None)],
        before=[*SHOP, AlterOrderWithRespectTo("order", "customer")],
        rows=SHOP_ROWS.replace("note)", "note, _order)").replace(" END\n", " END, n\n"),
    ),
]

if django.VERSION >= (6, 1):
    CASES += [
        on_order(
            "M1 actions in the database",
            model(
                "Line",
                a=models.ForeignKey(ORDER, models.DB_CASCADE, related_name="+"),
                b=models.ForeignKey(ORDER, models.DB_SET_NULL, null=True, related_name="+"),
                c=models.ForeignKey(ORDER, models.DB_SET_DEFAULT, db_default=1, related_name="+"),
            ),
        ),
    ]
