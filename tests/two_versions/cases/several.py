"""X5: several changes in one run of makemigrations, of one model, of several, and across apps."""

from __future__ import annotations

from typing import Any

from django.db import models
from django.db.migrations.state import ModelState
from django.db.models import SET_NULL, CheckConstraint, Index, Q, UniqueConstraint

from tests.decisions.states import model
from tests.two_versions.pair import (
    ANY,
    BOTH,
    EXPAND,
    ORDER,
    OTHERS,
    TAG,
    THING,
    Expects,
    Pair,
    child,
    key,
    many,
    one,
    order,
    shop,
    thing,
)

INTEGER, TEXT, CHAR = models.IntegerField, models.TextField, models.CharField


def unsplittable(words: str, old: Any, new: Any, **more: Any) -> Pair:
    """Something new in the place of something old: neither phase suits both."""
    return Pair(f"X5 {words}", old, new, expects=Expects.REFUSED, **more)


def a(to: str, app: str = "one", **fields: Any) -> Any:
    return model("A", app=app, other=key(to, null=True), number=INTEGER(), **fields)


def b(to: str, app: str = "two", **fields: Any) -> Any:
    return model("B", app=app, other=key(to, null=True), number=INTEGER(), **fields)


MODEL = [
    Pair(
        "X5 added and removed",
        shop(gone=INTEGER()),
        shop(new=INTEGER(default=1)),
        BOTH,
        expand=("AlterField order.gone", "AddField order.new"),
        contract=("AlterField order.new", "RemoveField order.gone"),
    ),
    Pair(
        "X5 added, removed and changed",
        shop(
            others=OTHERS,
            gone=CHAR(max_length=9, db_index=True),
            a=INTEGER(null=True),
            b=INTEGER(),
            c=CHAR(max_length=9),
        ),
        shop(
            others=OTHERS,
            new=INTEGER(default=1),
            more=key(TAG, SET_NULL, null=True),
            a=INTEGER(default=3),
            b=INTEGER(null=True),
            c=CHAR(max_length=20, db_index=True),
        ),
        BOTH,
    ),
    Pair(
        "X5 one field, several times",
        [thing(a=INTEGER(null=True))],
        [thing(a=INTEGER(default=3, unique=True, db_default=4, help_text="x"))],
    ),
    Pair(
        "X5 one field, looser and stricter", [thing(a=INTEGER(null=True, unique=True))], [thing(a=INTEGER(default=3))]
    ),
    Pair(
        "X5 one field, looser and indexed",
        [thing(a=CHAR(max_length=9))],
        [thing(a=CHAR(max_length=20, null=True, db_index=True))],
        EXPAND,
    ),
    Pair(
        "X5 several fields, several constraints",
        [thing({"unique_together": {("a", "b")}}, a=INTEGER(), b=INTEGER(), c=INTEGER())],
        [
            thing(
                {
                    "indexes": [Index(fields=["b", "c"], name="i")],
                    "constraints": [CheckConstraint(condition=Q(b__gt=0), name="k")],
                },
                b=INTEGER(),
                c=INTEGER(null=True),
                d=INTEGER(db_default=2),
            )
        ],
        BOTH,
    ),
    Pair(
        "X5 key in the place of a column of another name",
        shop(others=OTHERS[:1], name=CHAR(max_length=9)),
        shop(others=OTHERS[:1], who=key(on_delete=SET_NULL, null=True)),
        BOTH,
    ),
    Pair(
        "X5 renamed and changed",
        [thing(a=INTEGER(), b=INTEGER())],
        [thing(z=INTEGER(db_column="a"), b=INTEGER(null=True), c=INTEGER(default=1))],
        BOTH,
        renames=True,
    ),
    Pair(
        "X5 renamed, and in a new index",
        [thing(a=INTEGER())],
        [thing({"indexes": [Index(fields=["z"], name="i")]}, z=INTEGER(db_column="a"))],
        EXPAND,
        renames=True,
    ),
    Pair(
        "X5 renamed, and with a new constraint",
        [thing(a=INTEGER())],
        [thing({"constraints": [UniqueConstraint(fields=["z"], name="k")]}, z=INTEGER(db_column="a"))],
        BOTH,
        renames=True,
    ),
    # Django does not take it for a rename, but for another model in the same table.
    Pair(
        "X5 model renamed and changed",
        [thing(a=INTEGER(), gone=INTEGER())],
        [model("Item", a=INTEGER(null=True), new=INTEGER(default=1), options={"db_table": "shop_thing"})],
        renames=True,
        expects=Expects.REFUSED,
        says=("Create model Item", "Delete model Thing"),
    ),
    unsplittable(
        "another type by the same name",
        [thing(a=INTEGER(null=True))],
        [thing(a=many(THING))],
        says=("thing",),
    ),
    unsplittable(
        "another field in the same column",
        [thing(old=INTEGER(db_column="c"))],
        [thing(new=TEXT(db_column="c", null=True))],
        says=("thing",),
    ),
    unsplittable(
        "many-to-many in the place of a key",
        shop(others=OTHERS[1:], a=key(TAG, null=True)),
        shop(others=OTHERS[1:], a=many()),
        says=("order",),
    ),
    unsplittable(
        "another model with the same table",
        [thing(a=INTEGER())],
        [model("Item", b=TEXT(), options={"db_table": "shop_thing"})],
        says=("Item", "Thing"),
    ),
]

