"""States that are copied in no time: a copy shares the models with its original until one of the two touches them.

A review follows whole histories, and looks at the state before every operation; Django's ``clone`` copies every model.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.db.migrations.state import ModelState, ProjectState

Key = tuple[str, str]


class _Models(dict[Key, ModelState]):
    """The models of a state. One that others have, too, is copied before it is given out by its key: whoever asks for one may
    change it; whoever goes through all of them only reads.
    """

    def __init__(self, models: Iterable[tuple[Key, ModelState]] = (), shared: Iterable[Key] = ()) -> None:
        super().__init__(models)
        self._shared = set(shared)

    def copied(self) -> _Models:
        self._shared = set(self)
        return _Models(super().items(), self._shared)

    def __getitem__(self, key: Key) -> ModelState:
        model = super().__getitem__(key)
        if key in self._shared:
            self._shared.discard(key)
            model = model.clone()
            super().__setitem__(key, model)
        return model

    def __setitem__(self, key: Key, model: ModelState) -> None:
        self._shared.discard(key)
        super().__setitem__(key, model)

    def __delitem__(self, key: Key) -> None:
        self._shared.discard(key)
        super().__delitem__(key)

    def get(self, key: Key, default: Any = None) -> Any:
        try:
            return self[key]
        except KeyError:
            return default

    def pop(self, key: Key, *default: Any) -> Any:
        self._shared.discard(key)
        return super().pop(key, *default)

    def own(self) -> None:
        """From now on no model is anybody else's."""
        for key in list(self._shared):
            self[key]


class LightState(ProjectState):
    """A ``ProjectState`` whose copies cost next to nothing, as long as its models are not rendered."""

    models: Any

    def __init__(self, models: Any = None, real_apps: Any = None) -> None:
        super().__init__(real_apps=real_apps)
        self.models = models if isinstance(models, _Models) else _Models((models or {}).items())

    def rename_model(self, app_label: str, old_name: str, new_name: str) -> None:
        """As Django's, which goes through all models and changes those that refer to this one."""
        self.models.own()
        super().rename_model(app_label, old_name, new_name)

    def clone(self) -> LightState:
        """A copy, as Django's."""
        state = LightState(self.models.copied(), self.real_apps)
        if "apps" in self.__dict__:
            state.apps = self.apps.clone()
        state.is_delayed = self.is_delayed
        return state
