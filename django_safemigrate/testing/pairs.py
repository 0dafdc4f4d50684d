"""The two-version harness on a pair of model states: ``rehearse``.

The signature, for tests that call it often::

    rehearse(
        old: ProjectState,
        new: ProjectState,
        *,
        migrations: "ours" | "stock" = "ours",
        questioner: MigrationQuestioner | None = None,
        choices: Choices = SAFE,
        factories: Mapping[str, Callable[[int], Mapping[str, Any]]] = {},
        extensions: Sequence[str] = (),
        options: Options = Options(),
        scratch: Scratch | None = None,
        title: str = "The change",
    ) -> Rehearsal

It returns a ``Rehearsal`` (``str`` is a report), or raises ``ZeroDowntimeError`` (an ``AssertionError``, with ``failures``)
when a version's code fails, waits, or finds other data than was written, or when the end is not stock Django's;
``StockCannot`` when stock Django cannot make this change with these rows either, so that there is nothing to compare with
(a random pair to be left out); ``MakemigrationsRefuses`` (with ``refusals``) when there is no safe way and ``choices`` do not
insist; ``CannotRehearse`` (the base class of both) when no rows can be made or the harness itself cannot use the models.

``factories``, by ``app.Model``, make values of fields (by name; those that they leave out are made by the harness) out of a
number, another one each time. ``extensions`` are made in the databases first.

Keep one ``with Scratch() as scratch:`` open for many pairs; ``Options`` has what makes a check faster. With
``migrations="stock"`` stock Django's own migrations are run by stock Django, all before deploy: what breaks the old code then
is what the harness has to find.
"""

from __future__ import annotations

import contextlib
from collections.abc import Mapping, Sequence
from copy import deepcopy
from typing import Any

from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.migrations import Migration
from django.db.migrations.autodetector import MigrationAutodetector
from django.db.migrations.graph import MigrationGraph
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.questioner import MigrationQuestioner
from django.db.migrations.state import ModelState, ProjectState
from django.db.migrations.writer import MigrationWriter

from django_safemigrate.decisions.choices import SAFE, Choices
from django_safemigrate.doing.autodetector import splitting
from django_safemigrate.doing.headers import with_safe
from django_safemigrate.values.phases import declared

from .engine import Engine
from .failures import MakemigrationsRefuses, StockCannot
from .listed import Key, ListedLoader
from .options import Options
from .rehearsal import Rehearsal
from .release import Release
from .scratch import Scratch
from .version import Factories

Detector = type[MigrationAutodetector]


def rehearse(
    old: ProjectState,
    new: ProjectState,
    *,
    migrations: str = "ours",
    questioner: MigrationQuestioner | None = None,
    choices: Choices = SAFE,
    factories: Factories | None = None,
    extensions: Sequence[str] = (),
    options: Options | None = None,
    scratch: Scratch | None = None,
    title: str = "The change",
) -> Rehearsal:
    """See the module. ``questioner`` answers Django's questions (one-off defaults, renames), ``choices`` ours."""
    if migrations not in {"ours", "stock"}:
        raise ValueError(f'migrations is "ours" or "stock", not {migrations!r}')
    with contextlib.ExitStack() as stack:
        place = scratch or stack.enter_context(Scratch())
        release = _release(_Pair(old, new, questioner, choices), migrations == "stock", extensions, title)
        return Engine(release, place, options or Options(), factories or {}).run()


