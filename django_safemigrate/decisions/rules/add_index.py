"""AddIndex: built concurrently, before the new code that needs it (row I1)."""

from __future__ import annotations

from django.contrib.postgres.operations import AddIndexConcurrently
from django.db.migrations.operations import AddIndex
from django.db.migrations.state import ProjectState

from . import Level, Part, rule


@rule(AddIndex, AddIndexConcurrently)
def add_index(operation: AddIndex, app_label: str, before: ProjectState) -> list[Part]:
    """No code minds an index. It waits for the contract only if it needs something that happens there."""
    return [Part(Level.EXPAND, operation, demotable=True)]
