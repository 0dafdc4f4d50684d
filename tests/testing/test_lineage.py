"""Which model and which field of one version is which of the other."""

from __future__ import annotations

from typing import Any

from django.db import models
from django.db.migrations import operations

from django_safemigrate.testing.lineage import lineages
from tests.decisions.states import model, state

BEFORE = state(model("Order", a=models.IntegerField(), b=models.IntegerField()), model("Note", a=models.IntegerField()))


def new(*its: Any) -> Any:
    return lineages(BEFORE, [("shop", operation) for operation in its])[1]


def test_what_keeps_its_name_is_the_same() -> None:
    old, after = lineages(BEFORE, [])
    assert old == after
    assert old.entity("shop", "Order") == "shop.order"
    assert old.attribute("shop", "Order", "a") == "a"


def test_renames_are_followed() -> None:
    after = new(operations.RenameField("Order", "a", "z"), operations.RenameModel("Order", "Purchase"))
    assert after.entity("shop", "Purchase") == "shop.order"
    assert after.attribute("shop", "Purchase", "z") == "a"
    assert after.attribute("shop", "Purchase", "b") == "b"
    again = new(
        operations.SeparateDatabaseAndState(state_operations=[operations.RenameField("Order", "a", "z")]),
    )
    assert again.attribute("shop", "Order", "z") == "a"


def test_what_is_removed_and_made_again_is_another() -> None:
    after = new(operations.RemoveField("Order", "a"), operations.AddField("Order", "a", models.TextField()))
    assert after.attribute("shop", "Order", "a") != "a"
    after = new(operations.DeleteModel("Note"), operations.CreateModel("Note", [("a", models.TextField())]))
    assert after.entity("shop", "Note") != "shop.note"
    assert after.attribute("shop", "Note", "a") == "a"
