"""Whatever has no rule of its own yet goes through as Django writes it, in the phase that it most likely belongs to.

What changes Python only, and what works on a table that nobody uses yet, is safe as it is. The rest is said to be unsafe.
"""

from __future__ import annotations

from typing import Any

from django.db.migrations.operations import (
    AddConstraint,
    AlterField,
    AlterModelManagers,
    AlterModelOptions,
    AlterOrderWithRespectTo,
    CreateModel,
    DeleteModel,
    RemoveField,
)
from django.db.migrations.operations.base import Operation
from django.db.migrations.operations.models import AlterTogetherOptionOperation
from django.db.migrations.state import ProjectState

from django_safemigrate.values.fields import column_of, database_changes

from . import Level, Part

STATE_ONLY = (AlterModelManagers, AlterModelOptions)
TIGHTENING = (AddConstraint, AlterOrderWithRespectTo, DeleteModel, RemoveField)

NOT_YET = "not yet made safe"


def as_django_writes_it(operation: Operation, app_label: str, before: ProjectState) -> list[Part]:
    """One part: the operation itself."""
    if isinstance(operation, STATE_ONLY) or _python_only(operation, app_label, before):
        return [Part(Level.EXPAND, operation, demotable=True)]
    if isinstance(operation, CreateModel) and not any(field.is_relation for _, field in operation.fields):
        return [Part(Level.EXPAND, operation)]
    return [Part(_level(operation, app_label, before), operation, remark=f"{NOT_YET}: {operation.describe()}")]


def _python_only(operation: Operation, app_label: str, before: ProjectState) -> bool:
    if not isinstance(operation, AlterField):
        return False
    old, new = _field(operation, app_label, before), operation.field
    changes = database_changes(old, new)
    same_column = changes == {"db_column"} and column_of(old, operation.name) == column_of(new, operation.name)
    return changes == set() or same_column


def _level(operation: Operation, app_label: str, before: ProjectState) -> Level:
    """Contract where the operation makes the database accept less."""
    if isinstance(operation, TIGHTENING):
        return Level.CONTRACT
    if isinstance(operation, AlterTogetherOptionOperation):
        model = before.models.get((app_label, operation.name_lower))
        had = set((model.options if model else {}).get(operation.option_name) or ())
        return Level.CONTRACT if set(operation.option_value or ()) - had else Level.EXPAND
    if isinstance(operation, AlterField):
        old, new = _field(operation, app_label, before), operation.field
        tightens = (old.null and not new.null) or (new.unique and not old.unique)
        return Level.CONTRACT if tightens else Level.EXPAND
    return Level.EXPAND


def _field(operation: AlterField, app_label: str, before: ProjectState) -> Any:
    return before.models[app_label, operation.model_name_lower].fields[operation.name]
