"""K: constraints of every kind come, go and change."""

from __future__ import annotations

from typing import Any

import django
from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import IntegerRangeField, RangeOperators
from django.db import models
from django.db.models import CheckConstraint, Deferrable, F, Q, UniqueConstraint
from django.db.models.functions import Lower

from tests.decisions.states import model
from tests.two_versions.pair import ANY, BOTH, CONTRACT, EXPAND, OTHERS, Expects, Pair, key, shop

REFERS = model("Note", thing=key("shop.Thing"))


def thing(*constraints: Any, **options: Any) -> list[Any]:
    return [
        model(
            "Thing",
            a=models.CharField(max_length=20),
            b=models.IntegerField(null=True),
            c=models.TextField(db_column="C one"),
            number=models.IntegerField(),
            start=models.DateField(null=True),
            options={"constraints": list(constraints), **options},
        ),
        REFERS,
    ]


CHECKS = {
    "check": CheckConstraint(condition=Q(number__gt=0), name="k"),
    "check of what may be null": CheckConstraint(condition=Q(b__gt=0), name="k"),
    "check with text": CheckConstraint(condition=~Q(a="it's 100%") & ~Q(c__contains="%%"), name="k"),
    "check of two": CheckConstraint(condition=Q(number__lt=F("id") + 1_000_000_000), name="k"),
    "check of a function": CheckConstraint(condition=Q(a=Lower("a")), name="k"),
    "check that is null": CheckConstraint(condition=Q(start__isnull=True) | Q(b__isnull=False), name="Some Check"),
}
UNIQUE = {
    "unique": UniqueConstraint(fields=["a"], name="k"),
    "unique of what may be null": UniqueConstraint(fields=["b"], name="k"),
    "unique of two": UniqueConstraint(fields=["a", "b"], name="k"),
    "deferred": UniqueConstraint(fields=["a"], deferrable=Deferrable.DEFERRED, name="k"),
    "deferrable": UniqueConstraint(fields=["a", "c"], deferrable=Deferrable.IMMEDIATE, name="k"),
    "include": UniqueConstraint(fields=["a"], include=["b", "c"], name="k"),
    "opclasses": UniqueConstraint(fields=["a", "c"], opclasses=["varchar_pattern_ops", "text_pattern_ops"], name="k"),
    "partial": UniqueConstraint(fields=["a"], condition=Q(b__gt=1) & ~Q(c="%"), name="k"),
    "expressions": UniqueConstraint(Lower("a").desc(), "number", name="k"),
    "partial expression": UniqueConstraint(Lower("c"), condition=Q(number__gt=1), name="k"),
    "name with capitals": UniqueConstraint(fields=["a"], name="Unique A"),
}
SINCE_15 = {"nulls not distinct": UniqueConstraint(fields=["a", "b"], nulls_distinct=False, name="k")}


def added(words: str, constraint: Any, **more: Any) -> Pair:
    """It waits for the contract: rows of old code may break it."""
    name = f"AddConstraint thing.{constraint.name.lower()}"
    return Pair(words, thing(), thing(constraint), CONTRACT, **{"contract": (name,), **more})


def removed(words: str, constraint: Any, **more: Any) -> Pair:
    """New code may write what it forbids."""
    name = f"RemoveConstraint thing.{constraint.name.lower()}"
    return Pair(words, thing(constraint), thing(), EXPAND, **{"expand": (name,), **more})


def replaced(words: str, old: Any, new: Any, **more: Any) -> Pair:
    return Pair(words, thing(old), thing(new), **{"phases": BOTH, **more})


def together(words: str, old: Any, new: Any, phases: str, **more: Any) -> Pair:
    befores, afters = [thing(unique_together=its) for its in (old, new)]
    return Pair(f"K5 {words}", befores, afters, phases, **more)


def ranged(*constraints: Any) -> list[Any]:
    own = model(
        "Thing", r=IntegerRangeField(), number=models.IntegerField(), options={"constraints": list(constraints)}
    )
    return [own, REFERS]


