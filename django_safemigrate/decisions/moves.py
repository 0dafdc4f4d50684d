"""A model that moves to another app and keeps its table (row M5): recognised, and written as a change of the state alone.

The autodetector creates it in the one app, deletes it in the other, and alters what refers to it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from django.db.migrations.operations import (
    AddField,
    AlterField,
    CreateModel,
    DeleteModel,
    RemoveField,
    SeparateDatabaseAndState,
)
from django.db.migrations.operations.base import Operation
from django.db.migrations.state import ModelState, ProjectState

from django_safemigrate.values.fields import AnyField, database_changes
from django_safemigrate.values.relations import Key, related_models, relations_named_after
from django_safemigrate.values.states import unrendered
from django_safemigrate.values.tables import has_table, table_of

from .footprints import model_key

Migrations = Mapping[Key, Sequence[Operation]]
Moves = dict[Key, Key]  # from the old model to the new one
FieldKey = tuple[Key, str]


def moves_of(migrations: Migrations, before: ProjectState) -> Moves:
    """The models whose table, columns, indexes and constraints stay what they are."""
    gone = {(app, one.name_lower) for app, one in _flat(migrations) if isinstance(one, DeleteModel)} & {*before.models}
    if not gone:
        return {}
    after = _after(migrations, before)
    made = {(app, one.name_lower) for app, one in _flat(migrations) if isinstance(one, CreateModel)} & {*after.models}
    new_of = {table_of(after.models[key]): key for key in made if has_table(after.models[key])}
    moves = {
        key: new_of[table_of(model)]
        for key in sorted(gone)
        if has_table(model := before.models[key]) and new_of.get(table_of(model), key) != key
    }
    while True:  # one that is no move may be what another refers to
        kept = {old: new for old, new in moves.items() if _same(before.models[old], after.models[new], moves, before)}
        if kept == moves:
            return moves
        moves = kept


def in_state_alone(migrations: Migrations, before: ProjectState, moves: Moves) -> dict[Key, list[Operation]]:
    """The operations, with those that belong to the moves in operations that leave the database alone."""
    moved = {*moves, *moves.values()}
    retargeted = _retargeted(migrations, before, _after(migrations, before), moves)
    result: dict[Key, list[Operation]] = {}
    for source, operations in migrations.items():
        result[source] = []
        alone: list[Operation] = []  # of the operation before
        for operation in operations:
            if model_key(operation, source[0]) not in moved and _field_key(operation, source[0]) not in retargeted:
                result[source].append(operation)
                alone = []
            elif alone:
                alone.append(operation)
            else:
                alone = [operation]
                result[source].append(SeparateDatabaseAndState(state_operations=alone))
    return result


def _flat(migrations: Migrations) -> Iterator[tuple[str, Operation]]:
    return ((app_label, operation) for (app_label, _), its in migrations.items() for operation in its)


def _after(migrations: Migrations, before: ProjectState) -> ProjectState:
    state = unrendered(before)
    for app_label, operation in _flat(migrations):
        operation.state_forwards(app_label, state)
    return state


def _same(old: ModelState, new: ModelState, moves: Moves, before: ProjectState) -> bool:
    if old.name_lower != new.name_lower and any(relations_named_after(old, before)):
        return False
    options = ("indexes", "constraints", "unique_together", "index_together")
    return (
        old.fields.keys() == new.fields.keys()
        and all(_same_field(old.fields[name], old, new.fields[name], new, moves) for name in old.fields)
        and all(_listed(old.options.get(option)) == _listed(new.options.get(option)) for option in options)
        and all(
            old.options.get(name) == new.options.get(name) for name in ("order_with_respect_to", "db_table_comment")
        )
    )


def _same_field(old: AnyField, its_model: ModelState, new: AnyField, new_model: ModelState, moves: Moves) -> bool:
    """Also where it refers to a moved model."""
    changes = database_changes(old, new)
    if changes is None or not changes <= {"to", "through"}:
        return False
    targets = related_models(old, its_model.app_label, its_model.name_lower)
    return {moves.get(key, key) for key in targets} == related_models(new, new_model.app_label, new_model.name_lower)


def _listed(values: Iterable[Any] | None) -> list[str]:
    """Indexes, constraints, or sets of names, in one order."""
    return sorted(
        repr(value.deconstruct() if hasattr(value, "deconstruct") else tuple(value)) for value in values or ()
    )


def _retargeted(migrations: Migrations, before: ProjectState, after: ProjectState, moves: Moves) -> set[FieldKey]:
    """Fields of other models of which nothing changes but the model that they refer to, which has moved.

    Django 6.1 removes and adds a many-to-many field to that end.
    """
    found: set[FieldKey] = set()
    for app_label, operation in _flat(migrations):
        field_key = _field_key(operation, app_label)
        if field_key is None:
            continue
        key, name = field_key
        old, new = before.models.get(key), after.models.get(key)
        if old is None or new is None or name not in old.fields or name not in new.fields:
            continue
        refers = not moves.keys().isdisjoint(related_models(old.fields[name], *key))
        if refers and _same_field(old.fields[name], old, new.fields[name], new, moves):
            found.add(field_key)
    return found


def _field_key(operation: Operation, app_label: str) -> FieldKey | None:
    if isinstance(operation, AddField | AlterField | RemoveField):
        return (app_label, operation.model_name_lower), operation.name
    return None
