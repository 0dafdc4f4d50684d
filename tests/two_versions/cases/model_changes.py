"""M3 to M8: models get other names, apps, tables, comments, an order and keys."""

from __future__ import annotations

from typing import Any

from django.db import models
from django.db.migrations.state import ModelState

from tests.decisions.states import model
from tests.two_versions.pair import (
    ANY,
    BOTH,
    EXPAND,
    NOTHING,
    ORDER,
    OTHERS,
    TAG,
    Expects,
    Pair,
    key,
    many,
    thing,
)

INTEGER, TEXT, CHAR = models.IntegerField, models.TextField, models.CharField


def purchase(**options: Any) -> list[ModelState]:
    """``Order`` by another name, and whoever refers to it."""
    return [
        OTHERS[0],
        model("Purchase", customer=key(), number=INTEGER(), status=CHAR(max_length=9, db_index=True), options=options),
        model("Line", order=key("shop.Purchase"), text=CHAR(max_length=9)),
    ]


ORDERS = [
    OTHERS[0],
    model("Order", customer=key(), number=INTEGER(), status=CHAR(max_length=9, db_index=True)),
    model("Line", order=key(ORDER), text=CHAR(max_length=9)),
]
KEPT = {"db_table": "shop_order"}


def renamed(words: str, old: Any, new: Any, **more: Any) -> Pair:
    return Pair(words, old, new, renames=True, **more)


RENAMED = [
    renamed("M3 table kept", ORDERS, purchase(**KEPT), phases=EXPAND),
    renamed(
        "M3 table kept, alone",
        [thing(a=INTEGER())],
        [model("Item", a=INTEGER(), options={"db_table": "shop_thing"})],
        phases=EXPAND,
    ),
    renamed(
        "M3 table of its own",
        [thing({"db_table": "own"}, a=INTEGER(), parent=key("shop.Thing", null=True))],
        [model("Item", a=INTEGER(), parent=key("shop.Item", null=True), options={"db_table": "own"})],
        phases=EXPAND,
    ),
    renamed(
        "M3 table kept, through model",
        [
            OTHERS[1],
            thing(a=INTEGER(), tags=many(through="shop.Labelled")),
            model("Labelled", thing=key("shop.Thing"), tag=key(TAG)),
        ],
        [
            OTHERS[1],
            model("Item", a=INTEGER(), tags=many(through="shop.Labelled"), options={"db_table": "shop_thing"}),
            model("Labelled", thing=key("shop.Item"), tag=key(TAG)),
        ],
        phases=EXPAND,
    ),
    renamed(
        "M3 table kept, many-to-many",
        [OTHERS[1], thing(a=INTEGER(), tags=many())],
        [OTHERS[1], model("Item", a=INTEGER(), tags=many(), options={"db_table": "shop_thing"})],
        expects=Expects.REFUSED,
        says=("through",),
    ),
    renamed(
        "M4 plain",
        [thing(a=INTEGER())],
        [model("Item", a=INTEGER())],
        expects=Expects.REFUSED,
        says=('db_table = "shop_thing"',),
    ),
    renamed("M4 referenced", ORDERS, purchase(), expects=Expects.REFUSED, says=('db_table = "shop_order"',)),
    renamed(
        "M4 another table of its own",
        [thing({"db_table": "own"}, a=INTEGER())],
        [model("Item", a=INTEGER(), options={"db_table": "other"})],
        expects=Expects.REFUSED,
        says=('db_table = "own"',),
    ),
    Pair(
        "M4 table",
        [thing(a=INTEGER())],
        [thing({"db_table": "own"}, a=INTEGER())],
        expects=Expects.REFUSED,
        says=("shop_thing",),
    ),
    Pair(
        "M4 table by default",
        [thing({"db_table": "own"}, a=INTEGER())],
        [thing(a=INTEGER())],
        expects=Expects.REFUSED,
        says=('"own"',),
    ),
    Pair(
        "M4 table, referenced",
        ORDERS,
        [
            *OTHERS,
            model(
                "Order",
                customer=key(),
                number=INTEGER(),
                status=CHAR(max_length=9, db_index=True),
                options={"db_table": "x"},
            ),
            ORDERS[-1],
        ],
        expects=Expects.REFUSED,
        says=("shop_order",),
    ),
    Pair("M3 table named as it is", [thing(a=INTEGER())], [thing({"db_table": "shop_thing"}, a=INTEGER())], EXPAND),
    # Not renamed, says the author: another model.
    Pair("M2 and M1, not renamed", [thing(a=INTEGER())], [model("Item", a=INTEGER())], BOTH),
]

MOVED = [
    Pair(
        "M5 to another app, table kept",
        [thing(a=INTEGER())],
        [model("Thing", app="store", a=INTEGER(), options={"db_table": "shop_thing"})],
        EXPAND,
    ),
    Pair("M5 to another app", [thing(a=INTEGER())], [model("Thing", app="store", a=INTEGER())], ANY),
]


def option(words: str, phases: str = EXPAND, old: Any = None, **new: Any) -> Pair:
    return Pair(words, [thing(old, a=INTEGER())], [thing(new, a=INTEGER())], phases)


def ordered(words: str, old: Any, new: Any) -> Pair:
    fields = {"a": INTEGER(), "customer": key()}
    return Pair(words, [OTHERS[0], thing(old, **fields)], [OTHERS[0], thing(new, **fields)], BOTH)


OPTIONS = [
    option("M5 options", ordering=["a"], verbose_name="x", permissions=[("p", "P")]),
    option("M5 ordering gone", old={"ordering": ["a"]}),
    option("M5 default related name", default_related_name="things"),
    option("M5 unmanaged", managed=False),
    Pair(
        "M5 managed", [thing({"managed": False}, a=INTEGER())], [thing(a=INTEGER())], EXPAND, open="nobody made a table"
    ),
    option("M5 default permissions", default_permissions=("view",)),
    Pair(
        "M5 managers",
        [thing(a=INTEGER())],
        [ModelState("shop", "Thing", [*thing(a=INTEGER()).fields.items()], {}, managers=[("own", models.Manager())])],
    ),
    option("M5 nothing", NOTHING),
    option("M6 comment", db_table_comment='It\'s "ours"'),
    option("M6 comment changed", old={"db_table_comment": "old"}, db_table_comment="new"),
    option("M6 comment removed", old={"db_table_comment": "old"}),
    ordered("M7 order", {}, {"order_with_respect_to": "customer"}),
    ordered("M7 no order", {"order_with_respect_to": "customer"}, {}),
    option("M8 tablespace of the model", NOTHING, db_tablespace="pg_default"),
    Pair(
        "M8 composite key",
        [model("Note", order=INTEGER(), number=INTEGER())],
        [
            ModelState(
                "shop",
                "Note",
                [("pk", models.CompositePrimaryKey("order", "number")), ("order", INTEGER()), ("number", INTEGER())],
            )
        ],
        expects=Expects.REFUSED,
        says=("note",),
    ),
    Pair(
        "M8 another key",
        [model("Note", number=INTEGER())],
        [ModelState("shop", "Note", [("number", INTEGER(primary_key=True))])],
        expects=Expects.REFUSED,
        says=("note",),
    ),
]

PAIRS = [*RENAMED, *MOVED, *OPTIONS]