EXCLUSIONS = {
    "exclusion": ExclusionConstraint(expressions=[("r", RangeOperators.OVERLAPS)], name="k"),
    "exclusion, partial": ExclusionConstraint(
        expressions=[("r", RangeOperators.OVERLAPS)], condition=Q(number__gt=2), name="k"
    ),
    "exclusion, deferred": ExclusionConstraint(
        expressions=[("r", RangeOperators.OVERLAPS)], deferrable=Deferrable.DEFERRED, name="k"
    ),
}

PAIRS = [
    *(added(f"K1 {words}", its) for words, its in CHECKS.items()),
    *(added(f"K2 {words}", its) for words, its in UNIQUE.items()),
    *(added(f"K2 {words}", its, server=15) for words, its in SINCE_15.items()),
    *(Pair(f"K3 {words}", ranged(), ranged(its), CONTRACT, expects=Expects.LARGE) for words, its in EXCLUSIONS.items()),
    *(removed(f"K4 {words}", its) for words, its in (CHECKS | UNIQUE).items()),
    *(removed(f"K4 {words}", its, server=15) for words, its in SINCE_15.items()),
    Pair("K4 exclusion", ranged(EXCLUSIONS["exclusion"]), ranged(), EXPAND),
    added("K1 check, without rows", CHECKS["check"], rows=0),
    added("K2 unique, without rows", UNIQUE["unique"], rows=0),
    replaced("K1 check replaced", CHECKS["check"], CheckConstraint(condition=Q(number__gt=-1), name="k")),
    replaced(
        "K1 check replaced by another name", CHECKS["check"], CheckConstraint(condition=Q(number__gt=-1), name="l")
    ),
    replaced("K2 unique replaced by expressions", UNIQUE["unique"], UNIQUE["expressions"]),
    replaced("K2 unique replaced by deferred", UNIQUE["unique"], UNIQUE["deferred"]),
    replaced("K2 unique replaced by wider", UNIQUE["unique"], UNIQUE["unique of two"]),
    replaced("K2 name", UNIQUE["unique"], UNIQUE["name with capitals"], phases=ANY),
    Pair(
        "K1 check on a new field",
        shop(),
        shop({"constraints": [CheckConstraint(condition=Q(new__gt=0), name="k")]}, new=models.IntegerField(default=1)),
        BOTH,
    ),
    Pair(
        "K2 unique of a new field",
        shop(),
        shop(
            {"constraints": [UniqueConstraint(fields=["new", "number"], name="k")]}, new=models.IntegerField(null=True)
        ),
        BOTH,
    ),
    Pair(
        "K2 of a foreign key",
        shop(others=OTHERS[:1], customer=key()),
        shop(
            {"constraints": [UniqueConstraint(fields=["customer", "number"], name="k")]},
            others=OTHERS[:1],
            customer=key(),
        ),
        CONTRACT,
    ),
    together("unique_together on", set(), {("a", "number")}, CONTRACT),
    together("unique_together on, null", set(), {("a", "b")}, CONTRACT),
    together("unique_together off", {("a", "number")}, set(), EXPAND),
    together("unique_together wider", {("a", "number")}, {("a", "number", "b")}, EXPAND),
    together("unique_together and another", {("a", "number")}, {("a", "number"), ("b", "number")}, CONTRACT),
    together("unique_together one of two off", {("a", "number"), ("a", "b")}, {("a", "b")}, EXPAND),
    together("unique_together in another order", {("a", "number")}, {("number", "a")}, ANY),
    Pair(
        "K5 unique_together of a key",
        shop(others=OTHERS[:1], customer=key()),
        shop({"unique_together": {("customer", "number")}}, others=OTHERS[:1], customer=key()),
        CONTRACT,
    ),
    Pair(
        "K5 unique_together to a constraint",
        thing(unique_together={("a", "number")}),
        thing(UniqueConstraint(fields=["a", "number"], name="k")),
        BOTH,
    ),
    Pair(
        "K6 messages",
        thing(UNIQUE["unique"]),
        thing(UniqueConstraint(fields=["a"], name="k", violation_error_message="no", violation_error_code="x")),
        EXPAND if django.VERSION >= (6, 0) else ANY,
    ),
    Pair(
        "K6 messages of a check",
        thing(CHECKS["check"]),
        thing(CheckConstraint(condition=Q(number__gt=0), name="k", violation_error_message="no")),
        EXPAND if django.VERSION >= (6, 0) else ANY,
    ),
]
