"""What the relations of a migration state refer to."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django.db.migrations.state import ModelState, ProjectState
from django.db.migrations.utils import resolve_relation

from .column_types import TypeChange, type_change
from .fields import AnyField

Key = tuple[str, str]

# Models that inherit from each other, at most.
_DEPTH = 20


def target_of(field: Any, key: Key, state: ProjectState) -> tuple[Key, str] | None:
    """The model and the field that a field of the model ``key`` refers to; None where it is no relation or nobody knows."""
    if not field.is_relation or field.remote_field is None:
        return None
    model_key = resolve_relation(field.remote_field.model, *key)
    named = getattr(field, "to_fields", None) or [None]
    name = named[0] if named[0] not in {None, "self"} else None
    if name is None:
        model = state.models.get(model_key)
        name = _key_of(model) if model else ""
    return model_key, str(name)


def typed_by(field: Any, key: Key, state: ProjectState) -> AnyField | None:
    """The field that decides on the type of a column: at the end of the relations, if it is one. None where nobody knows."""
    for _ in range(_DEPTH):
        target = target_of(field, key, state)
        if target is None:
            found: AnyField = field
            return found
        key, name = target
        model = state.models.get(key)
        while model is not None and name not in model.fields:
            key = next((resolve_relation(base) for base in model.bases if isinstance(base, str)), ("", ""))
            model = state.models.get(key)
        if model is None:
            return None
        field = model.fields[name]
    return None


def type_change_of(old: AnyField, new: AnyField, key: Key, state: ProjectState) -> TypeChange:
    """What becomes of the type of a column when one field takes the place of another in the model ``key``."""
    before, after = typed_by(old, key, state), typed_by(new, key, state)
    if before is None or after is None:
        same = target_of(old, key, state) == target_of(new, key, state)
        return TypeChange.NONE if same and type(old) is type(new) else TypeChange.OTHER
    return type_change(before, after)


def _key_of(model: ModelState) -> str:
    """The primary key; of a child in multi-table inheritance that of its parent."""
    return next((name for name, field in model.fields.items() if field.primary_key), "id")


def related_models(its_field: Any, app_label: str, model_name: str) -> set[Key]:
    """The models that a field of the named model refers to."""
    if not its_field.is_relation or its_field.remote_field is None:
        return set()
    relations = [its_field.remote_field.model, getattr(its_field.remote_field, "through", None)]
    return {resolve_relation(relation, app_label, model_name) for relation in relations if relation}


def ties_another_model(its_field: Any, model: ModelState) -> bool:
    """Whether a constraint of the field (or of the table behind it) forbids to delete rows of another model.

    Constraints with an ``on_delete`` of the database (Django 6.1) forbid nothing: the server clears up itself.
    """
    remote = its_field.remote_field
    if remote is None or not getattr(remote if its_field.many_to_many else its_field, "db_constraint", False):
        return False
    if its_field.many_to_many and not has_implicit_table(its_field):
        return False
    if hasattr(getattr(remote, "on_delete", None), "on_delete_sql"):
        return False
    own = (model.app_label, model.name_lower)
    return related_models(its_field, *own) != {own}


def has_implicit_table(its_field: Any) -> bool:
    """Whether it is a many-to-many relation whose table Django makes by itself."""
    return bool(its_field.many_to_many) and its_field.remote_field.through is None


def relations_named_after(model: ModelState, state: ProjectState) -> Iterator[str]:
    """Many-to-many relations of a model and to it whose tables Django makes: their columns have the names of models."""
    key = (model.app_label, model.name_lower)
    for other in state.models.values():
        for name, field in other.fields.items():
            ends = {(other.app_label, other.name_lower), *related_models(field, other.app_label, other.name_lower)}
            if has_implicit_table(field) and key in ends:
                yield f"{other.name}.{name}"
