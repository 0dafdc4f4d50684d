"""CreateExtension of ``django.contrib.postgres`` and its kin: types and functions that were not there (row X3)."""

from __future__ import annotations

from django.contrib.postgres.operations import CreateExtension
from django.db.migrations.state import ProjectState

from . import Level, Part, rule


@rule(CreateExtension)
def create_extension(operation: CreateExtension, app_label: str, before: ProjectState) -> list[Part]:
    """Old code does not use it, and no table is concerned."""
    return [Part(Level.EXPAND, operation)]
