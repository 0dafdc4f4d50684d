"""RenameField: a field that keeps its column is another name in Python, and nothing in the database."""

from __future__ import annotations

from django.db.migrations.operations import RenameField
from django.db.migrations.state import ProjectState

from . import Level, Part, rule


@rule(RenameField)
def rename_field(operation: RenameField, app_label: str, before: ProjectState) -> list[Part] | None:
    """Django writes an AlterField that names the column before it, and asks nobody which of the two is meant."""
    field = before.models[app_label, operation.model_name_lower].fields[operation.old_name]
    return [Part(Level.EXPAND, operation, demotable=True)] if field.db_column else None