class _Pair:
    """The files of both ways, as text that was written and read again."""

    def __init__(
        self, old: ProjectState, new: ProjectState, questioner: MigrationQuestioner | None, choices: Choices
    ) -> None:
        self.old, self.new, self.choices = old, new, choices
        self.questioner = questioner or MigrationQuestioner(
            {"ask_rename": False, "ask_rename_model": False, "ask_initial": True}
        )
        self.texts: dict[str, str] = {}
        first = self._changes(MigrationAutodetector, ProjectState(real_apps=old.real_apps), old, MigrationGraph())
        self.first = _keyed(first)

    def _changes(
        self, detector: Detector, before: ProjectState, after: ProjectState, graph: MigrationGraph
    ) -> dict[str, list[Migration]]:
        made: dict[str, list[Migration]] = detector(_anew(before), _anew(after), self.questioner).changes(graph=graph)
        return made

    def graph(self) -> MigrationGraph:
        graph = MigrationGraph()
        for key, migration in self.first.items():
            graph.add_node(key, migration)
        for key, migration in self.first.items():
            for dependency in migration.dependencies:
                parent = dependency[0], dependency[1]
                if parent in graph.nodes:
                    graph.add_dependency(migration, key, parent)
        return graph

    def stock(self) -> dict[Key, Migration]:
        """Raises ``StockCannot``."""
        try:
            changes = self._changes(MigrationAutodetector, self.old, self.new, self.graph())
        except Exception as error:
            raise StockCannot(f"Stock Django cannot detect this change: {type(error).__name__}: {error}") from error
        if not changes:
            raise StockCannot("There is nothing to migrate: stock Django finds no change.")
        return _keyed(changes)

    def ours(self) -> dict[Key, Migration]:
        """Raises ``MakemigrationsRefuses``."""
        its: Any = splitting(MigrationAutodetector)
        detector = its(_anew(self.old), _anew(self.new), self.questioner, choices=self.choices)
        changes = detector.changes(graph=self.graph())
        if detector.refusals and self.choices.insist is None:
            raise MakemigrationsRefuses(detector.refusals)
        return _keyed(changes)

    def remaining(self, state: ProjectState, stocks: ProjectState) -> list[str]:
        """What ``makemigrations`` still finds in ``state``; nothing where it is never content, not after its own either."""
        try:
            if self._remaining(stocks):
                return []
        except Exception:
            return []
        return self._remaining(state)

    def _remaining(self, state: ProjectState) -> list[str]:
        changes = self._changes(MigrationAutodetector, state, self.new, self.graph())
        return [f"{app}: {one.describe()}" for app, its in changes.items() for m in its for one in m.operations]


def _anew(state: ProjectState) -> ProjectState:
    """A state that shares nothing with this one: detection changes fields and options in place."""
    models = {}
    for key, its in state.models.items():
        fields = [(name, field.clone()) for name, field in its.fields.items()]
        models[key] = ModelState(its.app_label, its.name, fields, deepcopy(its.options), its.bases, list(its.managers))
    return ProjectState(models, real_apps=state.real_apps)


def _keyed(changes: Mapping[str, Sequence[Migration]]) -> dict[Key, Migration]:
    return {(one.app_label, one.name): one for its in changes.values() for one in its}


def _release(pair: _Pair, by_stock: bool, extensions: Sequence[str], title: str) -> Release:
    stock = pair.stock()
    ours = stock if by_stock else pair.ours()
    texts = {f"{app}.{name}": _written(migration) for (app, name), migration in ours.items()}
    read = {key: _read(texts[f"{key[0]}.{key[1]}"], key) for key in ours}

    def stock_loader(connection: BaseDatabaseWrapper | None) -> MigrationLoader:
        return ListedLoader(connection, {**pair.first, **stock})

    def loader(connection: BaseDatabaseWrapper | None) -> MigrationLoader:
        return ListedLoader(connection, {**pair.first, **read})

    return Release(
        title=title,
        old=pair.old,
        new=pair.new,
        labels=frozenset({app for app, _ in [*pair.old.models, *pair.new.models]}),
        operations=[(key[0], operation) for key, one in stock.items() for operation in one.operations],
        loader=loader,
        stock_loader=stock_loader,
        start=list(pair.first),
        end=[*pair.first, *stock],
        text=texts,
        extensions=tuple(extensions),
        by_stock=by_stock,
        remaining=lambda: pair.remaining(loader(None).project_state(), stock_loader(None).project_state()),
    )


def _written(migration: Migration) -> str:
    text: str = MigrationWriter(migration, include_header=False).as_string()
    return with_safe(text, declared(migration)) if hasattr(migration, "safe") else text


def _read(text: str, key: Key) -> Migration:
    """The migration that a file of this text holds."""
    namespace: dict[str, object] = {"__name__": f"{key[0]}.migrations.{key[1]}"}
    exec(compile(text, f"{key[0]}/migrations/{key[1]}.py", "exec"), namespace)
    made: type[Migration] = namespace["Migration"]  # type: ignore[assignment]
    return made(key[1], key[0])
