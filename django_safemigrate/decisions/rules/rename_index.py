"""RenameIndex: no code names an index (row I3)."""

from __future__ import annotations

from django.db.migrations.operations import RenameIndex
from django.db.migrations.state import ProjectState

from . import Level, Part, rule


@rule(RenameIndex)
def rename_index(operation: RenameIndex, app_label: str, before: ProjectState) -> list[Part]:
    """ALTER INDEX takes SHARE UPDATE EXCLUSIVE on the index, for an instant."""
    return [Part(Level.EXPAND, operation, demotable=True)]
