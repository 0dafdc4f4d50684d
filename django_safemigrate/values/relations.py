"""What the relations of a migration state refer to."""

from __future__ import annotations

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
