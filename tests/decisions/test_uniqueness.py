"""What is unique in both versions is there all the time, however each of them says it."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import models
from django.db.models import Q, UniqueConstraint

from tests.decisions.states import detect, model, state, written


def phases(before: dict[str, Any], after: dict[str, Any]) -> dict[str, list[str]]:
    """The operations by phase. Options in capitals are fields' arguments: ``A`` is that of field a."""

    def order(options: dict[str, Any]) -> Any:
        fields = {name: models.IntegerField(**options.get(name.upper(), {})) for name in "abc"}
        return model("Order", **fields, options={key: value for key, value in options.items() if key.islower()})

    changes = written(detect(state(order(before)), state(order(after))))
    return {name.rpartition("_")[2]: its for name, its in changes.items()}


AB = {"constraints": [UniqueConstraint(fields=["a", "b"], name="u")]}
A = {"constraints": [UniqueConstraint(fields=["a"], name="u")]}
BY_FIELD = {"A": {"unique": True}}
TOGETHER = {"unique_together": {("a", "b")}}


@pytest.mark.parametrize(
    ("before", "after", "built", "dropped"),
    [
        (TOGETHER, AB, "Create constraint u", "Alter unique_together"),
        (AB, TOGETHER, "Alter unique_together", "Remove constraint u"),
        (BY_FIELD, A, "Create constraint u", "AlterField order.a models.IntegerField()"),
        (A, BY_FIELD, "AlterField order.a models.IntegerField(unique=True)", "Remove constraint u"),
        (
            AB,
            {"constraints": [UniqueConstraint(fields=["b", "a"], name="v")]},
            "Create constraint v",
            "Remove constraint u",
        ),
    ],
)
def test_the_new_one_is_built_before_the_old_one_goes(before: Any, after: Any, built: str, dropped: str) -> None:
    """Both versions upsert on it."""
    split = phases(before, after)
    assert [line.startswith(built) for line in split["expand"]] == [True]
    assert [line.startswith(dropped) for line in split["contract"]] == [True]


@pytest.mark.parametrize(
    ("before", "after"),
    [
        # With fewer fields there may be duplicates; with a condition nothing follows for the other rows.
        (TOGETHER, A),
        ({"constraints": [UniqueConstraint(fields=["a"], condition=Q(b=1), name="v")]}, A),
        # One name cannot be there twice.
        (AB, {"constraints": [UniqueConstraint(fields=["a", "b"], include=["c"], name="u")]}),
    ],
)
def test_what_does_not_follow_from_it_waits_for_the_contract(before: Any, after: Any) -> None:
    assert any(line.startswith("Create constraint u") for line in phases(before, after)["contract"])


def test_what_follows_from_a_smaller_set_may_come_at_once() -> None:
    after = {"constraints": [UniqueConstraint(fields=["a", "b"], name="v")]}
    [operations] = phases(A, after).values()
    assert operations == ["Remove constraint u from model order", "Create constraint v on model order"]
