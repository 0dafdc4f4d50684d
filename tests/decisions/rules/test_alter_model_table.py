from __future__ import annotations

from typing import Any

import pytest
from django.db.migrations.operations import AlterModelTable

from django_safemigrate.decisions.rules import Refusal, answer_of
from tests.decisions.states import model, parts, state


@pytest.mark.parametrize(
    ("table", "options"),
    [
        ("shop_order", {}),
        (None, {"db_table": "shop_order"}),
        ("other", {"proxy": True}),
        ("other", {"managed": False}),
    ],
)
def test_m3_the_name_that_the_table_has_is_no_change(table: str | None, options: Any) -> None:
    operation = AlterModelTable("order", table)
    assert parts(operation, model("Order", options=options)) == [f"expand: {operation.describe()} [may wait]"]


@pytest.mark.parametrize(
    ("table", "options", "old", "new"),
    [("t", {}, "shop_order", "t"), (None, {"db_table": "t"}, "t", "shop_order"), ("u", {"db_table": "t"}, "t", "u")],
)
def test_m4_another_table_is_refused_with_the_line_that_keeps_it(
    table: str | None, options: Any, old: str, new: str
) -> None:
    operation = AlterModelTable("order", table)
    found = answer_of(operation, "shop", state(model("Order", options=options)))
    assert isinstance(found, Refusal)
    assert found.parts == (operation,)
    assert found.fact == f"shop: table {old} of model Order gets the name {new}."
    assert found.remedy == f'Keep the table: write db_table = "{old}" into class Meta of Order.'
