"""Which fills are for the rows that are there: those on which nothing behind them in their migration counts."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import migrations, models
from django.db.migrations.state import ModelState, ProjectState

from django_safemigrate.compile.binding import Binding
from django_safemigrate.doing.backfill.meanwhile import is_for_rows_that_are_there
from django_safemigrate.operations import BackfillDefault

FILL = BackfillDefault("order", "token", str)
TIGHTEN = migrations.AlterField("order", "token", models.TextField())
OTHER = migrations.AlterField("order", "note", models.TextField())
CHECK = migrations.AddConstraint("order", models.CheckConstraint(condition=~models.Q(token=""), name="some"))
TOGETHER = migrations.AlterUniqueTogether("order", {("token", "note")})


def apart(*operations: Any) -> migrations.SeparateDatabaseAndState:
    return migrations.SeparateDatabaseAndState(database_operations=list(operations))


@pytest.mark.parametrize(
    ("operations", "expected"),
    [
        ([FILL], True),
        ([TIGHTEN, FILL], True),
        ([FILL, OTHER], True),
        ([FILL, TIGHTEN], False),
        ([FILL, CHECK], False),
        ([FILL, TOGETHER], False),
        ([FILL, apart(TIGHTEN)], False),
        ([apart(FILL, TIGHTEN)], False),
        ([apart(OTHER, FILL), OTHER], True),
    ],
)
def test_what_is_behind_it_decides(operations: list[Any], expected: bool) -> None:
    state = ProjectState()
    fields = [("id", models.BigAutoField(primary_key=True))]
    fields += [(name, models.TextField(null=True)) for name in ("token", "note")]
    state.add_model(ModelState("shop", "Order", fields))
    migration = migrations.Migration("0002", "shop")
    migration.operations = operations
    found = {bound.operation: is_for_rows_that_are_there(migration, bound) for bound in Binding(migration, state)}
    assert found.pop(FILL) is expected
    assert not any(found.values())
