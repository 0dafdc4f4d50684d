"""What of a model has to be unique."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.db import models
from django.db.models import UniqueConstraint

Model = type[models.Model]


def unique_names(model: Model) -> set[str]:
    """The fields that are part of the key, of a unique constraint over several, or of an exclusion constraint."""
    names = {name for together in model._meta.unique_together for name in together}
    names |= {field.name for field in model._meta.pk_fields}
    for constraint in model._meta.constraints:
        if isinstance(constraint, UniqueConstraint):
            names |= set(constraint.fields)
            names |= _names(constraint.expressions)
        elif hasattr(constraint, "expressions"):  # an exclusion constraint, each with its operator
            names |= _names(expression for expression, _ in constraint.expressions)
    return names


def _names(expressions: Iterable[Any]) -> set[str]:
    """The fields that expressions name, or are the names of."""
    used: list[Any] = [its for its in _flat(expressions) if isinstance(its, models.F | str)]
    return {its if isinstance(its, str) else its.name for its in used}


def _flat(expressions: Iterable[Any]) -> list[Any]:
    """All expressions in expressions."""
    found = []
    for expression in expressions:
        found += list(expression.flatten()) if hasattr(expression, "flatten") else [expression]
    return found


def arbiters(model: Model) -> list[list[str]]:
    """The unique constraints of a model on which ``ON CONFLICT`` can be told, as lists of field names."""
    found = [[field.name] for field in model._meta.local_concrete_fields if field.unique and not field.primary_key]
    found += [list(names) for names in model._meta.unique_together]
    found += [
        list(its.fields)
        for its in model._meta.constraints
        if isinstance(its, UniqueConstraint) and its.fields and its.condition is None and its.deferrable is None
    ]
    return found