MODELS = [
    Pair(
        "X5 fields of two models",
        [order(gone=INTEGER()), thing(gone=INTEGER(null=True))],
        [order(new=INTEGER(default=1)), thing(new=key(ORDER, null=True))],
        BOTH,
    ),
    Pair(
        "X5 field becomes a model",
        shop(address=CHAR(max_length=20)),
        [*shop(address_of=key("shop.Address", SET_NULL, null=True)), model("Address", text=TEXT())],
        BOTH,
    ),
    Pair(
        "X5 model becomes a field",
        [*shop(), model("Address", order=key(ORDER), text=TEXT())],
        shop(address=TEXT(default="")),
        BOTH,
    ),
    Pair(
        "X5 key to another model, by another name",
        shop(others=OTHERS[:1], a=key(null=True)),
        [*shop(others=OTHERS[:1], b=key("shop.Address", SET_NULL, null=True)), model("Address", text=TEXT())],
        BOTH,
    ),
    Pair(
        "X5 model goes, and what refers to it",
        [
            *shop(others=OTHERS[:1], address=key("shop.Address", SET_NULL, null=True)),
            model("Address", customer=key(), text=TEXT()),
        ],
        shop(others=OTHERS[:1]),
        BOTH,
    ),
    Pair(
        "X5 circular keys on live tables",
        [thing(a=INTEGER()), model("Part", a=INTEGER())],
        [thing(a=INTEGER(), part=key("shop.Part", null=True)), model("Part", a=INTEGER(), thing=key(THING, null=True))],
        EXPAND,
    ),
    Pair(
        "X5 circular keys go",
        [thing(a=INTEGER(), part=key("shop.Part", null=True)), model("Part", a=INTEGER(), thing=key(THING, null=True))],
        [thing(a=INTEGER()), model("Part", a=INTEGER())],
        BOTH,
    ),
    Pair(
        "X5 circular models go",
        [
            thing(a=INTEGER(), part=key("shop.Part", null=True), order=key(ORDER)),
            model("Part", thing=key(THING)),
            *shop(),
        ],
        shop(),
        BOTH,
    ),
    Pair(
        "X5 fields move to a parent",
        [thing(a=INTEGER(), b=INTEGER(default=1))],
        [thing(a=INTEGER()), model("Detail", thing=one(THING), b=INTEGER(default=1))],
        BOTH,
    ),
    Pair(
        "X5 many-to-many gets a model of its own, by another name",
        shop(others=OTHERS[1:], labels=many()),
        [
            *shop(others=OTHERS[1:], labelled=many(through="shop.Labelled")),
            model("Labelled", order=key(ORDER), tag=key(TAG), number=INTEGER(default=0)),
        ],
        BOTH,
    ),
    Pair(
        "X5 constraint with a field of a new model",
        shop(),
        [
            *shop(
                {"constraints": [UniqueConstraint(fields=["shipment", "number"], name="k")]},
                shipment=key("shop.Shipment", SET_NULL, null=True),
            ),
            model("Shipment", a=INTEGER()),
        ],
        BOTH,
    ),
    Pair(
        "X5 parent with fields of children",
        [model("Base", a=INTEGER()), child("Child", "shop.Base", b=INTEGER())],
        [model("Base", a=INTEGER(), c=INTEGER(default=1)), child("Child", "shop.Base", d=INTEGER(null=True))],
        BOTH,
    ),
    Pair(
        "X5 proxy and what it is of",
        shop(),
        [*shop(new=INTEGER(default=1)), ModelState("shop", "Gift", [], {"proxy": True}, ("shop.order",))],
        BOTH,
    ),
]

