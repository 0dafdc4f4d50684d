"""RemoveIndex: dropped concurrently, once the old code that may need it is gone (row I2)."""

from __future__ import annotations

from django.contrib.postgres.operations import RemoveIndexConcurrently
from django.db.migrations.operations import RemoveIndex
from django.db.migrations.state import ProjectState

from . import Level, Part, rule


@rule(RemoveIndex, RemoveIndexConcurrently)
def remove_index(operation: RemoveIndex, app_label: str, before: ProjectState) -> list[Part]:
    """Old code may be slow without it."""
    return [Part(Level.CONTRACT, operation)]
