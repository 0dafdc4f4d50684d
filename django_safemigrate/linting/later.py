"""Columns that came later than their tables, and what was put into the rows that were there."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.db.migrations.operations import (
    AddField,
    AlterField,
    CreateModel,
    RemoveField,
    RenameField,
    RenameModel,
    SeparateDatabaseAndState,
)
from django.db.migrations.operations.base import Operation

from django_safemigrate.values.fields import AnyField, constant_default

Key = tuple[str, str]

# A value that nobody knows without calling something.
_SOMETHING = object()


class Later:
    """The fields of the models that some operations lead to, as far as their columns were added to a table that was there.

    A column that its table was made with has in each row what code has written; one that came later may have the same in most
    of them still: NULL, or its default.
    """

    def __init__(self) -> None:
        self._values: dict[tuple[Key, str], Any] = {}

    def may_be_everywhere(self, key: Key, name: str, value: object) -> bool:
        """Whether the rows that were there when a field came have got this value (None: NULL)."""
        return (key, name) in self._values and bool(self._values[key, name] == value)

    def follow(self, operations: Iterable[Operation], app_label: str) -> None:
        """Operations that run, as the models see them."""
        for operation in operations:
            if isinstance(operation, SeparateDatabaseAndState):
                self.follow(operation.state_operations, app_label)
            else:
                self._follow(operation, app_label)

    def _follow(self, operation: Operation, app_label: str) -> None:
        if isinstance(operation, CreateModel):
            self._move((app_label, operation.name_lower), None)
        elif isinstance(operation, RenameModel):
            self._move((app_label, operation.old_name_lower), (app_label, operation.new_name_lower))
        elif isinstance(operation, AddField):
            self._values[(app_label, operation.model_name_lower), operation.name] = _put_in(operation.field)
        elif isinstance(operation, RemoveField):
            self._values.pop(((app_label, operation.model_name_lower), operation.name), None)
        elif isinstance(operation, RenameField):
            key = (app_label, operation.model_name_lower)
            if (key, operation.old_name) in self._values:
                self._values[key, operation.new_name] = self._values.pop((key, operation.old_name))
        elif isinstance(operation, AlterField):
            place = ((app_label, operation.model_name_lower), operation.name)
            if self._values.get(place, _SOMETHING) is None and not operation.field.null:
                self._values[place] = _put_in(operation.field)

    def _move(self, key: Key, new: Key | None) -> None:
        for place in [place for place in self._values if place[0] == key]:
            value = self._values.pop(place)
            if new is not None:
                self._values[new, place[1]] = value


def _put_in(field: AnyField) -> Any:
    """What a row gets whose column is new, or no longer accepts the NULL that it has."""
    constant, value = constant_default(field)
    if constant:
        return value
    return None if field.null and not field.has_default() else _SOMETHING
