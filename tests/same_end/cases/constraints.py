"""K: constraints of every kind come, go and change."""

from __future__ import annotations

import django
from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import DateTimeRangeField, IntegerRangeField, RangeBoundary, RangeOperators
from django.contrib.postgres.indexes import OpClass
from django.contrib.postgres.operations import AddConstraintNotValid, BtreeGistExtension, ValidateConstraint
from django.db import models
from django.db.migrations import AddConstraint, AlterUniqueTogether, RemoveConstraint
from django.db.models import CheckConstraint, Deferrable, F, Func, Q, UniqueConstraint
from django.db.models.functions import Lower

from tests.same_end.case import SHOP, Case, model, on_order

THING = model(
    "Thing",
    a=models.CharField(max_length=20),
    b=models.IntegerField(null=True),
    c=models.TextField(db_column="C one"),
    r=IntegerRangeField(),
    start=models.DateTimeField(null=True),
    end=models.DateTimeField(null=True),
)
ROWS = """
INSERT INTO shop_thing (a, b, "C one", r, "start", "end")
    SELECT 'a' || n, n, 'c%' || n, int4range(n, n + 1), '2026-01-01Z'::timestamptz + n * interval '1 day',
        '2026-01-01Z'::timestamptz + (n + 1) * interval '1 day' FROM generate_series(1, 9) n
"""


class TsTzRange(Func):
    function = "TSTZRANGE"
    output_field = DateTimeRangeField()


CONSTRAINTS = {
    "K1 check": CheckConstraint(condition=Q(b__gt=0), name="k"),
    "K1 check with text": CheckConstraint(condition=~Q(a="it's 100%") & ~Q(c__contains="%%"), name="k"),
    "K1 check of two": CheckConstraint(condition=Q(b__lt=F("id") + 5), name="k"),
    "K1 check of a function": CheckConstraint(condition=Q(a=Lower("a")), name="k"),
    "K1 check that is null": CheckConstraint(condition=Q(start__isnull=True) | Q(end__isnull=False), name="Some Check"),
    "K2 unique": UniqueConstraint(fields=["a"], name="k"),
    "K2 unique of two": UniqueConstraint(fields=["a", "b"], name="k"),
    "K2 deferred": UniqueConstraint(fields=["a"], deferrable=Deferrable.DEFERRED, name="k"),
    "K2 deferrable": UniqueConstraint(fields=["a", "c"], deferrable=Deferrable.IMMEDIATE, name="k"),
    "K2 include": UniqueConstraint(fields=["a"], include=["b", "c"], name="k"),
    "K2 opclasses": UniqueConstraint(
        fields=["a", "c"], opclasses=["varchar_pattern_ops", "text_pattern_ops"], name="k"
    ),
    "K2 partial": UniqueConstraint(fields=["a"], condition=Q(b__gt=1) & ~Q(c="%"), name="k"),
    "K2 partial, include": UniqueConstraint(fields=["a"], condition=Q(b__gt=1), include=["c"], name="k"),
    "K2 expressions": UniqueConstraint(Lower("a").desc(), "b", name="k"),
    "K2 expression with opclass": UniqueConstraint(OpClass(Lower("a"), name="varchar_pattern_ops"), name="k"),
    "K2 partial expression": UniqueConstraint(Lower("c"), condition=Q(b__gt=1), name="k"),
    "K2 name with capitals": UniqueConstraint(fields=["a"], name="Unique A"),
    "K2 messages": UniqueConstraint(fields=["a"], name="k", violation_error_message="no", violation_error_code="x"),
    "K3 exclusion": ExclusionConstraint(expressions=[("r", RangeOperators.OVERLAPS)], name="k"),
    "K3 exclusion, partial": ExclusionConstraint(
        expressions=[("r", RangeOperators.OVERLAPS)], condition=Q(b__gt=2), name="k"
    ),
    "K3 exclusion, deferred": ExclusionConstraint(
        expressions=[("r", RangeOperators.OVERLAPS)], deferrable=Deferrable.DEFERRED, name="k"
    ),
    "K3 exclusion, include": ExclusionConstraint(expressions=[("r", RangeOperators.OVERLAPS)], include=["b"], name="k"),
    "K3 exclusion, spgist": ExclusionConstraint(
        expressions=[("r", RangeOperators.OVERLAPS)], index_type="SPGIST", name="k"
    ),
    "K3 exclusion of an expression": ExclusionConstraint(
        expressions=[(TsTzRange("start", "end", RangeBoundary()), RangeOperators.OVERLAPS)], name="k"
    ),
    "K3 exclusion, opclass": ExclusionConstraint(
        expressions=[(OpClass("r", name="range_ops"), RangeOperators.OVERLAPS)], name="k"
    ),
}
SINCE_15 = {
    "K2 nulls not distinct": UniqueConstraint(fields=["b"], nulls_distinct=False, name="k"),
    "K2 nulls distinct": UniqueConstraint(fields=["b"], nulls_distinct=True, name="k"),
    "K2 partial, nulls not distinct": UniqueConstraint(fields=["b"], condition=Q(a=""), nulls_distinct=False, name="k"),
    "K2 nulls not distinct, include": UniqueConstraint(fields=["b"], include=["a"], nulls_distinct=False, name="k"),
}


