"""Triggers as django-pgtrigger has them: operations on a model's option ``triggers``, known by what they look like."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.db.migrations.operations.base import Operation
from django.db.migrations.state import ProjectState

from django_safemigrate.operations import InOneTransaction

# The model and the trigger, by name.
Name = tuple[str, str]

# An operation with the migration that it is from, by app and name.
Sourced = tuple[tuple[str, str], Operation]

OPTION = "triggers"


def added(operation: Operation) -> Name | None:
    """The trigger that an operation creates, if that is what it does."""
    name = getattr(getattr(operation, "trigger", None), "name", None)
    return _name(operation, name) if getattr(operation, "option_name", "") == OPTION else None


def removed(operation: Operation) -> Name | None:
    """The trigger that an operation drops, if that is what it does."""
    return (
        _name(operation, getattr(operation, "name", None)) if getattr(operation, "option_name", "") == OPTION else None
    )


def _name(operation: Operation, name: Any) -> Name | None:
    model_name = getattr(operation, "model_name", None)
    return (model_name.lower(), name) if isinstance(model_name, str) and isinstance(name, str) else None


def replaced(operation: Operation) -> Name | None:
    """The trigger of which an operation makes another one in its place."""
    if not isinstance(operation, InOneTransaction) or len(operation.operations) != 2:
        return None
    first, second = operation.operations
    return added(second) if added(second) == removed(first) else None


def with_replacements(operations: Iterable[Sourced]) -> list[Sourced]:
    """The same operations; a trigger that is dropped and comes again is replaced where it comes, so that none is missed."""
    found: list[Sourced] = []
    for source, operation in operations:
        name = added(operation)
        gone = next((one for one in found if name and one[0][0] == source[0] and removed(one[1]) == name), None)
        if gone is not None:
            found.remove(gone)
            operation = InOneTransaction([gone[1], operation])
        found.append((source, operation))
    return found


def refuses(operation: Operation, app_label: str, before: ProjectState) -> bool:
    """Whether the trigger that an operation creates or drops raises exceptions, so that some writes are not possible."""
    trigger = getattr(operation, "trigger", None)
    if trigger is None:
        model_name, name = removed(operation) or ("", "")
        model = before.models.get((app_label, model_name))
        known = (model.options.get(OPTION) if model else None) or ()
        trigger = next((one for one in known if getattr(one, "name", None) == name), None)
    return "RAISE EXCEPTION" in str(getattr(trigger, "install_sql", "")).upper()
