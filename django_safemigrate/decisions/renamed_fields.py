"""Indexes and constraints of a field that is renamed (rows C9 and C10): they follow it, and nobody makes them anew.

The autodetector removes them and adds them again, with the field's new name. In the database they are those of a column that
stays, or the second column gets the same ones, which have their names when the old column has gone.
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
from django.db.models import BaseConstraint, F, Field, Index, Lookup, Q
from django.db.models.expressions import BaseExpression

from django_safemigrate.values.relations import Key

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
    """Of each model the fields that get another name."""
    found: dict[Key, dict[str, str]] = {}
    for app_label, operation in flat:
        if isinstance(operation, RenameField):
            key = (app_label, operation.model_name_lower)
            if key in before.models and operation.old_name in before.models[key].fields:
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


def _item(operation: Any) -> Index | BaseConstraint:
    item: Index | BaseConstraint = operation.index if isinstance(operation, AddIndex) else operation.constraint
    return item


def _named(model: ModelState, name: str) -> Index | BaseConstraint:
    items: list[Index | BaseConstraint] = [*model.options.get("indexes", ()), *model.options.get("constraints", ())]
    return next(item for item in items if item.name == name)


def _told(item: Any, names: Names) -> Any:
    """What an index or a constraint is, with fields by their new names; None where it has parts that nobody can rename."""
    path, args, kwargs = item.deconstruct()
    told = (
        path,
        [_told_value(value, names) for value in args],
        {name: _told_part(value, names, name) for name, value in kwargs.items()},
    )
    return None if _is_unknown(told) else told


_UNKNOWN = object()


def _is_unknown(told: Any) -> bool:
    if isinstance(told, dict):
        return any(map(_is_unknown, told.values()))
    return any(map(_is_unknown, told)) if isinstance(told, list | tuple) else told is _UNKNOWN


def _told_part(value: Any, names: Names, argument: str) -> Any:
    return [_renamed(name, names) for name in value] if argument in {"fields", "include"} else _told_value(value, names)


def _told_value(value: Any, names: Names) -> Any:
    """A value, a condition or an expression."""
    if isinstance(value, Q):
        return value.connector, value.negated, [_told_child(child, names) for child in value.children]
    if type(value) is F:
        return "F", _renamed(_name(value), names)
    if isinstance(value, BaseExpression | Lookup):
        return _told_expression(value, names)
    return _UNKNOWN if hasattr(value, "resolve_expression") else value


def _told_child(child: Any, names: Names) -> Any:
    if isinstance(child, tuple):
        lookup, value = child
        return _renamed(lookup, names), _told_value(value, names)
    return _told_value(child, names)


def _told_expression(expression: Any, names: Names) -> Any:
    """Its class, what it is made of, and what else it has been given; of that, only plain values are known."""
    inner = expression.get_source_expressions()
    own = {
        name: value.deconstruct()[1:] if isinstance(value, Field) else value
        for name, value in vars(expression).items()
        if name not in _CACHED and not _is_among(value, inner)
    }
    if any(hasattr(value, "resolve_expression") for value in own.values()):
        return _UNKNOWN
    return type(expression), own, [_told_value(one, names) for one in inner]


# What expressions keep beside their arguments.
_CACHED = {"_constructor_args", "identity"}


def _is_among(value: Any, inner: list[Any]) -> bool:
    """Whether an attribute is what the expression is made of: one of its parts, or the list of them."""
    values = value if isinstance(value, list | tuple) else [value]
    return bool(values) and all(any(one is its for its in inner) for one in values)


def _name(reference: Any) -> str:
    return str(reference.name)


def _renamed(reference: str, names: Names) -> str:
    """``-a`` and ``a__gt`` as well."""
    sign = "-" if reference.startswith("-") else ""
    name, *rest = reference.removeprefix("-").split("__")
    return sign + "__".join([names.get(name, name), *rest])