APPS = [
    Pair(
        "X5 two apps",
        [model("A", app="one", gone=INTEGER()), model("B", app="two", number=INTEGER())],
        [model("A", app="one", new=INTEGER(default=1)), model("B", app="two", number=INTEGER(null=True))],
        BOTH,
    ),
    Pair(
        "X5 key across apps",
        [model("A", app="one", number=INTEGER()), model("B", app="two", number=INTEGER())],
        [a("two.B"), model("B", app="two", number=INTEGER())],
        EXPAND,
    ),
    Pair(
        "X5 circular across apps",
        [model("A", app="one", number=INTEGER()), model("B", app="two", number=INTEGER())],
        [a("two.B"), b("one.A")],
        EXPAND,
    ),
    Pair("X5 circular new apps", [], [a("two.B"), b("one.A")], EXPAND),
    Pair("X5 circular apps go", [a("two.B"), b("one.A"), *OTHERS], OTHERS, ANY),
    Pair(
        "X5 circular across apps, both ways",
        [a("two.B", gone=INTEGER()), b("one.A", gone=INTEGER(null=True))],
        [a("two.B", new=key("two.B", null=True)), b("one.A", new=key("one.A", default=1))],
        BOTH,
    ),
    Pair(
        "X5 target in another app goes",
        [a("two.B"), model("B", app="two", number=INTEGER())],
        [model("A", app="one", number=INTEGER())],
        BOTH,
    ),
    Pair(
        "X5 target in another app replaced",
        [a("two.B"), model("B", app="two", number=INTEGER())],
        [
            model("A", app="one", number=INTEGER(), better=key("two.C", SET_NULL, null=True)),
            model("C", app="two", number=INTEGER()),
        ],
        BOTH,
    ),
    Pair(
        "X5 three apps in a row",
        [
            model("A", app="one", number=INTEGER()),
            model("B", app="two", n=INTEGER()),
            model("C", app="three", n=INTEGER()),
        ],
        [
            a("two.B"),
            model("B", app="two", n=INTEGER(), other=key("three.C", null=True)),
            model("C", app="three", n=INTEGER(null=True), more=INTEGER(default=2)),
        ],
        BOTH,
    ),
    Pair(
        "X5 parent in another app",
        [model("Base", app="one", a=INTEGER())],
        [
            model("Base", app="one", a=INTEGER(), c=INTEGER(default=1)),
            child("Child", "one.Base", app="two", b=INTEGER()),
        ],
        BOTH,
    ),
    Pair(
        "X5 many-to-many across apps",
        [model("A", app="one", number=INTEGER(), gone=many("two.B")), model("B", app="two", number=INTEGER())],
        [model("A", app="one", number=INTEGER()), model("B", app="two", number=INTEGER(), new=many("one.A"))],
        BOTH,
    ),
]

PAIRS = [*MODEL, *MODELS, *APPS]
