"""As much of a state as an operation needs: rendering all models would cost most of the time of a review.

The models that it is about are whole, with those that they inherit from; what they refer to is a stub with its key; and
where a key changes, those that refer to it are whole, too.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from django.apps import apps
from django.db.migrations import operations
from django.db.migrations.operations.base import Operation
from django.db.migrations.state import ModelState, ProjectState
from django.db.migrations.utils import resolve_relation

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


class CannotBeReduced(Exception):
    """An operation that does not say which model it is about, or a model that is not there."""


def models_of(operation: Operation, app_label: str, before: ProjectState) -> list[Key]:
    """The models that have to be whole for an operation. Raises ``CannotBeReduced``."""
    if isinstance(operation, operations.RenameModel):
        key = (app_label, operation.old_name_lower)
        return [key, *_referring_to(key, before)]
    name = getattr(operation, "model_name", None) or getattr(operation, "name", None)
    if not isinstance(name, str):
        raise CannotBeReduced("it does not say which model it is about")
    key = (app_label, name.lower())
    if isinstance(operation, operations.CreateModel):
        return [resolve_relation(base, app_label) for base in operation.bases or () if isinstance(base, str)]
    if key not in before.models:
        raise CannotBeReduced(f"there is no model {name}")
    if isinstance(operation, operations.AlterField) and _is_key(before, key, operation):
        return [key, *_referring_to(key, before)]
    return [key]


def _is_key(before: ProjectState, key: Key, operation: operations.AlterField) -> bool:
    field = before.models[key].fields.get(operation.name)
    return field is None or field.unique or field.primary_key


def _all(state: ProjectState) -> Iterable[tuple[Key, ModelState]]:
    # Not items() of the mapping itself: one that is shared copies each model that it gives out.
    return dict.items(state.models)


def _referring_to(key: Key, state: ProjectState) -> Iterator[Key]:
    for other, model in _all(state):
        if other != key and any(target == key for field in model.fields.values() for target in _targets(field, other)):
            yield other


def _targets(field: Any, key: Key) -> Iterator[Key]:
    """The models that a field refers to, its table in between included."""
    if field.remote_field is None:
        return
    yield resolve_relation(field.remote_field.model, *key)
    through = getattr(field.remote_field, "through", None)
    if through:
        yield resolve_relation(through, *key)


def reduced(state: ProjectState, whole: Iterable[Key], referred: Iterable[tuple[Key, Any]] = ()) -> ProjectState:
    """A state of these models and of what they need. ``referred``: fields that are going to be added to one of them.

    Raises ``CannotBeReduced`` where one is missing.
    """
    made = _Reducing(state)
    for key in whole:
        made.whole(key)
    for key, field in referred:
        made.ends(field, key)
    return ProjectState(made.models)


class _Reducing:
    def __init__(self, state: ProjectState) -> None:
        self._state = state
        self.models: dict[Key, ModelState] = {}
        self._stubs: set[Key] = set()

    def whole(self, key: Key) -> None:
        if key in self.models and key not in self._stubs:
            return
        self._stubs.discard(key)
        model = self._get(key).clone()
        model.options = {name: value for name, value in model.options.items() if name not in _MANAGERS}
        model.managers = []
        self.models[key] = model
        self._bases(model)
        for field in model.fields.values():
            self.ends(field, key)

    def ends(self, field: Any, key: Key) -> None:
        """What a field of a model refers to."""
        for target in _targets(field, key):
            self._stub(target, {name for name in getattr(field, "to_fields", None) or () if name and name != "self"})

    def _stub(self, key: Key, needed: set[str]) -> None:
        if key in self.models and (key not in self._stubs or needed <= self.models[key].fields.keys()):
            return
        model, known = self._get(key), self.models.get(key)
        wanted = needed | (known.fields.keys() if known is not None else set())
        fields = {name: field for name, field in model.fields.items() if field.primary_key or name in wanted}
        for field in list(fields.values()):
            for name in getattr(field, "field_names", ()):  # of a key of several columns
                fields[name] = model.fields[name]
        options = {name: value for name, value in model.options.items() if name not in _OF_WHOLE_MODELS}
        self._stubs.add(key)
        self.models[key] = ModelState(model.app_label, model.name, list(fields.items()), options, model.bases, [])
        self._bases(model)
        for field in fields.values():
            self.ends(field, key)

    def _bases(self, model: ModelState) -> None:
        for base in model.bases:
            if isinstance(base, str):
                self.whole(resolve_relation(base, model.app_label, model.name_lower))

    def _get(self, key: Key) -> ModelState:
        try:
            if key in self._state.models:
                found: ModelState = self._state.models[key]
                return found
            return ModelState.from_model(apps.get_model(*key), exclude_rels=True)  # of an app without migrations
        except LookupError as error:
            raise CannotBeReduced(str(error)) from error
