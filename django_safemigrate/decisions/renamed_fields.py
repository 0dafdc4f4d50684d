"""Indexes and constraints of a field that is renamed and keeps its column (row C9): nothing in the database.

The autodetector removes them and adds them again, with the field's new name.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from django.db.migrations.operations import (
    AddConstraint,
    AddIndex,
    RemoveConstraint,
    RemoveIndex,
    RenameField,
    SeparateDatabaseAndState,
)
from django.db.migrations.operations.base import Operation
from django.db.migrations.state import ModelState, ProjectState
from django.db.models import BaseConstraint, F, Index, Q

from django_safemigrate.values.fields import column_of
from django_safemigrate.values.relations import Key
from django_safemigrate.values.states import unrendered

Migrations = Mapping[Key, Sequence[Operation]]
Flat = Sequence[tuple[str, Operation]]
Names = Mapping[str, str]


def with_new_names(migrations: Migrations, before: ProjectState) -> dict[Key, list[Operation]]:
    """The operations; those that take down and build again what stays what it is are on the state alone."""
    flat = [(app_label, operation) for (app_label, _), its in migrations.items() for operation in its]
    names = _new_names(flat, before)
    stay = _staying(flat, before, names) if names else set()
    return {
        key: [SeparateDatabaseAndState(state_operations=[one]) if id(one) in stay else one for one in operations]
        for key, operations in migrations.items()
    }


def _new_names(flat: Flat, before: ProjectState) -> dict[Key, dict[str, str]]:
    """Of each model the fields that get another name and keep their column."""
    found: dict[Key, dict[str, str]] = {}
    if not any(isinstance(operation, RenameField) for _, operation in flat):
        return found
    after = unrendered(before)
    for app_label, operation in flat:
        operation.state_forwards(app_label, after)
    for app_label, operation in flat:
        if isinstance(operation, RenameField) and _keeps_its_column(operation, app_label, before, after):
            key = (app_label, operation.model_name_lower)
            found.setdefault(key, {})[operation.old_name] = operation.new_name
    return found


def _staying(flat: Flat, before: ProjectState, names: Mapping[Key, Names]) -> set[int]:
    """By identity: what removes an index or a constraint, and what adds the same with the fields' new names."""
    added = {
        (app_label, one.model_name_lower, _item(one).name): one
        for app_label, one in flat
        if isinstance(one, AddIndex | AddConstraint)
    }
    found: set[int] = set()
    for app_label, one in flat:
        if not isinstance(one, RemoveIndex | RemoveConstraint):
            continue
        key = (app_label, one.model_name_lower)
        again = added.get((*key, one.name))
        if key not in names or again is None:
            continue
        old = _told(_named(before.models[key], one.name), names[key])
        if old is not None and old == _told(_item(again), {}):
            found |= {id(one), id(again)}
    return found


def _keeps_its_column(operation: RenameField, app_label: str, before: ProjectState, after: ProjectState) -> bool:
    key = (app_label, operation.model_name_lower)
    if key not in before.models or key not in after.models:  # its model gets another name, too
        return False
    old = before.models[key].fields[operation.old_name]
    new = after.models[key].fields[operation.new_name]
    return column_of(old, operation.old_name) == column_of(new, operation.new_name)


def _item(operation: Any) -> Index | BaseConstraint:
    item: Index | BaseConstraint = operation.index if isinstance(operation, AddIndex) else operation.constraint
    return item


def _named(model: ModelState, name: str) -> Index | BaseConstraint:
    items: list[Index | BaseConstraint] = [*model.options.get("indexes", ()), *model.options.get("constraints", ())]
    return next(item for item in items if item.name == name)


def _told(item: Any, names: Names) -> Any:
    """What an index or a constraint is, with fields by their new names; None where it has parts that nobody can rename."""
    path, args, kwargs = item.deconstruct()
    told = {name: _told_part(value, names, name) for name, value in kwargs.items()}
    return None if args or _UNKNOWN in told.values() else (path, told)


_UNKNOWN = object()


def _told_part(value: Any, names: Names, argument: str) -> Any:
    if argument in {"fields", "include"}:
        return [_renamed(name, names) for name in value]
    if isinstance(value, Q):
        return _told_condition(value, names)
    return _UNKNOWN if hasattr(value, "resolve_expression") else value


def _told_condition(condition: Q, names: Names) -> Any:
    children: list[Any] = []
    for child in condition.children:
        if isinstance(child, Q):
            children.append(_told_condition(child, names))
        elif isinstance(child, tuple):
            lookup, value = child
            told = ("F", _renamed(_name(value), names)) if type(value) is F else value
            children.append(_UNKNOWN if hasattr(told, "resolve_expression") else (_renamed(lookup, names), told))
        else:
            children.append(_UNKNOWN)
    return _UNKNOWN if _UNKNOWN in children else (condition.connector, condition.negated, children)


def _name(reference: Any) -> str:
    return str(reference.name)


def _renamed(reference: str, names: Names) -> str:
    """``-a`` and ``a__gt`` as well."""
    sign = "-" if reference.startswith("-") else ""
    name, *rest = reference.removeprefix("-").split("__")
    return sign + "__".join([names.get(name, name), *rest])
