from __future__ import annotations

from django.contrib.postgres.operations import RemoveIndexConcurrently
from django.db import models
from django.db.migrations.operations import RemoveIndex

from tests.decisions.states import detect, model, parts, state, written

INDEX = models.Index(fields=["a"], name="i")
ORDER = model("Order", a=models.IntegerField(null=True), options={"indexes": [INDEX]})


def test_i2_an_index_goes_when_the_code_that_needs_it_is_gone() -> None:
    assert parts(RemoveIndex("order", "i"), ORDER) == ["contract: Remove index i from order"]


def test_i2_concurrently_by_hand_is_the_same() -> None:
    assert parts(RemoveIndexConcurrently("order", "i"), ORDER) == ["contract: Concurrently remove index i from order"]


def test_r6_an_index_goes_before_its_column() -> None:
    assert written(detect(state(ORDER), state(model("Order")))) == {
        "shop.0002_remove_order_i_remove_order_a_contract": ["Remove index i from order", "Remove field a from order"]
    }
