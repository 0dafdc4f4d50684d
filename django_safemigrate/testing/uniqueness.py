"""What of a model has to be unique."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.db import models
from django.db.models import UniqueConstraint

Model = type[models.Model]


def unique_names(model: Model) -> set[str]:
    """The fields that are part of a unique constraint over several, or of an exclusion constraint."""
    names = {name for together in model._meta.unique_together for name in together}
    names |= {field.name for field in model._meta.pk_fields}
    for constraint in model._meta.constraints:
        names |= set(getattr(constraint, "fields", ()))
        # Those of an exclusion constraint come with an operator each, and may be names.
        expressions = [
            its[0] if isinstance(its, tuple | list) else its for its in getattr(constraint, "expressions", ())
        ]
        names |= {its for its in expressions if isinstance(its, str)}
        used: list[Any] = [its for its in _flat(expressions) if isinstance(its, models.F)]
        names |= {its.name for its in used}
    return names


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
