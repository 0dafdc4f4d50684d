"""M1, M2: whole models come and go."""

from __future__ import annotations

import uuid
from typing import Any

import django
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.migrations.state import ModelState
from django.db.models import DO_NOTHING, SET_NULL, CheckConstraint, F, Index, Q, UniqueConstraint
from django.db.models.functions import Lower, Now

from tests.decisions.states import model
from tests.two_versions.pair import (
    ANY,
    BOTH,
    CONTRACT,
    CUSTOMER,
    EXPAND,
    ORDER,
    OTHERS,
    TAG,
    Pair,
    child,
    key,
    many,
    needed,
    one,
    order,
    shop,
    thing,
)

INTEGER, TEXT, CHAR = models.IntegerField, models.TextField, models.CharField
SHOP = [order()]


def made(words: str, *new: ModelState, **more: Any) -> Pair:
    own = beside(*new)
    return Pair(f"M1 {words}", own, [*own, *new], **{"phases": EXPAND, **more})


def deleted(words: str, *gone: ModelState, phases: str, **more: Any) -> Pair:
    own = beside(*gone)
    return Pair(f"M2 {words}", [*own, *gone], own, phases, **more)


def beside(*its: ModelState) -> list[ModelState]:
    """The models that are there before and after."""
    return [*needed(*(field for one in its for field in one.fields.values())), order()]


PLAIN = model("Note", text=CHAR(max_length=20, db_index=True), number=INTEGER(unique=True))
LINKED = model(
    "Note",
    order=key(ORDER),
    parent=key("shop.Note", SET_NULL, null=True),
    tag=one(TAG, to_field="label", null=True),
    tags=many(),
    others=many("shop.Note"),
)
LOOSE = model("Note", by=key(CUSTOMER, DO_NOTHING, db_constraint=False, db_index=False, db_column="who"))
RICH = model(
    "Rich",
    key=models.UUIDField(unique=True, default=uuid.uuid4),
    name=CHAR(max_length=20, unique=True, db_comment='It\'s "quoted"'),
    small=models.PositiveIntegerField(db_default=3),
    made=models.DateTimeField(db_default=Now()),
    twice=models.GeneratedField(expression=F("small") / 2, output_field=INTEGER(), db_persist=True),
    data=models.JSONField(default=dict),
    items=ArrayField(INTEGER(), default=list),
    options={
        "indexes": [
            Index(Lower("name"), name="rich_lower"),
            Index(fields=["small"], condition=Q(name="x"), name="rich_part"),
        ],
        "constraints": [
            CheckConstraint(condition=Q(small__gte=0), name="rich_check"),
            UniqueConstraint(fields=["small", "name"], deferrable=models.Deferrable.DEFERRED, name="rich_late"),
        ],
    },
)
CIRCLE = [
    model("Chicken", name=CHAR(max_length=9), egg=key("shop.Egg", SET_NULL, null=True)),
    model("Egg", chicken=key("shop.Chicken")),
]
THROUGH = [
    model("Box", name=CHAR(max_length=9), orders=many(ORDER, through="shop.BoxOrder")),
    model("BoxOrder", box=key("shop.Box"), order=key(ORDER), number=INTEGER(default=0)),
]
GIFT = child("Gift", ORDER, card=TEXT(default=""))
PROXY = ModelState("shop", "Gift", [], {"proxy": True}, ("shop.order",))
UNMANAGED = model("Gift", a=INTEGER(), options={"managed": False})

CREATED = [
    made("plain", PLAIN),
    made("linked to live tables", LINKED),
    made("linked without constraints", LOOSE),
    made("everything", RICH),
    made("circular", *CIRCLE),
    made("through", *THROUGH),
    made("table name", model("Note", a=INTEGER(unique=True), options={"db_table": "Our notes"})),
    made(
        "unique_together", model("Note", order=key(ORDER), a=INTEGER(), options={"unique_together": {("order", "a")}})
    ),
    made("ordered", model("Note", order=key(ORDER), options={"order_with_respect_to": "order"})),
    made("text key", ModelState("shop", "Note", [("code", CHAR(max_length=20, primary_key=True)), ("a", INTEGER())])),
    made("key that refers", ModelState("shop", "Detail", [("order", one(ORDER, primary_key=True)), ("a", INTEGER())])),
    made("child of a live model", GIFT),
    made("proxy", PROXY),
    made("unmanaged", UNMANAGED, values={"gift.a": None}),
    made(
        "composite key",
        ModelState(
            "shop",
            "Note",
            [("pk", models.CompositePrimaryKey("order_id", "number")), ("order", key(ORDER)), ("number", INTEGER())],
        ),
    ),
    Pair("M1 first of all", [], [thing(a=INTEGER())], EXPAND),
    Pair(
        "M1 in another app",
        SHOP,
        [*SHOP, model("Shelf", app="store", orders=many(ORDER), first=key(ORDER, null=True))],
        EXPAND,
    ),
]

DELETED = [
    deleted("plain", PLAIN, phases=CONTRACT, contract=("DeleteModel note",)),
    deleted("linked to live tables", LINKED, phases=BOTH, contract=("DeleteModel note",)),
    deleted("linked without constraints", LOOSE, phases=CONTRACT),
    deleted("linked by one key", model("Note", order=key(ORDER)), phases=BOTH, contract=("DeleteModel note",)),
    deleted("linked by one-to-one", model("Note", order=one(ORDER, null=True)), phases=BOTH),
    deleted("linked by many-to-many", model("Note", orders=many(ORDER)), phases=BOTH),
    deleted("linked to itself", model("Note", parent=key("shop.Note", null=True)), phases=CONTRACT),
    deleted("everything", RICH, phases=CONTRACT),
    deleted("circular", *CIRCLE, phases=ANY),
    deleted("through", *THROUGH, phases=BOTH),
    deleted(
        "unique_together",
        model("Note", order=key(ORDER), a=INTEGER(), options={"unique_together": {("order", "a")}}),
        phases=BOTH,
    ),
    deleted("without rows", model("Note", order=key(ORDER)), phases=BOTH, rows=0),
    deleted("child of a live model", GIFT, phases=BOTH),
    deleted("proxy", PROXY, phases=EXPAND),
    deleted("unmanaged", UNMANAGED, phases=EXPAND, values={"gift.a": None}),
    Pair("M2 the last of an app", [*SHOP, model("Shelf", app="store", first=key(ORDER))], SHOP, BOTH),
    Pair("M2 referenced", shop(others=OTHERS[1:], label=key(TAG)), shop(), BOTH),
    Pair(
        "M2 deleted and another made",
        [*SHOP, PLAIN],
        [*SHOP, model("Remark", text=TEXT())],
        BOTH,
        expand=("CreateModel remark",),
        contract=("DeleteModel note",),
    ),
    Pair(
        "M2 deleted and made again",
        [*SHOP, model("Note", options={}, number=INTEGER())],
        [*SHOP, ModelState("shop", "Note", [], {"proxy": True}, ("shop.order",))],
        CONTRACT,
    ),
]


PAIRS = [*CREATED, *DELETED]

if django.VERSION >= (6, 1):
    PAIRS += [
        made(
            "rows that the database deletes",
            model("Note", a=key(on_delete=models.DB_CASCADE), b=key(TAG, models.DB_SET_NULL, null=True)),
        ),
        deleted(
            "rows that the database deletes",
            model("Note", a=key(on_delete=models.DB_CASCADE), b=key(TAG, models.DB_SET_NULL, null=True)),
            phases=CONTRACT,
        ),
    ]
