"""What refers to a field of a migration state, whose type is that of the field."""

from __future__ import annotations

from collections.abc import Iterator

from django.db.migrations.state import ModelState, ProjectState

from .column_types import TypeChange, type_change
from .fields import AnyField
from .relations import Key, has_implicit_table, related_models, target_of
from .tables import has_table, table_between, table_of

_CONTENT_TYPE = ("contenttypes", "contenttype")


def tables_that_refer(key: Key, name: str, state: ProjectState) -> set[str]:
    """The tables with columns that refer to the field: foreign keys, links of children to their parents and what refers to
    those, and the tables that Django makes for many-to-many relations."""
    found: set[str] = set()
    known, waiting = {(key, name)}, [(key, name)]
    while waiting:
        target = waiting.pop()
        for model, its_name, field in _fields(state):
            own = (model.app_label, model.name_lower)
            if has_implicit_table(field):
                if _is_primary_key(target, state) and target[0] in {own, *related_models(field, *own)}:
                    found.add(getattr(field, "db_table", None) or table_between(model, its_name))
            elif not field.many_to_many and target_of(field, own, state) == target:
                if has_table(model):
                    found.add(table_of(model))
                if field.primary_key and (own, its_name) not in known:
                    known.add((own, its_name))
                    waiting.append((own, its_name))
    return found


def generic_references(new: AnyField, state: ProjectState) -> list[str]:
    """Numbers beside a content type, as ``app.model.field``, that are too small for the keys that ``new`` takes.

    Generic foreign keys are in no state. Where there is a key to the content types, what is called an id is one.
    """
    return [
        f"{model.app_label}.{model.name_lower}.{name}"
        for model in state.models.values()
        if any(
            _CONTENT_TYPE in related_models(field, model.app_label, model.name_lower) for field in model.fields.values()
        )
        for name, field in model.fields.items()
        if name.endswith("_id") and not field.is_relation and type_change(field, new) is TypeChange.REWRITTEN
    ]


def _fields(state: ProjectState) -> Iterator[tuple[ModelState, str, AnyField]]:
    for model in state.models.values():
        for name, field in model.fields.items():
            yield model, name, field


def _is_primary_key(target: tuple[Key, str], state: ProjectState) -> bool:
    key, name = target
    return bool(state.models[key].fields[name].primary_key)
