"""Model classes of states, as operations ask for them; each is made once for as long as nothing changes that it is made of.

Django renders all models of a state, and does it again when one of them changes.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Collection
from copy import copy, deepcopy
from dataclasses import dataclass
from functools import cached_property
from typing import Any, NamedTuple

from django.db.migrations.state import ModelState, ProjectState, StateApps
from django.db.models import Model

from django_safemigrate.linting.sql.reduced import Key, find, reduced

# All that a model class depends on. What is in it by its id is kept by whoever keeps the model.
Content = tuple[Any, ...]

# Operations ask for a model after them first, and then for that before them, which comes from the operation before.
_KEPT = 3


@dataclass(frozen=True)
class _Made:
    """``models``: what ``contents`` was taken from, as long as it counts."""

    contents: dict[Key, Content]
    models: dict[Key, ModelState]
    registry: StateApps


class Rendering:
    """The classes of a run."""

    def __init__(self) -> None:
        self._latest: dict[tuple[Key, ...], deque[_Made]] = {}
        self._leaves: dict[Content, _Leaf] = {}

    def registry(self, state: ProjectState, keys: tuple[Key, ...]) -> StateApps:
        """The models with these keys, and as much as they need of others. Raises ``LookupError`` where one is missing."""
        models, stubs = reduced(state, keys)
        contents = {key: _content(model) for key, model in models.items()}
        latest = self._latest.setdefault(keys, deque(maxlen=_KEPT))
        for one in latest:
            if one.contents == contents:
                return one.registry
        rendered: dict[Key, Any] = {
            key: self._leaf(model, contents[key]) if key in stubs and _is_leaf(model) else _Copies(model)
            for key, model in models.items()
        }
        latest.append(_Made(contents, models, StateApps([], rendered)))
        return latest[-1].registry

    def _leaf(self, model: ModelState, content: Content) -> _Leaf:
        if content not in self._leaves:
            self._leaves[content] = _Leaf(model)
        return self._leaves[content]


def _is_leaf(model: ModelState) -> bool:
    """Whether it refers to nothing."""
    return not any(isinstance(base, str) for base in model.bases) and not any(
        field.is_relation for field in model.fields.values()
    )


def _content(model: ModelState) -> Content:
    return (
        model.app_label,
        model.name,
        model.bases,
        *((name, *_field_content(field)) for name, field in model.fields.items()),
        *((name, id(value)) for name, value in model.options.items() if value != []),
    )


def _field_content(field: Any) -> Content:
    """Nobody changes a field that is in a state, but Django does: where fields are renamed, in those that refer to them."""
    if field.remote_field is None:
        return (id(field),)
    ends = (tuple(getattr(field, name, None) or ()) for name in ("from_fields", "to_fields"))
    return (id(field), getattr(field.remote_field, "field_name", None), *ends)


class _Copy(NamedTuple):
    """In the place of a field: Django's ``clone`` takes it apart and puts it together again, which takes most of the time."""

    field: Any
    number: int

    def clone(self) -> Any:
        made = deepcopy(self.field)
        made.creation_counter = -self.number if made.auto_created else self.number  # by which columns are in order
        return made


class _Copies:
    """A model whose class is made from copies of its fields."""

    def __init__(self, model: ModelState) -> None:
        self.app_label, self._model = model.app_label, model

    def render(self, apps: StateApps) -> type[Model]:
        of_copies: Any = copy(self._model)
        numbered = enumerate(self._model.fields.items(), 1)
        of_copies.fields = {name: _Copy(field, number) for number, (name, field) in numbered}
        made: type[Model] = of_copies.render(apps)
        return made


class _Leaf(_Copies):
    """A stub that refers to nothing: its class is good for every registry, as nobody asks it what refers to it."""

    def render(self, apps: StateApps) -> type[Model]:
        apps.register_model(self.app_label, self._class)
        return self._class

    @cached_property
    def _class(self) -> type[Model]:
        return super().render(StateApps([], {}))


class OnDemand:
    """What an operation finds as the ``apps`` of a state: models are rendered when it asks for them.

    ``together``: the keys of those that have to know of each other. Whoever asks for more than models gets Django's own.
    """

    def __init__(self, rendering: Rendering, state: ProjectState, together: Collection[Key]) -> None:
        self._rendering, self._state, self._together = rendering, state, tuple(together)

    def get_model(self, app_label: str, model_name: str | None = None, require_ready: bool = True) -> type[Model]:
        """As Django's. Raises ``LookupError``."""
        label, name = app_label.split(".") if model_name is None else (app_label, model_name)
        key = (label, name.lower())
        if find(self._state, key) is None:
            return self._all.get_model(label, name)
        keys = self._together if key in self._together else (key,)
        return self._rendering.registry(self._state, keys).get_model(*key)

    @cached_property
    def _all(self) -> StateApps:
        return StateApps(list(self._state.real_apps), dict(dict.items(self._state.models)))

    def __getattr__(self, name: str) -> Any:
        return getattr(self._all, name)
