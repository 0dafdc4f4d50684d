"""A migration of given operations, as checks see it, and what is found in it."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from django.db import migrations, models
from django.db.migrations import Migration
from django.db.migrations.operations.base import Operation
from django.db.migrations.state import ModelState, ProjectState

from django_safemigrate.decisions.assigning import assign
from django_safemigrate.decisions.inferring import Judge, Touches, everywhere
from django_safemigrate.linting.checks.statements import statements
from django_safemigrate.linting.inspected import Conditions, Inspected
from django_safemigrate.values.findings import Finding, MigratesWith
from django_safemigrate.values.limits import SmallTable
from django_safemigrate.values.phases import Safe
from django_safemigrate.values.settings import read_settings
from django_safemigrate.values.sizes import Size

ORDER = [
    ("id", models.BigAutoField(primary_key=True)),
    ("name", models.CharField(max_length=50)),
    ("total", models.DecimalField(max_digits=8, decimal_places=2)),
    ("note", models.TextField(null=True)),
]
CUSTOMER = [("id", models.BigAutoField(primary_key=True))]


def shop() -> ProjectState:
    state = ProjectState()
    state.add_model(ModelState("shop", "Order", [(name, field.clone()) for name, field in ORDER]))
    state.add_model(ModelState("shop", "Customer", [(name, field.clone()) for name, field in CUSTOMER]))
    return state


def inspect(
    operations: Sequence[Operation],
    *,
    atomic: bool = True,
    safe: Safe | None = None,
    migrates_with: MigratesWith = MigratesWith.SAFEMIGRATE,
    sizes: dict[str, Size] | None = None,
    small: SmallTable | None = None,
    new_tables: Collection[str] = (),
    before: ProjectState | None = None,
    touches: Touches = everywhere,
) -> Inspected:
    attributes = {"operations": list(operations), "atomic": atomic, **({"safe": safe} if safe else {})}
    migration: Migration = type("Migration", (Migration,), attributes)("0002_change", "shop")
    state = before or shop()
    inferred = Judge(state, touches=touches).judge(migration)
    return Inspected(
        migration,
        state,
        inferred,
        assign(migration, inferred, read_settings()),
        Conditions(migrates_with, sizes or {}, small=small or SmallTable()),
        new_tables,
    )


def findings(*operations: Operation, **conditions: object) -> list[Finding]:
    return list(statements(inspect(operations, **conditions)))  # type: ignore[arg-type]


def in_sql(*sql: object, **conditions: object) -> list[Finding]:
    """Of one RunSQL for each text."""
    return findings(*(migrations.RunSQL(one) for one in sql), **conditions)  # type: ignore[arg-type]


def codes(found: Sequence[Finding]) -> set[str]:
    return {one.code.code for one in found}
