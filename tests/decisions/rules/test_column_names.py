"""A column gets another name (row C10): a second one beside it, or the old one stays, as the author says."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import models
from django.db.migrations.operations import AlterField, RenameField
from django.db.models import CASCADE, F, ForeignKey, ManyToManyField

from django_safemigrate.decisions.rules import Question, answer_of
from django_safemigrate.decisions.rules.second_column import RACES
from tests.decisions.rules.test_alter_field import BIG, CHAR, INTEGER, READS_NULL, altered, key
from tests.decisions.rules.test_second_column import KEPT
from tests.decisions.states import AnyField, model, parts, state

ASKED = "asked: shop.order.{}.column"


def way(name: str, before: str, after: str) -> str:
    return f"[shop.order.{name}: {after} is added beside {before}, {KEPT}; either release finds its own]"


def asked(name: str, *lines: str) -> list[str]:
    """The same with either answer: with the second one nothing is written."""
    return [f"asked: shop.order.{name}.column", "1. a second column", *lines, "2. keep the column", *lines]


@pytest.mark.parametrize(
    ("field", "before", "after"),
    [
        (INTEGER(), "x", "y"),
        (CHAR(max_length=9, db_index=True, default="a"), "x", "y"),
        (ForeignKey("shop.Order", CASCADE), "x_id", "y_id"),
        (models.OneToOneField("shop.Order", CASCADE), "x_id", "y_id"),
    ],
)
def test_a_renamed_field_has_two_columns_until_old_code_is_gone(field: AnyField, before: str, after: str) -> None:
    said = way("y", before, after).replace("]", f"; {RACES}]" if field.unique else "]")
    assert parts(RenameField("order", "x", "y"), model("Order", x=field)) == asked(
        "y", f"expand: RenameFieldOnline order.x to y {said}", "contract: Drop the old column x of field y on order"
    )


def test_so_has_one_whose_column_alone_is_renamed() -> None:
    assert altered(INTEGER(), INTEGER(db_column="y")) == asked(
        "x",
        f"expand: AlterFieldOnline order.x models.IntegerField(db_column='y') {way('x', 'x', 'y')}",
        "contract: Drop the old column x of field x on order",
    )


def question(operation: Any, *before: Any) -> Question:
    answer = answer_of(operation, "shop", state(*before))
    assert isinstance(answer, Question)
    return answer


def test_whoever_keeps_the_column_gets_the_line_for_the_model() -> None:
    renamed = question(RenameField("order", "x", "y"), model("Order", x=key(to="shop.Order")))
    assert renamed.text == "shop.order.y: column x_id becomes y_id. How?"
    assert [option.instead for option in renamed.options] == [
        "",
        "y = models.ForeignKey(db_column='x_id', on_delete=models.CASCADE, to='shop.order')",
    ]
    moved = question(AlterField("order", "x", INTEGER()), model("Order", x=INTEGER(db_column="old", null=True)))
    assert [option.instead for option in moved.options] == ["", "x = models.IntegerField(db_column='old')"]


def test_what_loosens_does_so_first_and_what_tightens_last() -> None:
    """New code's values have to fit into the old column, too: the trigger writes them there."""
    assert altered(CHAR(max_length=9, null=True), CHAR(max_length=20, db_column="y", default="")) == asked(
        "x",
        "expand: AlterField order.x models.CharField(db_column='x', default='', max_length=20, null=True)",
        "expand: AlterFieldOnline order.x models.CharField(db_column='y', default='', max_length=20, null=True) "
        + way("x", "x", "y"),
        "contract: Drop the old column x of field x on order",
        f"contract: AlterField order.x models.CharField(db_column='y', default='', max_length=20) {READS_NULL}",
    )


def test_c14_a_plain_field_becomes_a_key_in_a_column_of_another_name() -> None:
    lines = altered(BIG(), key())
    online, end, last = lines[2:5]
    assert online.startswith("expand: AlterFieldOnline order.x models.ForeignKey(db_constraint=False,")
    assert end == "contract: Drop the old column x of field x on order"
    assert last.startswith("contract: AlterField order.x models.ForeignKey(on_delete=")


def test_c14_a_key_becomes_a_plain_field_in_a_column_of_another_name() -> None:
    lines = altered(key(), BIG())
    assert lines[2:6] == [
        "expand: AlterField order.x models.BigIntegerField(db_column='x_id', db_index=True)",
        f"expand: AlterFieldOnline order.x models.BigIntegerField(db_index=True) {way('x', 'x_id', 'x')}",
        "contract: Drop the old column x_id of field x on order",
        "contract: AlterField order.x models.BigIntegerField()",
    ]


def test_c12_uniqueness_is_asked_first() -> None:
    lines = altered(INTEGER(), INTEGER(db_column="y", unique=True))
    assert [line for line in lines if line[0] in "a12"] == [
        *("asked: shop.order.x.unique", "1. after deploy", "2. before deploy")
    ]
    assert sum("AlterFieldOnline" in line for line in lines) == 2


def test_another_type_at_the_same_time_is_refused() -> None:
    refused = "refused: shop.order.x: its column x becomes y, and its type changes."
    assert altered(INTEGER(), BIG(db_column="y")) == [refused]
    assert altered(BIG(), INTEGER(db_column="y")) == [refused]


GENERATED = models.GeneratedField(expression=F("x") + 1, output_field=INTEGER(), db_persist=True)
COMPOSITE = models.CompositePrimaryKey("x", "n")


@pytest.mark.parametrize(
    "models_before",
    [
        [model("Order", x=INTEGER(primary_key=True))],
        [model("Order", id=INTEGER(), x=INTEGER(), n=INTEGER(), pk=COMPOSITE)],
        [model("Order", x=INTEGER(), n=GENERATED)],
    ],
    ids=["key", "composite key", "generated"],
)
def test_what_cannot_have_two_columns_is_refused(models_before: list[Any]) -> None:
    field = models_before[0].fields["x"]
    assert parts(RenameField("order", "x", "y"), *models_before) == ["refused: shop.order.y: its column x becomes y."]
    moved = field.clone()
    moved.db_column = "y"
    assert parts(AlterField("order", "x", moved), *models_before) == ["refused: shop.order.x: its column x becomes y."]


def test_a_model_without_a_table_has_nothing_to_rename() -> None:
    order = model("Order", x=INTEGER(), options={"managed": False})
    assert parts(RenameField("order", "x", "y"), order) == ["expand: Rename field x on order to y [may wait]"]


def test_a_many_to_many_field_with_a_model_in_between_is_no_column() -> None:
    field: Any = ManyToManyField("shop.Order", through="shop.Order")
    assert parts(RenameField("order", "x", "y"), model("Order", x=field)) == [
        "expand: Rename field x on order to y [may wait]"
    ]
