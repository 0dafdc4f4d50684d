"""AddConstraint: the database accepts less (rows K1, K2 and K3)."""

from __future__ import annotations

from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.operations import AddConstraintNotValid
from django.db.migrations.operations import AddConstraint
from django.db.migrations.state import ProjectState
from django.db.models import UniqueConstraint

from . import Level, Option, Part, Question, rule

EXCLUSION = (
    "PostgreSQL builds the index of exclusion constraint {name} only while the table is locked: safemigrate refuses that for "
    'a table larger than SAFEMIGRATE["SMALL_TABLE"]'
)


@rule(AddConstraint, AddConstraintNotValid)
def add_constraint(operation: AddConstraint, app_label: str, before: ProjectState) -> list[Part] | Question:
    """After deploy, when nobody writes any more what it forbids.

    Of a unique one only the author knows whether new code depends on it from its first request on.
    """
    constraint = operation.constraint
    if isinstance(constraint, UniqueConstraint) and not constraint.deferrable:  # no ON CONFLICT for a deferrable one
        return _unique(operation, app_label)
    remark = EXCLUSION.format(name=constraint.name) if isinstance(constraint, ExclusionConstraint) else ""
    return [Part(Level.CONTRACT, operation, remark)]


def _unique(operation: AddConstraint, app_label: str) -> Question:
    name = operation.constraint.name
    return Question(
        f"{app_label}.{operation.model_name}.{name}".lower(),
        f"Unique constraint {name} of {app_label}.{operation.model_name} is new. When is it added?",
        (
            Option(
                "after deploy",
                "until then, new code must not rely on it: bulk_create(update_conflicts=True) on it fails, and "
                "get_or_create may make duplicates",
                (Part(Level.CONTRACT, operation),),
            ),
            Option(
                "before deploy",
                "new code may rely on it; from then on old code's duplicates fail",
                (Part(Level.EXPAND, operation),),
            ),
        ),
    )
