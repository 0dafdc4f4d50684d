"""An order of the operations of a migration in which each of them can be undone."""

from __future__ import annotations

from collections.abc import Sequence

from django.db.migrations.operations import (
    AddConstraint,
    AddField,
    AddIndex,
    AlterField,
    AlterUniqueTogether,
    CreateModel,
    DeleteModel,
    RemoveConstraint,
    RemoveField,
    RemoveIndex,
)
from django.db.migrations.operations.base import Operation

from .operations import is_django

# What an index or a constraint may be taken away before: nothing of it has to do with its name or the model's.
_PASSED = (
    AddField,
    AlterField,
    AlterUniqueTogether,
    CreateModel,
    DeleteModel,
    RemoveConstraint,
    RemoveField,
    RemoveIndex,
)


def with_ways_back(operations: Sequence[Operation]) -> list[int]:
    """The places of operations (of one app), so ordered that indexes and constraints go before the fields of their model.

    The end is the same. On the way back the fields are there again before an index is built on them. Before Django 6.0 the
    autodetector writes it the other way round where a field refers to a model that goes as well, and such a migration has
    no way back: the model to which the index is added has no such field.
    """
    order: list[int] = []
    for number, operation in enumerate(operations):
        place = len(order)
        if isinstance(operation, RemoveIndex | RemoveConstraint) and is_django(operation):
            for candidate in reversed(range(len(order))):
                earlier = operations[order[candidate]]
                if not _passes(operation, earlier):
                    break
                if isinstance(earlier, RemoveField) and earlier.model_name_lower == operation.model_name_lower:
                    place = candidate
        order.insert(place, number)
    return order


def _passes(gone: RemoveIndex | RemoveConstraint, earlier: Operation) -> bool:
    if isinstance(earlier, AddIndex):
        return earlier.index.name != gone.name
    if isinstance(earlier, AddConstraint):
        return earlier.constraint.name != gone.name
    return isinstance(earlier, _PASSED) and is_django(earlier)