def on_table(name: str, *change: object, before: tuple[object, ...] = (), **more: object) -> Case:
    return Case(name, change, [THING, *before], ROWS, **more)


def replaced(name: str, old: object, new: object, **more: object) -> Case:
    change = RemoveConstraint("thing", old.name), AddConstraint("thing", new)  # type: ignore[attr-defined]
    return on_table(name, *change, before=(AddConstraint("thing", old),), **more)


EVERY = [(kind, made, 14) for kind, made in CONSTRAINTS.items()] + [(kind, made, 15) for kind, made in SINCE_15.items()]

CASES = [
    *(on_table(kind, AddConstraint("thing", made), since=since) for kind, made, since in EVERY),
    *(
        on_table(
            f"K4 {kind}", RemoveConstraint("thing", made.name), before=(AddConstraint("thing", made),), since=since
        )
        for kind, made, since in EVERY
    ),
    on_table("K1 check, without atomic", AddConstraint("thing", CONSTRAINTS["K1 check"]), atomic=False),
    on_table("K2 unique, without atomic", AddConstraint("thing", CONSTRAINTS["K2 unique"]), atomic=False),
    on_table("K2 partial, without atomic", AddConstraint("thing", CONSTRAINTS["K2 partial"]), atomic=False),
    replaced("K1 check replaced", CONSTRAINTS["K1 check"], CheckConstraint(condition=Q(b__gt=-1), name="k")),
    replaced("K2 unique replaced", CONSTRAINTS["K2 unique"], CONSTRAINTS["K2 expressions"]),
    replaced("K2 unique replaced by deferred", CONSTRAINTS["K2 unique"], CONSTRAINTS["K2 deferred"]),
    replaced("K2 unique replaced by wider", CONSTRAINTS["K2 unique"], CONSTRAINTS["K2 unique of two"], atomic=False),
    on_table(
        "K3 exclusion with equality",
        AddConstraint(
            "thing",
            ExclusionConstraint(expressions=[("b", RangeOperators.EQUAL), ("r", RangeOperators.OVERLAPS)], name="k"),
        ),
        before=(BtreeGistExtension(),),
        needs=("btree_gist",),
    ),
    on_order("K4 unique of a foreign key", RemoveConstraint("order", "shop_unique")),
    on_order("K4 check of a live table", RemoveConstraint("order", "shop_amount"), atomic=False),
    on_order("K5 unique_together on", AlterUniqueTogether("order", {("number", "status"), ("number", "customer")})),
    on_order(
        "K5 unique_together changed",
        AlterUniqueTogether("order", {("number", "status"), ("number", "amount")}),
        before=[*SHOP, AlterUniqueTogether("order", {("number", "note"), ("number", "amount")})],
    ),
    on_order(
        "K5 unique_together off",
        AlterUniqueTogether("order", set()),
        before=[*SHOP, AlterUniqueTogether("order", {("number", "note")})],
    ),
    on_order(
        "K5 unique_together to constraint",
        AlterUniqueTogether("order", set()),
        AddConstraint("order", UniqueConstraint(fields=["number", "note"], name="order_both")),
        before=[*SHOP, AlterUniqueTogether("order", {("number", "note")})],
    ),
    on_table("X3 not valid", AddConstraintNotValid("thing", CONSTRAINTS["K1 check"])),
    on_table(
        "X3 not valid, then validated",
        AddConstraintNotValid("thing", CONSTRAINTS["K1 check"]),
        then=[ValidateConstraint("thing", "k")],
    ),
    on_table(
        "X3 not valid and validated at once",
        AddConstraintNotValid("thing", CONSTRAINTS["K1 check"]),
        ValidateConstraint("thing", "k"),
        atomic=False,
    ),
    on_table(
        "X3 not valid, with rows that are not",
        AddConstraintNotValid("thing", CheckConstraint(condition=Q(b__gt=5), name="k")),
    ),
    on_table(
        "X3 validated",
        ValidateConstraint("thing", "k"),
        before=(AddConstraintNotValid("thing", CONSTRAINTS["K1 check"]),),
    ),
]

if django.VERSION >= (6, 0):
    from django.db.migrations import AlterConstraint

    CASES += [
        on_table(
            "K6 without effect",
            AlterConstraint("thing", "k", CONSTRAINTS["K2 messages"]),
            before=(AddConstraint("thing", CONSTRAINTS["K2 unique"]),),
        ),
    ]
