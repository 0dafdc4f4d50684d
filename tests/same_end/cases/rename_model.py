"""M: models and tables get other names."""

from __future__ import annotations

from django.db import models
from django.db.migrations import AlterModelTable, RenameModel, SeparateDatabaseAndState
from django.db.models import CASCADE

from tests.same_end.case import SHOP, SHOP_ROWS, Case, model, on_order

KEPT = model(
    "Thing",
    a=models.CharField(max_length=9, unique=True),
    parent=models.ForeignKey("shop.Thing", CASCADE, null=True),
    tags=models.ManyToManyField("shop.Tag"),
    others=models.ManyToManyField("shop.Thing"),
    options={"db_table": "kept"},
)
KEPT_ROWS = """
INSERT INTO kept (a, parent_id) VALUES ('a', NULL), ('b', 1);
INSERT INTO kept_tags (thing_id, tag_id) VALUES (1, 1), (2, 3);
INSERT INTO kept_others (from_thing_id, to_thing_id) VALUES (1, 2);
"""
REFERS = model(
    "Line",
    thing=models.ForeignKey("shop.Thing", CASCADE),
    only=models.OneToOneField("shop.Thing", CASCADE, null=True, related_name="+"),
    many=models.ManyToManyField("shop.Thing", related_name="+"),
)
REFERS_ROWS = """
INSERT INTO shop_line (thing_id, only_id) VALUES (1, 2), (2, NULL);
INSERT INTO shop_line_many (line_id, thing_id) VALUES (1, 2), (2, 1);
"""
SELF = model(
    "Thing",
    a=models.CharField(max_length=9, db_index=True),
    b=models.PositiveIntegerField(default=1),
    parent=models.ForeignKey("self", CASCADE, null=True),
    options={"unique_together": {("a", "b")}, "indexes": [models.Index(fields=["b"], name="thing_b")]},
)
SELF_ROWS = "INSERT INTO shop_thing (a, b, parent_id) VALUES ('a', 1, NULL), ('b', 2, 1);"


def kept(name: str, *change: object, **more: object) -> Case:
    return on_order(name, *change, before=[*SHOP, KEPT, REFERS], rows=SHOP_ROWS + KEPT_ROWS + REFERS_ROWS, **more)


def itself(name: str, *change: object, **more: object) -> Case:
    return on_order(name, *change, before=[SELF], rows=SELF_ROWS, **more)


CASES = [
    kept("M3 table kept", RenameModel("Thing", "Item")),
    kept("M3 table kept, without atomic", RenameModel("Thing", "Item"), atomic=False),
    kept("M3 table named like it", AlterModelTable("Thing", "shop_item"), RenameModel("Thing", "Item")),
    on_order("M4 referenced and with relations", RenameModel("Order", "Purchase")),
    on_order("M4 referenced by many-to-many", RenameModel("Tag", "Label")),
    on_order("M4 referenced by itself and others", RenameModel("Customer", "Client")),
    itself("M4 with a key to itself", RenameModel("Thing", "Item")),
    itself("M4 without atomic", RenameModel("Thing", "Item"), atomic=False),
    itself("M4 there and back", RenameModel("Thing", "Item"), RenameModel("Item", "Thing")),
    itself("M4 two steps", RenameModel("Thing", "Item"), RenameModel("Item", "Article")),
    on_order("M4 swapped", RenameModel("Tag", "Old"), RenameModel("Customer", "Tag"), RenameModel("Old", "Customer")),
    itself("M4 table", AlterModelTable("Thing", "Our things")),
    itself("M4 upper case", AlterModelTable("Thing", "SHOP_THING")),
    kept("M4 table by default", AlterModelTable("Thing", None)),
    kept("M4 table with many-to-many", AlterModelTable("Thing", "other")),
    on_order("M4 table, referenced", AlterModelTable("Customer", "people")),
    on_order("M4 table named as it is", AlterModelTable("Customer", "shop_customer")),
    on_order(
        "M4 table in state only",
        SeparateDatabaseAndState(state_operations=[AlterModelTable("Customer", "shop_customer")]),
    ),
    on_order(
        "M4 child",
        RenameModel("Gift", "Present"),
        before=[*SHOP, model("Gift", bases=("shop.Order",), card=models.TextField(default=""))],
    ),
]
