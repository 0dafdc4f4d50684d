"""AlterModelOptions: names, ordering, permissions: Python only (row M5)."""

from __future__ import annotations

from django.db.migrations.operations import AlterModelOptions
from django.db.migrations.state import ProjectState

from . import Level, Part, rule


@rule(AlterModelOptions)
def alter_model_options(operation: AlterModelOptions, app_label: str, before: ProjectState) -> list[Part]:
    """The database knows none of them. Permissions are rows that Django adds after any run of migrations."""
    return [Part(Level.EXPAND, operation, demotable=True)]
