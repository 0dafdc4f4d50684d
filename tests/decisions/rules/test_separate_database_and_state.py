from __future__ import annotations

import pytest
from django.db import models
from django.db.migrations.operations import (
    AddConstraint,
    AddField,
    AddIndex,
    AlterField,
    AlterModelTable,
    CreateModel,
    RemoveField,
    RemoveIndex,
    RunSQL,
    SeparateDatabaseAndState,
)
from django.db.migrations.operations.base import Operation

from django_safemigrate.decisions.rules import Refusal, answer_of
from tests.decisions.states import model, parts, state

ORDER = model(
    "Order", old=models.IntegerField(null=True), options={"indexes": [models.Index(fields=["old"], name="i")]}
)
INDEX = AddIndex("order", models.Index(fields=["id"], name="j"))
ADD = AddField("order", "new", models.IntegerField(null=True))
UNIQUE = AddConstraint("order", models.UniqueConstraint(fields=["old"], name="u"))
TEXT = "Custom state/database change combination"


def separate(*operations: Operation) -> list[str]:
    return parts(SeparateDatabaseAndState([*operations], [RemoveField("order", "old")]), ORDER)


@pytest.mark.parametrize(
    ("operations", "phase", "remark"),
    [
        ([], "expand", " [may wait]"),
        ([INDEX], "expand", " [may wait]"),
        ([ADD], "expand", ""),
        ([INDEX, ADD], "expand", ""),
        ([RemoveIndex("order", "i"), RemoveField("order", "old")], "contract", ""),
        ([UNIQUE], "contract", ""),
        ([ADD, AlterField("order", "new", models.IntegerField(null=True, help_text="Help"))], "expand", ""),
    ],
)
def test_x2_its_phase_is_that_of_its_database_operations(operations: list[Operation], phase: str, remark: str) -> None:
    """Trap 27; each with the state that those before it lead to."""
    assert separate(*operations) == [f"{phase}: {TEXT}{remark}"]


def test_x2_what_nobody_can_see_into_is_said() -> None:
    [line] = separate(RunSQL("SELECT 1"))
    assert line.startswith(f"expand: {TEXT} [Raw SQL operation: nobody can see into it")


def test_x2_work_for_two_phases_is_refused() -> None:
    for operations in ([ADD, RemoveField("order", "old")], [AddField("order", "new", models.IntegerField(default=1))]):
        operation = SeparateDatabaseAndState(operations)
        found = answer_of(operation, "shop", state(ORDER))
        assert isinstance(found, Refusal)
        assert found.parts == (operation,)
        assert found.fact == "shop: a SeparateDatabaseAndState has work for two phases."
        assert 'Before deploy: "Add field new to order"; after deploy: "' in found.reason


def test_x2_what_is_refused_is_refused_here_too() -> None:
    operation = SeparateDatabaseAndState([AlterModelTable("order", "t")])
    found = answer_of(operation, "shop", state(ORDER))
    assert isinstance(found, Refusal)
    assert (found.fact, found.parts) == ("shop: table shop_order of model Order gets the name t.", (operation,))


def test_m5_a_model_that_comes_in_the_state_alone_has_new_permissions() -> None:
    operation = SeparateDatabaseAndState(state_operations=[CreateModel("New", []), CreateModel("Other", [])])
    assert parts(operation, ORDER) == [f"expand: {TEXT} [may wait]"]
    [line] = parts(operation, ORDER, model("ContentType", app="contenttypes"))
    assert "[Django makes a new content type for shop.New, shop.Other, and new permissions with it" in line
