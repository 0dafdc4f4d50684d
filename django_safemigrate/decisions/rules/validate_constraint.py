"""ValidateConstraint of ``django.contrib.postgres``: old rows are read, and nothing else is accepted than before (row X3)."""

from __future__ import annotations

from django.contrib.postgres.operations import ValidateConstraint
from django.db.migrations.state import ProjectState

from . import Level, Part, rule


@rule(ValidateConstraint)
def validate_constraint(operation: ValidateConstraint, app_label: str, before: ProjectState) -> list[Part]:
    """In either phase, but behind what made the constraint."""
    return [Part(Level.EXPAND, operation, demotable=True)]
