from __future__ import annotations

import pytest
from django.db import models
from django.db.migrations.operations import RenameField

from tests.decisions.states import AnyField, model, parts

MANY = models.ManyToManyField


@pytest.mark.parametrize(
    "field",
    [
        models.IntegerField(db_column="number"),
        models.ForeignKey("shop.Order", models.CASCADE, db_column="order"),
        MANY("shop.Order", db_table="shop_order_x"),
        MANY("shop.Order", through="shop.Order"),
    ],
)
def test_c9_a_field_that_keeps_its_column_is_renamed_any_time(field: AnyField) -> None:
    """Trap 29."""
    [line] = parts(RenameField("order", "x", "y"), model("Order", x=field))
    assert line == "expand: Rename field x on order to y [may wait]"


def test_c9_a_table_in_between_that_would_be_renamed_is_refused() -> None:
    assert parts(RenameField("order", "x", "y"), model("Order", x=MANY("shop.Order"))) == [
        "refused: shop.order.x becomes y, and its table shop_order_x becomes shop_order_y."
    ]
