from __future__ import annotations

from django.db import models
from django.db.migrations.operations import AddField
from django.db.migrations.state import ModelState, ProjectState

from django_safemigrate.values.states import unrendered


def test_a_copy_has_no_model_classes_and_a_life_of_its_own() -> None:
    state = ProjectState()
    state.add_model(ModelState("shop", "Order", [("id", models.BigAutoField(primary_key=True))]))
    assert state.apps.get_model("shop", "Order")
    copy = unrendered(state)
    assert "apps" not in vars(copy)
    AddField("order", "note", models.TextField(null=True)).state_forwards("shop", copy)
    assert "note" in copy.models["shop", "order"].fields
    assert "note" not in state.models["shop", "order"].fields
