"""States whose copies share their models: what one changes, the other does not see."""

from __future__ import annotations

from django.db import models
from django.db.migrations.operations import (
    AddField,
    AlterModelOptions,
    CreateModel,
    DeleteModel,
    RenameField,
    RenameModel,
)
from django.db.migrations.operations.base import Operation

from django_safemigrate.linting.states import LightState

FOR_ALL: list[Operation] = [
    CreateModel("Customer", [("id", models.BigAutoField(primary_key=True)), ("name", models.TextField())]),
    CreateModel(
        "Order",
        [
            ("id", models.BigAutoField(primary_key=True)),
            ("customer", models.ForeignKey("shop.Customer", models.CASCADE)),
        ],
    ),
]


def state_after(*operations: Operation, of: LightState | None = None) -> LightState:
    state = of or LightState()
    for operation in operations:
        operation.state_forwards("shop", state)
    return state


def test_a_copy_and_its_original_change_on_their_own() -> None:
    original = state_after(*FOR_ALL)
    copy = original.clone()
    state_after(
        AddField("order", "note", models.TextField()), AlterModelOptions("customer", {"ordering": ["id"]}), of=copy
    )
    state_after(AddField("order", "gift", models.TextField()), of=original)
    assert set(copy.models["shop", "order"].fields) == {"id", "customer", "note"}
    assert set(original.models["shop", "order"].fields) == {"id", "customer", "gift"}
    assert original.models["shop", "customer"].options.get("ordering") is None


def test_a_rename_changes_the_models_that_refer_to_it_in_one_of_them() -> None:
    original = state_after(*FOR_ALL)
    copy = original.clone()
    state_after(RenameModel("Customer", "Client"), RenameField("client", "name", "called"), of=copy)
    assert copy.models["shop", "order"].fields["customer"].remote_field.model == "shop.Client"
    assert original.models["shop", "order"].fields["customer"].remote_field.model == "shop.Customer"
    assert ("shop", "customer") in original.models
    assert ("shop", "customer") not in copy.models


def test_what_is_deleted_stays_in_the_other() -> None:
    original = state_after(*FOR_ALL)
    copy = original.clone()
    state_after(DeleteModel("Order"), of=copy)
    assert copy.models.get(("shop", "order")) is None
    assert copy.models.pop(("shop", "order"), "none") == "none"
    assert original.models.pop(("shop", "order")).name == "Order"


def test_rendered_models_are_copied_as_well() -> None:
    original = state_after(*FOR_ALL)
    assert original.apps.get_model("shop", "Order")
    copy = state_after(AddField("order", "note", models.TextField()), of=original.clone())
    assert copy.apps.get_model("shop", "Order")._meta.get_field("note")
    assert not [one for one in original.apps.get_model("shop", "Order")._meta.get_fields() if one.name == "note"]
