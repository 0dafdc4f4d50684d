from __future__ import annotations

from typing import Any

import pytest
from django.db import models
from django.db.migrations.operations import AlterOrderWithRespectTo

from django_safemigrate.operations import AlterOrder, DropOrderDefault, KeepOrderDefault
from tests.decisions.states import ModelState, check_levels, detect, model, parts, state


def line(order: str | None, **options: Any) -> ModelState:
    fields = {name: models.ForeignKey("shop.Order", models.CASCADE, related_name="+") for name in ("a", "b")}
    return model("Line", **fields, options={**({"order_with_respect_to": order} if order else {}), **options})


def test_m7_old_code_inserts_rows_without_an_order() -> None:
    assert parts(AlterOrderWithRespectTo("line", "a"), line(None)) == [
        "expand: Set order_with_respect_to on line to a",
        "contract: Drop the default of _order of line in the database",
    ]


def test_m7_new_code_inserts_rows_without_an_order() -> None:
    assert parts(AlterOrderWithRespectTo("line", None), line("a")) == [
        "expand: Give _order of line a default in the database",
        "contract: Set order_with_respect_to on line to None",
    ]


@pytest.mark.parametrize(
    ("before", "after"),
    [(line("a"), "b"), (line(None), None), (line("a", managed=False), None), (line(None, proxy=True), "a")],
)
def test_m7_without_a_column_that_comes_or_goes_it_is_python_only(before: ModelState, after: str | None) -> None:
    operation = AlterOrderWithRespectTo("line", after)
    assert parts(operation, before) == [f"expand: {operation.describe()} [may wait]"]


def test_m7_what_a_migration_says_that_was_written_by_hand() -> None:
    assert parts(AlterOrder("line", "a"), line(None))[0].startswith("expand: ")
    assert parts(AlterOrder("line", None), line("a"))[0].startswith("contract: ")
    assert parts(KeepOrderDefault("line"), line("a"))[0].startswith("expand: ")
    assert parts(DropOrderDefault("line"), line("a"))[0].startswith("contract: ")


def test_m7_the_field_and_its_order_go_together() -> None:
    order, field = model("Order"), models.ForeignKey("shop.Order", models.CASCADE)
    ordered = model("Line", order=field, options={"order_with_respect_to": "order"})
    before = state(order, ordered)
    changes = detect(before, state(order, model("Line")))
    check_levels(before, changes)
    expand, contract = changes["shop"]
    assert expand.operations[0].describe() == "Give _order of line a default in the database"
    assert [operation.describe() for operation in contract.operations] == [
        "Set order_with_respect_to on line to None",
        "Remove field order from line",
    ]
