"""AlterConstraint (Django 6.0): its error message and code, which are Python (row K6)."""

from __future__ import annotations

from django.db.migrations import operations
from django.db.migrations.operations.base import Operation
from django.db.migrations.state import ProjectState

from . import Level, Part, rule


def alter_constraint(operation: Operation, app_label: str, before: ProjectState) -> list[Part]:
    """Django writes it only where the database does not see the difference."""
    return [Part(Level.EXPAND, operation, demotable=True)]


if hasattr(operations, "AlterConstraint"):
    rule(operations.AlterConstraint)(alter_constraint)
