"""RemoveConstraint: the database accepts more (row K4)."""

from __future__ import annotations

from django.db.migrations.operations import RemoveConstraint
from django.db.migrations.state import ProjectState
from django.db.models import UniqueConstraint

from . import Level, Option, Part, Question, rule


@rule(RemoveConstraint)
def remove_constraint(operation: RemoveConstraint, app_label: str, before: ProjectState) -> list[Part] | Question:
    """Before deploy, since new code may write what it forbids; of a unique one, old code may depend on it."""
    constraint = before.models[app_label, operation.model_name_lower].get_constraint_by_name(operation.name)
    if isinstance(constraint, UniqueConstraint) and not constraint.deferrable:  # no ON CONFLICT for a deferrable one
        return _unique(operation, app_label)
    return [Part(Level.EXPAND, operation)]


def _unique(operation: RemoveConstraint, app_label: str) -> Question:
    return Question(
        f"{app_label}.{operation.model_name}.{operation.name}.removed".lower(),
        f"Unique constraint {operation.name} of {app_label}.{operation.model_name} goes. When is it dropped?",
        (
            Option(
                "before deploy",
                "new code may write duplicates; old code that upserts on it (bulk_create with update_conflicts) fails from "
                "then on",
                (Part(Level.EXPAND, operation),),
            ),
            Option(
                "after deploy",
                "old code may upsert on it until it is gone; until then, new code's duplicates fail",
                (Part(Level.CONTRACT, operation),),
            ),
        ),
    )
