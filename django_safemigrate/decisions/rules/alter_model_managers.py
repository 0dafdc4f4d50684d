"""AlterModelManagers: Python only (row M5)."""

from __future__ import annotations

from django.db.migrations.operations import AlterModelManagers
from django.db.migrations.state import ProjectState

from . import Level, Part, rule


@rule(AlterModelManagers)
def alter_model_managers(operation: AlterModelManagers, app_label: str, before: ProjectState) -> list[Part]:
    """The database knows no managers."""
    return [Part(Level.EXPAND, operation, demotable=True)]
