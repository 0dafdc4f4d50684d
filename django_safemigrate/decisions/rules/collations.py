"""CreateCollation and RemoveCollation of ``django.contrib.postgres`` (row X3)."""

from __future__ import annotations

from django.contrib.postgres.operations import CreateCollation, RemoveCollation
from django.db.migrations.state import ProjectState

from . import Level, Part, rule


@rule(CreateCollation)
def create_collation(operation: CreateCollation, app_label: str, before: ProjectState) -> list[Part]:
    """Old code does not use it."""
    return [Part(Level.EXPAND, operation)]


@rule(RemoveCollation)
def remove_collation(operation: RemoveCollation, app_label: str, before: ProjectState) -> list[Part]:
    """Old code may name it in its queries."""
    return [Part(Level.CONTRACT, operation)]
