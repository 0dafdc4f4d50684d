"""Whether a migration gives another name to something that the names of indexes and constraints are made of."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.db.migrations.operations import (
    AlterField,
    AlterModelTable,
    RenameField,
    RenameModel,
    SeparateDatabaseAndState,
)
from django.db.migrations.operations.base import Operation
from django.db.migrations.state import ProjectState

from django_safemigrate.values.fields import column_of
from django_safemigrate.values.operations import on_the_database
from django_safemigrate.values.states import unrendered

_RENAMES = (RenameModel, RenameField, AlterModelTable)


def renames(operations: Sequence[Operation], app_label: str, state: ProjectState) -> bool:
    """``state``: before them; it is not changed. What is on the state alone renames nothing."""
    if any(isinstance(one, _RENAMES) for one in on_the_database(operations)):
        return True
    if not any(isinstance(one, AlterField) for one in on_the_database(operations)):
        return False
    return _alters_a_name(operations, app_label, unrendered(state))


def _alters_a_name(operations: Sequence[Operation], app_label: str, state: ProjectState) -> bool:
    for operation in operations:
        if isinstance(operation, SeparateDatabaseAndState):
            if _alters_a_name(operation.database_operations, app_label, unrendered(state)):
                return True
        elif isinstance(operation, AlterField):
            old = state.models[app_label, operation.model_name_lower].fields[operation.name]
            if _names(old, operation.name) != _names(operation.field, operation.name):
                return True
        operation.state_forwards(app_label, state)
    return False


def _names(field: Any, name: str) -> tuple[str | None, str | None]:
    """The column of a field; the table that it names for its many-to-many relation."""
    return column_of(field, name), getattr(field, "db_table", None)
