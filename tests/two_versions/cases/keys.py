"""C7: a primary key gets another type, and with it whatever refers to it."""

from __future__ import annotations

from typing import Any

import django
from django.db import models
from django.db.models import SET_NULL, Index, UniqueConstraint

from tests.decisions.states import model
from tests.two_versions.pair import BOTH, CONTRACT, EXPAND, THING, Models, Pair, child, key, many, one

INTEGER, CHAR = models.IntegerField, models.CharField
ONLINE, FINISH = ("AlterFieldOnline thing.id",), ("FinishAlterField thing.id",)


def auto() -> Any:
    return models.AutoField(primary_key=True)


def big() -> Any:
    return models.BigAutoField(primary_key=True)


def parent(its_key: Any, **fields: Any) -> Any:
    return model("Thing", id=its_key, **{"a": INTEGER(), **fields})


def rekeyed(name: str, *beside: Any, old: Any = auto, new: Any = big, **more: Any) -> Pair:
    """The key of ``thing``; ``beside`` are the models that refer to it."""
    fields = more.pop("fields", {})
    more = {"expand": ONLINE, "contract": FINISH, **more}
    befores, afters = ([parent(its(), **fields), *beside] for its in (old, new))
    return Pair(f"C7 {name}", befores, afters, more.pop("phases", BOTH), **more)


def part(**fields: Any) -> Any:
    return model("Part", **fields)


def everything() -> Models:
    return [part(thing=key(THING), things=many(THING))]


TO_ITSELF = {"parent": key(THING, null=True)}

PLAIN = [
    rekeyed("integer to bigint", *everything(), fields=TO_ITSELF),
    rekeyed("integer to bigint, not referenced"),
    rekeyed(
        "smallint to integer",
        *everything(),
        old=lambda: models.SmallAutoField(primary_key=True),
        new=auto,
        fields=TO_ITSELF,
    ),
    rekeyed(
        "plain integer to bigint",
        part(thing=key(THING)),
        old=lambda: INTEGER(primary_key=True),
        new=lambda: models.BigIntegerField(primary_key=True),
    ),
    rekeyed(
        "bigint to integer",
        part(thing=key(THING)),
        old=big,
        new=auto,
        phases=CONTRACT,
        expand=(),
        contract=(*ONLINE, *FINISH),
    ),
    Pair(
        "C4 longer key, referenced",
        [parent(CHAR(max_length=9, primary_key=True)), *everything()],
        [parent(CHAR(max_length=20, primary_key=True)), *everything()],
        EXPAND,
        back=False,
    ),
]

REFERENCED = [
    rekeyed("to itself", fields=TO_ITSELF),
    rekeyed("to itself, many-to-many", fields={"others": many("self")}),
    rekeyed("key", part(thing=key(THING))),
    rekeyed("key, null", part(thing=key(THING, SET_NULL, null=True))),
    rekeyed("key without index", part(thing=key(THING, db_index=False))),
    rekeyed("key without constraint", part(thing=key(THING, db_constraint=False))),
    rekeyed("key with a column of its own", part(thing=key(THING, db_column="Whose"))),
    rekeyed("one-to-one", part(thing=one(THING))),
    rekeyed("two keys of a table", part(thing=key(THING), other=key(THING, null=True))),
    rekeyed("many-to-many", part(things=many(THING))),
    rekeyed("many-to-many from it", part(name=CHAR(max_length=9)), fields={"parts": many("shop.Part")}),
    rekeyed(
        "many-to-many through a model",
        part(things=many(THING, through="shop.Fit")),
        model("Fit", thing=key(THING), part=key("shop.Part"), number=INTEGER(default=0)),
    ),
    rekeyed(
        "key with an index and constraints",
        model(
            "Part",
            thing=key(THING),
            number=INTEGER(),
            options={
                "indexes": [Index(fields=["thing", "number"], name="part_i")],
                "constraints": [UniqueConstraint(fields=["number", "thing"], name="part_u")],
            },
        ),
    ),
    rekeyed(
        "key in unique_together",
        model("Part", thing=key(THING), number=INTEGER(), options={"unique_together": {("thing", "number")}}),
    ),
    rekeyed("key that is a primary key", part(id=one(THING, primary_key=True), a=INTEGER())),
    rekeyed("child", child("Special", THING, more=INTEGER())),
    rekeyed(
        "child that is referenced",
        child("Special", THING, more=INTEGER()),
        part(special=key("shop.Special"), specials=many("shop.Special")),
    ),
    rekeyed("child in another app", child("Special", THING, app="toys", more=INTEGER())),
    rekeyed("key in another app", model("Part", app="toys", thing=key(THING))),
]

if django.VERSION >= (6, 1):
    REFERENCED += [
        rekeyed("key that the database clears up", part(thing=key(THING, models.DB_CASCADE))),
        rekeyed("key that the database sets to null", part(thing=key(THING, models.DB_SET_NULL, null=True))),
    ]


def family(its: Any) -> Models:
    """As after a change of ``DEFAULT_AUTO_FIELD``."""
    return [
        model("Customer", id=its(), name=CHAR(max_length=20)),
        model("Thing", id=its(), a=INTEGER(), customer=key()),
        model("Part", id=its(), thing=key(THING)),
    ]


ALL = Pair(
    "C7 all keys at once",
    family(auto),
    family(big),
    BOTH,
    expand=tuple(f"AlterFieldOnline {name}.id" for name in ("customer", "thing", "part")),
    contract=tuple(f"FinishAlterField {name}.id" for name in ("customer", "thing", "part")),
)

PAIRS = [*PLAIN, *REFERENCED, ALL]
