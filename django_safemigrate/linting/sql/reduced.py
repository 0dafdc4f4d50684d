"""As much of a state as one of its models needs: rendering all models would cost most of the time of a review.

The model is whole, with those that it inherits from; what it refers to is a stub with its key.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from django.apps import apps
from django.db.migrations import operations
from django.db.migrations.operations.base import Operation
from django.db.migrations.state import ModelState, ProjectState
from django.db.migrations.utils import resolve_relation

from django_safemigrate.linting.sql.columns import type_in_sql
from django_safemigrate.values.fields import AnyField

Key = tuple[str, str]

# What in the options of a model names other parts of it, which a stub does not have; managers bring code of their own along.
_OF_WHOLE_MODELS = {
    *(
        "constraints",
        "indexes",
        "unique_together",
        "index_together",
        "ordering",
        "order_with_respect_to",
        "get_latest_by",
    ),
    *("base_manager_name", "default_manager_name"),
}
_MANAGERS = {"base_manager_name", "default_manager_name"}


class CannotBeReduced(LookupError):
    """A model that is not there."""


def find(state: ProjectState, key: Key) -> ModelState | None:
    """A model of a state, only to be read: a state that shares its models copies each one that it is asked for."""
    return dict.get(state.models, key)


def together(operation: Operation, app_label: str, before: ProjectState, after: ProjectState) -> tuple[list[Key], ...]:
    """The models that have to know of each other, before an operation and after it: where a name or a key changes, what
    refers to it changes, too."""
    if isinstance(operation, operations.RenameModel):
        old, new = (app_label, operation.old_name_lower), (app_label, operation.new_name_lower)
    elif isinstance(operation, operations.AlterField):
        old = new = (app_label, operation.model_name_lower)
        model = find(before, old)
        field = model.fields.get(operation.name) if model is not None else None
        if field is None or not _changes_key(field, operation.field):
            return [], []
    else:
        return [], []
    return [old, *_referring_to(old, before)], [new, *_referring_to(new, after)]


def _changes_key(old: AnyField, new: AnyField) -> bool:
    """Whether Django's schema editor goes to the columns that refer to this one."""
    if new.primary_key and not old.primary_key:
        return True
    if not (old.unique and new.unique):
        return False
    return old.is_relation or new.is_relation or _kind(old) != _kind(new)


def _kind(field: AnyField) -> tuple[str | None, str | None]:
    return type_in_sql(field), getattr(field, "db_collation", None)


def _referring_to(key: Key, state: ProjectState) -> list[Key]:
    """With those that refer to a key of theirs that is this key."""
    found, todo = [key], [key]
    while todo:
        target = todo.pop()
        # Not items() of the mapping itself: one that is shared copies each model that it gives out.
        for other, model in dict.items(state.models):
            fields = [field for field in model.fields.values() if target in _targets(field, other)]
            inherits = target in _bases(model)
            if (fields or inherits) and other not in found:
                found.append(other)
                if inherits or any(field.unique for field in fields):
                    todo.append(other)
    return found[1:]


def _bases(model: ModelState) -> list[Key]:
    return [resolve_relation(base, model.app_label, model.name_lower) for base in model.bases if isinstance(base, str)]


def _targets(field: Any, key: Key) -> Iterator[Key]:
    """The models that a field refers to, its table in between included."""
    if field.remote_field is None:
        return
    yield resolve_relation(field.remote_field.model, *key)
    through = getattr(field.remote_field, "through", None)
    if through:
        yield resolve_relation(through, *key)


def reduced(state: ProjectState, whole: Iterable[Key]) -> tuple[dict[Key, ModelState], set[Key]]:
    """These models with what they need, and which of them are stubs. Raises ``CannotBeReduced`` where one is missing."""
    made = _Reducing(state)
    for key in whole:
        made.whole(key)
    return made.models, made.stubs


class _Reducing:
    def __init__(self, state: ProjectState) -> None:
        self._state = state
        self.models: dict[Key, ModelState] = {}
        self.stubs: set[Key] = set()

    def whole(self, key: Key) -> None:
        if key in self.models and key not in self.stubs:
            return
        self.stubs.discard(key)
        model = self._get(key).clone()
        model.options = {name: value for name, value in model.options.items() if name not in _MANAGERS}
        model.managers = []
        self.models[key] = model
        self._bases(model)
        for field in model.fields.values():
            self._ends(field, key)

    def _ends(self, field: Any, key: Key) -> None:
        """What a field of a model refers to."""
        for target in _targets(field, key):
            self._stub(target, {name for name in getattr(field, "to_fields", None) or () if name and name != "self"})

    def _stub(self, key: Key, needed: set[str]) -> None:
        if key in self.models and (key not in self.stubs or needed <= self.models[key].fields.keys()):
            return
        model, known = self._get(key), self.models.get(key)
        wanted = needed | (known.fields.keys() if known is not None else set())
        fields = {name: field for name, field in model.fields.items() if field.primary_key or name in wanted}
        for field in list(fields.values()):
            for name in getattr(field, "field_names", ()):  # of a key of several columns
                fields[name] = model.fields[name]
        options = {name: value for name, value in model.options.items() if name not in _OF_WHOLE_MODELS}
        self.stubs.add(key)
        self.models[key] = ModelState(model.app_label, model.name, list(fields.items()), options, model.bases, [])
        self._bases(model)
        for field in fields.values():
            self._ends(field, key)

    def _bases(self, model: ModelState) -> None:
        for base in _bases(model):
            self.whole(base)

    def _get(self, key: Key) -> ModelState:
        found = find(self._state, key)
        if found is not None:
            return found
        try:
            return ModelState.from_model(apps.get_model(*key), exclude_rels=True)  # of an app without migrations
        except LookupError as error:
            raise CannotBeReduced(str(error)) from error
