"""Operations of other packages: which phase they go to, and what they leave alone."""

from __future__ import annotations

import pytest
from django.db import models
from django.db.migrations import Migration
from django.db.migrations.operations import AddField, RemoveField, RunPython, RunSQL
from django.db.migrations.operations.base import Operation

from django_safemigrate.decisions.splitting import Conflict, split
from django_safemigrate.operations import InOneTransaction
from tests.decisions.others import COUNT, PROTECT, AddTrigger, Partition, RemoveTrigger
from tests.decisions.states import model, parts, state

NUMBER = models.IntegerField(null=True)
TRIGGERS = {"options": {"triggers": [PROTECT, COUNT]}}
ORDER = model("Order", old=NUMBER, **TRIGGERS)  # type: ignore[arg-type]


def migration(number: int, *operations: Operation, app: str = "shop") -> Migration:
    made: Migration = type("Migration", (Migration,), {"operations": list(operations)})(f"auto_{number}", app)
    return made


def phases(*operations: Operation) -> list[list[str]]:
    """What runs before deploy, and what after it, of a change of this app."""
    return split_up({"shop": [migration(1, *operations)]})


def split_up(changes: dict[str, list[Migration]]) -> list[list[str]]:
    before = state(ORDER, model("Line", old=NUMBER), model("Order", app="other", **TRIGGERS))  # type: ignore[arg-type]
    result = split(changes, before, lasts={app: (app, "0001_initial") for app in changes})
    assert not isinstance(result, Conflict), result.refusal.fact
    assert not result.refusals
    return [[operation.describe() for operation in one.operations] for its in result.changes.values() for one in its]


@pytest.mark.parametrize(
    ("operation", "expected"),
    [
        (
            AddTrigger("order", COUNT),
            "expand: Create trigger count [trigger count of order: from then on it runs for the old code's writes, too]",
        ),
        (
            AddTrigger("order", PROTECT),
            "contract: Create trigger protect [trigger protect of order: the old code may still write what it refuses]",
        ),
        (
            RemoveTrigger("order", "protect"),
            "expand: Remove trigger protect [trigger protect of order: the new code may write what it refuses]",
        ),
        (
            RemoveTrigger("order", "count"),
            "contract: Remove trigger count [trigger count of order: the old code may count on it; until then it runs "
            "for the new code's writes]",
        ),
        (
            InOneTransaction([RemoveTrigger("order", "count"), AddTrigger("order", COUNT)]),
            "expand: In one transaction: Remove trigger count; Create trigger count "
            "[trigger count of order: "
            "from then on the new one runs for the old code's writes, too]",
        ),
        (
            Partition("order"),
            "expand: Partition order [Partition order: nobody can see into it, so it runs as it is written] [may wait]",
        ),
        (
            RunSQL("SELECT 1"),
            "expand: Raw SQL operation [Raw SQL operation: nobody can see into it, so it runs as it is written] "
            "[may wait]",
        ),
    ],
    ids=["adds", "refuses", "no longer refuses", "goes", "replaced", "unknown", "SQL"],
)
def test_the_phase(operation: Operation, expected: str) -> None:
    assert parts(operation, ORDER) == [expected]


def test_a_trigger_that_nobody_knows_refuses_nothing() -> None:
    assert parts(RemoveTrigger("order", "unknown"), ORDER)[0].startswith("contract: Remove trigger unknown")
    assert parts(RemoveTrigger("nothing", "count"), ORDER)[0].startswith("contract: Remove trigger count")


def test_a_trigger_is_replaced_where_it_comes_again() -> None:
    """Nothing is written without it meanwhile: each operation has a transaction of its own, and these two share one."""
    assert phases(
        RemoveTrigger("order", "count"),
        RemoveTrigger("order", "protect"),
        RemoveField("order", "old"),
        AddField("order", "new", NUMBER),
        AddTrigger("order", COUNT),
        AddTrigger("order", PROTECT),
    ) == [
        [
            "Add field new to order",
            "In one transaction: Remove trigger count; Create trigger count",
            "In one transaction: Remove trigger protect; Create trigger protect",
        ],
        ["Remove field old from order"],
    ]


def test_a_trigger_is_replaced_also_where_django_writes_several_migrations() -> None:
    first, second = RemoveTrigger("order", "count"), AddTrigger("order", COUNT)
    changes = {"shop": [migration(1, first), migration(2, second)], "other": [migration(1, second, app="other")]}
    assert split_up(changes) == [
        ["In one transaction: Remove trigger count; Create trigger count"],
        ["Create trigger count"],
    ]


def test_triggers_of_other_models_are_others() -> None:
    assert phases(RemoveTrigger("order", "protect"), AddTrigger("line", PROTECT)) == [
        ["Remove trigger protect"],
        ["Create trigger protect"],
    ]


@pytest.mark.parametrize("unknown", [Partition("order"), Partition(None), RunPython(RunPython.noop)], ids=str)
def test_what_nobody_knows_waits_for_what_it_may_need(unknown: Operation) -> None:
    assert phases(RemoveField("order", "old"), unknown) == [["Remove field old from order", unknown.describe()]]


def test_what_nobody_knows_does_not_wait_for_other_models() -> None:
    assert phases(RemoveField("line", "old"), Partition("order"), AddField("order", "new", NUMBER)) == [
        ["Partition order", "Add field new to order"],
        ["Remove field old from line"],
    ]
