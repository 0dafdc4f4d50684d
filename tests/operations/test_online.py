"""Of the operations for changes beside reads and writes: what they are to the optimizer, and to whoever asks."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import models
from django.db.migrations.operations import AddField, AlterField, RenameField, RunPython

from django_safemigrate.catalog.sequences import Sequence
from django_safemigrate.operations import AlterFieldOnline, FinishAlterField, FinishRenameField, RenameFieldOnline

ALTERED = AlterFieldOnline("order", "amount", models.BigIntegerField())
RENAMED = RenameFieldOnline("order", "number", "reference")


@pytest.mark.parametrize(
    ("operation", "finish", "plain"),
    [
        (ALTERED, FinishAlterField("Order", "amount"), AlterField),
        (RENAMED, FinishRenameField("Order", "number", "reference"), RenameField),
    ],
)
def test_a_change_and_its_end_are_djangos_operation_in_a_squashed_history(
    operation: Any, finish: Any, plain: type[Any]
) -> None:
    (made,) = operation.reduce(finish, "shop")
    assert type(made) is plain
    assert made.deconstruct()[1:] == operation.deconstruct()[1:]


@pytest.mark.parametrize(("operation", "past"), [(ALTERED, True), (RENAMED, False)])
def test_what_has_nothing_to_do_with_it_changes_nothing(operation: Any, past: bool) -> None:
    """True: the optimizer may go past it. Nothing goes past a rename, which Django would merge with the next one."""
    assert operation.reduce(AddField("customer", "name", models.CharField(max_length=9)), "shop") is past
    assert operation.reduce(RunPython(RunPython.noop), "shop") is False


def test_an_end_is_about_its_field() -> None:
    finish = FinishRenameField("Order", "number", "reference")
    assert finish.is_about("order", "reference")
    assert finish.references_model("order", "shop")
    assert finish.references_field("order", "reference", "shop")
    assert not finish.references_field("order", "number", "shop")
    assert not finish.references_model("customer", "shop")


def test_a_sequence_that_counts_in_a_way_of_its_own_goes_on_so() -> None:
    usual = Sequence("s", "integer", 1, 1, 1, 2**31 - 1, 1, False, [])
    assert usual.options("bigint") == ""
    own = Sequence("s", "integer", 5, 2, 3, 1000, 10, True, [])
    assert own.options("bigint") == " INCREMENT BY 2 MAXVALUE 1000 MINVALUE 3 START WITH 5 CACHE 10 CYCLE"
    assert "MAXVALUE 32767" in Sequence("s", "integer", 1, 1, 1, 100_000, 1, False, []).options("smallint")
