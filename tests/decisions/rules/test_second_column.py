"""A second column takes the place of the first one (rows C5, C6, C7 and C16); C10 has ``test_column_names``."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.migrations.operations import AlterField
from django.db.models import CASCADE, F, Q, UniqueConstraint
from django.db.models.functions import Lower

from tests.decisions.rules.test_alter_field import BIG, CHAR, INTEGER, READS_NULL, altered, key, phases
from tests.decisions.states import AnyField, Stubborn, model, parts

KEPT = "kept in step by a trigger and filled in batches"
WAY = f"[shop.order.x: by way of a second column, {KEPT}]"
NARROWS = f"[shop.order.x: a row that does not fit stops it; else by way of a second column, {KEPT}]"
END = "contract: Drop the old column of field x on order"


def online(field: str, said: str = WAY, phase: str = "expand") -> str:
    return f"{phase}: AlterFieldOnline order.x models.{field} {said}"


def decimal(digits: int, places: int) -> Any:
    return models.DecimalField(max_digits=digits, decimal_places=places)


REWRITTEN = [
    ("C6", INTEGER(), BIG(), "BigIntegerField()"),
    ("C6", models.SmallIntegerField(null=True), INTEGER(null=True), "IntegerField(null=True)"),
    ("C6", INTEGER(unique=True), BIG(unique=True), "BigIntegerField(unique=True)"),
    ("C6", models.PositiveIntegerField(), models.PositiveBigIntegerField(), "PositiveBigIntegerField()"),
    ("C6", decimal(6, 2), decimal(9, 4), "DecimalField(decimal_places=4, max_digits=9)"),
    (
        "C16",
        CHAR(max_length=9, unique=True),
        CHAR(max_length=9, unique=True, db_collation="C"),
        "CharField(db_collation='C', max_length=9, unique=True)",
    ),
    ("C16", models.SlugField(db_collation="C"), models.SlugField(), "SlugField()"),
]


@pytest.mark.parametrize(("row", "old", "new", "field"), REWRITTEN)
def test_what_both_releases_read_comes_before_deploy_and_the_old_column_goes_after_it(
    row: str, old: AnyField, new: AnyField, field: str
) -> None:
    assert altered(old, new) == [online(field), END]


OTHER = models.CheckConstraint(condition=Q(x__gt="a"), name="c")
EXCLUDED = [ExclusionConstraint(name="c", expressions=[(part, "=")]) for part in ("x", F("x"), Lower("x"), "y")]


@pytest.mark.parametrize(
    ("options", "second"),
    [
        ({}, False),
        ({"constraints": [OTHER]}, False),
        ({"indexes": [models.Index(fields=["y"], name="i")]}, False),
        ({"constraints": [EXCLUDED[3]]}, False),
        ({"unique_together": {("y", "n")}}, False),
        ({"indexes": [models.Index(fields=["-x"], name="i")]}, True),
        ({"indexes": [models.Index(fields=["y"], include=["x"], name="i")]}, True),
        ({"indexes": [models.Index(fields=["y"], condition=Q(x="a"), name="i")]}, True),
        ({"indexes": [models.Index(F("x").desc(), name="i")]}, True),
        ({"unique_together": {("x", "n")}}, True),
        ({"constraints": [UniqueConstraint(fields=["x", "n"], name="c")]}, True),
        *(({"constraints": [one]}, True) for one in EXCLUDED[:3]),
    ],
)
def test_c16_a_collation_is_something_to_indexes_only(options: Any, second: bool) -> None:
    fields = {"x": CHAR(max_length=9), "y": models.TextField(), "n": INTEGER()}
    lines = parts(
        AlterField("order", "x", CHAR(max_length=9, db_collation="C")), model("Order", options=options, **fields)
    )
    in_place = "expand: AlterField order.x models.CharField(db_collation='C', max_length=9)"
    assert lines == ([online("CharField(db_collation='C', max_length=9)"), END] if second else [in_place])


def test_c6_longer_items_of_an_array_are_written_anew() -> None:
    old, new = ArrayField(CHAR(max_length=9)), ArrayField(CHAR(max_length=20))
    assert [line.partition(" ")[0] for line in altered(old, new)] == ["expand:", "contract:"]


@pytest.mark.parametrize(
    ("old", "new", "first", "field"),
    [
        (INTEGER(), BIG(null=True), "IntegerField(null=True)", "BigIntegerField(null=True)"),
        (INTEGER(), BIG(db_default=3), "IntegerField(db_default=3)", "BigIntegerField(db_default=3)"),
        (models.PositiveIntegerField(), BIG(), "IntegerField()", "BigIntegerField()"),
    ],
)
def test_c6_what_loosens_does_so_first_in_the_old_type(old: AnyField, new: AnyField, first: str, field: str) -> None:
    assert altered(old, new) == [f"expand: AlterField order.x models.{first}", online(field), END]


def test_c6_an_index_that_comes_is_built_on_the_second_column_alone() -> None:
    assert altered(INTEGER(), BIG(db_index=True)) == [online("BigIntegerField(db_index=True)"), END]


@pytest.mark.parametrize(
    ("old", "new", "field", "last"),
    [
        (INTEGER(null=True), BIG(default=3), "BigIntegerField(default=3, null=True)", f"(default=3) {READS_NULL}"),
        (INTEGER(db_index=True), BIG(), "BigIntegerField(db_index=True)", "()"),
        (INTEGER(db_default=3), BIG(), "BigIntegerField(db_default=3)", "()"),
    ],
)
def test_c6_what_tightens_does_so_last(old: AnyField, new: AnyField, field: str, last: str) -> None:
    assert altered(old, new) == [online(field), END, f"contract: AlterField order.x models.BigIntegerField{last}"]


def test_c6_with_a_check_that_comes() -> None:
    last = "contract: AlterField order.x models.PositiveBigIntegerField()"
    assert altered(INTEGER(), models.PositiveBigIntegerField()) == [online("BigIntegerField()"), END, last]


def test_c6_a_default_that_is_called_fills_the_new_column() -> None:
    lines = altered(INTEGER(null=True), BIG(default=int), preserve_default=False)
    assert lines == [
        online("BigIntegerField(null=True)"),
        END,
        "contract: Fill x of order where it is NULL, calling its default for each row",
        f"contract: AlterField order.x models.BigIntegerField(default=int), once {READS_NULL}",
    ]


def test_c6_and_c12_uniqueness_is_asked() -> None:
    unique = "contract: AlterField order.x models.BigIntegerField(unique=True)"
    assert altered(INTEGER(), BIG(unique=True)) == [
        *("asked: shop.order.x.unique", "1. after deploy", online("BigIntegerField()"), END, unique),
        *("2. before deploy", online("BigIntegerField(unique=True)"), END),
    ]
    assert altered(INTEGER(unique=True), BIG())[:5] == [
        *("asked: shop.order.x.unique", "1. before deploy", "expand: AlterField order.x models.IntegerField()"),
        *(online("BigIntegerField()"), END),
    ]


def test_c6_another_target_with_a_wider_key() -> None:
    """Old code goes on writing keys of the other table."""
    small = model("Small", id=INTEGER(primary_key=True))
    old, new = key(to="shop.Small"), key(to="shop.Order")
    lines = phases(parts(AlterField("order", "x", new), model("Order", x=old), small))
    assert [line.partition("(")[0] for line in lines] == [
        "expand ForeignKey",
        "expand: AlterFieldOnline order.x models.ForeignKey",
        END,
        "contract ForeignKey",
    ]
    assert [("db_constraint=False" in line) for line in lines] == [True, True, False, False]


# C5


@pytest.mark.parametrize(
    ("old", "new", "field"),
    [
        (CHAR(max_length=9), CHAR(max_length=5), "CharField(max_length=5)"),
        (models.TextField(), CHAR(max_length=5), "CharField(max_length=5)"),
        (BIG(), INTEGER(), "IntegerField()"),
        (CHAR(max_length=9), CHAR(max_length=5, db_collation="C"), "CharField(db_collation='C', max_length=5)"),
    ],
)
def test_c5_a_type_that_takes_less_is_for_the_time_after_deploy(old: AnyField, new: AnyField, field: str) -> None:
    assert altered(old, new) == [online(field, NARROWS, "contract"), END]


def test_c5_what_loosens_does_so_before_deploy_and_what_tightens_last() -> None:
    assert altered(CHAR(max_length=9), CHAR(max_length=5, null=True)) == [
        "expand: AlterField order.x models.CharField(max_length=9, null=True)",
        online("CharField(max_length=5, null=True)", NARROWS, "contract"),
        END,
    ]
    assert altered(BIG(), models.PositiveIntegerField()) == [
        online("IntegerField()", NARROWS, "contract"),
        END,
        "contract: AlterField order.x models.PositiveIntegerField()",
    ]
    assert altered(models.PositiveBigIntegerField(), INTEGER()) == [
        "expand: AlterField order.x models.BigIntegerField()",
        online("IntegerField()", NARROWS, "contract"),
        END,
    ]


# C4 that the server does in place, but for some indexes


@pytest.mark.parametrize(
    ("constraint", "second"),
    [
        (UniqueConstraint(Lower("x"), name="u"), True),
        (UniqueConstraint(fields=["n"], condition=Q(x__gt="a"), name="u"), True),
        (UniqueConstraint(fields=["x"], name="u"), False),
        (UniqueConstraint(fields=["x"], condition=Q(n__gt=1), name="u"), False),
        (UniqueConstraint(Lower("y"), name="u"), False),
        (models.CheckConstraint(condition=Q(x__gt="a"), name="u"), False),
    ],
)
def test_c4_a_unique_index_that_would_be_built_anew_under_the_lock_takes_a_second_column(
    constraint: Any, second: bool
) -> None:
    """Trap 38."""
    fields = {"x": CHAR(max_length=9), "y": models.TextField(), "n": INTEGER()}
    order = model("Order", options={"constraints": [constraint]}, **fields)
    lines = parts(AlterField("order", "x", CHAR(max_length=20)), order)
    wider = "expand: AlterField order.x models.CharField(max_length=20)"
    assert lines == ([online("CharField(max_length=20)"), END] if second else [wider])


# C7


AUTO, BIG_AUTO = models.AutoField(primary_key=True), models.BigAutoField(primary_key=True)


def family(its_key: AnyField) -> list[Any]:
    """``Order`` with this key, and all that refers to it: itself, another model, children, whoever refers to them."""
    link: Any = models.OneToOneField("shop.Order", CASCADE, primary_key=True, parent_link=True)
    return [
        model("Order", id=its_key, parent=key(to="shop.Order")),
        model("Line", order=key(to="shop.Order"), orders=models.ManyToManyField("shop.Order", related_name="+")),
        model("Named", orders=models.ManyToManyField("shop.Order", db_table="named", related_name="+")),
        model("Child", bases=("shop.order",), order_ptr=link),
        model("Toy", app="toys", child=key(to="shop.Child")),
        model("View", options={"managed": False}, order=key(to="shop.Order")),
        model("Other", thing=key(to="shop.Named"), tags=models.ManyToManyField("shop.Named", related_name="+")),
    ]


def rekeyed(old: AnyField, new: AnyField, *more: Any) -> list[str]:
    return parts(AlterField("order", "id", new), *family(old), *more)


ALONG = "; so do the columns that refer to it, in named, shop_child, shop_line, shop_line_orders, shop_order, toys_toy"


def test_c7_a_key_takes_along_what_refers_to_it() -> None:
    assert rekeyed(AUTO, BIG_AUTO) == [
        "expand: AlterFieldOnline order.id models.BigAutoField(primary_key=True) "
        f"[shop.order.id: by way of a second column, {KEPT}{ALONG}]",
        "contract: Drop the old column of field id on order",
    ]


def test_c7_so_does_a_narrower_one_after_deploy() -> None:
    lines = rekeyed(BIG_AUTO, AUTO)
    assert [line.partition(" order.id")[0] for line in lines] == [
        "contract: AlterFieldOnline",
        "contract: Drop the old column of field id on order",
    ]
    assert ALONG in lines[0]


def test_c7_a_unique_field_that_keys_name_does_so_too() -> None:
    lines = parts(
        AlterField("order", "x", BIG(unique=True)),
        model("Order", x=INTEGER(unique=True)),
        model("Line", order=key(to="shop.Order", to_field="x"), other=key(to="shop.Order")),
        model("Tag", orders=models.ManyToManyField("shop.Order")),
    )
    assert lines[0].endswith("; so do the columns that refer to it, in shop_line]")


def test_c7_a_key_that_is_a_plain_number() -> None:
    assert altered(INTEGER(primary_key=True), BIG(primary_key=True)) == [
        online("BigIntegerField(primary_key=True)"),
        END,
    ]


CONTENT_TYPE = models.ForeignKey("contenttypes.ContentType", CASCADE)


def test_c7_generic_relations_are_left_alone_and_named() -> None:
    """Generic foreign keys are in no state: a number called an id beside a content type is the sign of one."""
    notes = model("Note", content_type=CONTENT_TYPE, object_id=models.PositiveIntegerField(), size=INTEGER())
    wide = model("Wide", content_type=CONTENT_TYPE, object_id=models.PositiveBigIntegerField())
    text = model("Text", content_type=CONTENT_TYPE, object_id=models.TextField())
    alone = model("Alone", object_id=models.PositiveIntegerField())
    [line, _] = rekeyed(AUTO, BIG_AUTO, notes, wide, text, alone)
    assert line.endswith(
        f"{ALONG}. Generic relations stay as they are: shop.note.object_id may be for it, and too small for new keys]"
    )
    assert "Generic" not in rekeyed(BIG_AUTO, AUTO, notes)[0]


# What has no second column


def test_what_another_is_computed_from_is_refused() -> None:
    total = models.GeneratedField(expression=F("x") + 1, output_field=BIG(), db_persist=True)
    order = model("Order", x=INTEGER(), total=total)
    assert parts(AlterField("order", "x", BIG()), order) == [
        "refused: shop.order.x: its type changes, and total is computed from it."
    ]
    assert parts(AlterField("order", "x", INTEGER(null=True)), order) == [
        "expand: AlterField order.x models.IntegerField(null=True)"
    ]


def test_a_field_that_does_not_take_what_it_would_have_to_is_refused() -> None:
    [line] = altered(BIG(null=True), Stubborn())
    assert line == "refused: shop.order.x: Alter field x on order"


def test_a_model_without_a_table_has_nothing_to_change() -> None:
    order = model("Order", x=INTEGER(), options={"managed": False})
    [line] = parts(AlterField("order", "x", BIG()), order)
    assert line == "expand: AlterField order.x models.BigIntegerField() [may wait]"
