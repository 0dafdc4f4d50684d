from __future__ import annotations

from typing import Any

import pytest
from django.db import models
from django.db.migrations.operations import CreateModel

from tests.decisions.states import detect, model, notes, parts, state, written

KEY = ("id", models.BigAutoField(primary_key=True))


@pytest.mark.parametrize(
    ("options", "waits"),
    [({}, ""), ({"db_table": "t"}, ""), ({"proxy": True}, " [may wait]"), ({"managed": False}, " [may wait]")],
)
def test_m1_a_new_model_comes_before_its_code(options: dict[str, Any], waits: str) -> None:
    """M5: without a table there is nothing to wait for."""
    operation = CreateModel("New", [KEY], options)
    assert parts(operation, model("Order")) == [f"expand: {operation.describe()}{waits}"]


def test_m1_so_it_does_with_relations_to_models_in_use() -> None:
    fields = {
        "order": models.ForeignKey("shop.Order", models.CASCADE),
        "orders": models.ManyToManyField("shop.Order", related_name="+"),
    }
    changes = detect(state(model("Order")), state(model("Order"), model("Note", **fields)))
    assert written(changes) == {"shop.0002_note": ["Create model Note"]}
    assert notes(changes) == {}
