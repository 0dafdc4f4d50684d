from __future__ import annotations

from typing import Any

import pytest
from django.db import models
from django.db.migrations.operations import AlterIndexTogether, AlterUniqueTogether

from django_safemigrate.decisions.rules import Level, answer_of
from tests.decisions.states import model, state

AB, AC, BC, BA, ABC = ("a", "b"), ("a", "c"), ("b", "c"), ("b", "a"), ("a", "b", "c")


def sets(kind: Any, before: Any, after: Any) -> list[tuple[str, Any]]:
    """The phases with the value that the option has at their end."""
    fields = {name: models.IntegerField() for name in "abc"}
    order = model("Order", **fields, options={kind.option_name: before})
    answer = answer_of(kind("order", after), "shop", state(order))
    assert isinstance(answer, list)
    only_new_indexes = kind is AlterIndexTogether and len(answer) == 1 and answer[0].level is Level.EXPAND
    assert all(type(part.operation) is kind and part.demotable is only_new_indexes for part in answer)
    return [(part.level.name.lower(), part.operation.option_value) for part in answer]


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        ({AB}, {AB}, [("expand", {AB})]),
        ({AB}, set(), [("expand", set())]),
        ({AB}, None, [("expand", None)]),
        ({AB, AC}, {AC}, [("expand", {AC})]),
        (set(), {AB}, [("contract", {AB})]),
        (None, {AB}, [("contract", {AB})]),
        ({AB}, {AB, AC}, [("contract", {AB, AC})]),
        ({AB, AC}, {AC, BC}, [("expand", {AC}), ("contract", {AC, BC})]),
        ({AB}, {AC}, [("expand", set()), ("contract", {AC})]),
        ({AB}, {BA}, [("expand", {AB, BA}), ("contract", {BA})]),
        ({AB}, {ABC}, [("expand", {ABC})]),
        ({ABC}, {AB}, [("contract", {AB})]),
        ({AB, ABC}, {AB}, [("contract", {AB})]),
        ({AB}, {AB, ABC}, [("expand", {AB, ABC})]),
        ([["a", "b"]], {AB, AC}, [("contract", {AB, AC})]),  # as RenameField leaves it
    ],
)
def test_k5_what_is_unique_in_both_versions_stays_in_between(before: Any, after: Any, expected: Any) -> None:
    assert sets(AlterUniqueTogether, before, after) == expected


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        ({AB}, {AB}, [("expand", {AB})]),
        (None, {AB}, [("expand", {AB})]),
        ({AB}, {AB, AC}, [("expand", {AB, AC})]),
        ({AB}, set(), [("contract", set())]),
        ({AB, AC}, {AC}, [("contract", {AC})]),
        ({AB, AC}, {AC, BC}, [("expand", {AB, AC, BC}), ("contract", {AC, BC})]),
    ],
)
def test_k5_both_versions_have_their_indexes_in_between(before: Any, after: Any, expected: Any) -> None:
    assert sets(AlterIndexTogether, before, after) == expected
