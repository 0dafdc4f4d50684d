"""The two-version harness on a pair of model states: ``rehearse``.

The signature, for tests that call it often::

    rehearse(
        old: ProjectState,
        new: ProjectState,
        *,
        migrations: "ours" | "stock" = "ours",
        questioner: MigrationQuestioner | None = None,
        factories: Mapping[str, Callable[[int], Mapping[str, Any]]] = {},
        options: Options = Options(),
        scratch: Scratch | None = None,
        title: str = "The change",
        detect: Callable[[type[MigrationAutodetector]], type[MigrationAutodetector]] = splitting,
    ) -> Rehearsal

It returns a ``Rehearsal`` (``str`` is a report), or raises ``ZeroDowntimeError`` (an ``AssertionError``, with ``failures``)
when a version's code fails, waits, or finds other data than was written, or when the end is not stock Django's;
``StockCannot`` when stock Django cannot make this change with these rows either, so that there is nothing to compare with
(a random pair to be left out); ``CannotRehearse`` (its base class) when no rows can be made or the harness itself cannot use
the models.

Keep one ``with Scratch() as scratch:`` open for many pairs; ``Options`` has what makes a check faster. With
``migrations="stock"`` stock Django's own migrations are run by stock Django, all before deploy: what breaks the old code then
is what the harness has to find.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Mapping, Sequence

from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.migrations import Migration
from django.db.migrations.autodetector import MigrationAutodetector
from django.db.migrations.graph import MigrationGraph
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.questioner import MigrationQuestioner
from django.db.migrations.state import ProjectState
from django.db.migrations.writer import MigrationWriter

from django_safemigrate.doing.autodetector import splitting
from django_safemigrate.doing.headers import with_safe
from django_safemigrate.values.phases import When, declared
from django_safemigrate.values.states import unrendered

from .engine import Engine, Rehearsal
from .failures import StockCannot
from .listed import Key, ListedLoader
from .options import Options
from .release import Look, Release
from .scratch import Scratch
from .version import Factories

Detector = type[MigrationAutodetector]


def rehearse(
    old: ProjectState,
    new: ProjectState,
    *,
    migrations: str = "ours",
    questioner: MigrationQuestioner | None = None,
    factories: Factories | None = None,
    options: Options | None = None,
    scratch: Scratch | None = None,
    title: str = "The change",
    detect: Callable[[Detector], Detector] = splitting,  # type: ignore[assignment]  # cached functions take anything
) -> Rehearsal:
    """See the module. ``questioner`` answers makemigrations' questions (one-off defaults, renames); ``detect`` makes the
    autodetector out of Django's."""
    if migrations not in {"ours", "stock"}:
        raise ValueError(f'migrations is "ours" or "stock", not {migrations!r}')
    with contextlib.ExitStack() as stack:
        place = scratch or stack.enter_context(Scratch())
        release = _release(old, new, migrations == "stock", questioner, title, detect)
        return Engine(release, place, options or Options(), factories or {}).run()


class _Pair:
    """The files of both ways, as text that was written and read again."""

    def __init__(self, old: ProjectState, new: ProjectState, questioner: MigrationQuestioner | None) -> None:
        self.old, self.new = old, new
        self.questioner = questioner or MigrationQuestioner(
            {"ask_rename": False, "ask_rename_model": False, "ask_initial": True}
        )
        self.texts: dict[str, str] = {}
        first = self._changes(MigrationAutodetector, ProjectState(real_apps=old.real_apps), old, MigrationGraph())
        self.first = {(one.app_label, one.name): one for its in first.values() for one in its}

    def _changes(
        self, detector: Detector, before: ProjectState, after: ProjectState, graph: MigrationGraph
    ) -> dict[str, list[Migration]]:
        made: dict[str, list[Migration]] = detector(unrendered(before), unrendered(after), self.questioner).changes(
            graph=graph
        )
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

    def detected(self, detector: Detector) -> dict[Key, Migration]:
        changes = self._changes(detector, self.old, self.new, self.graph())
        return {(one.app_label, one.name): one for its in changes.values() for one in its}

    def remaining(self, state: ProjectState) -> list[str]:
        changes = self._changes(MigrationAutodetector, state, self.new, self.graph())
        return [f"{app}: {one.describe()}" for app, its in changes.items() for m in its for one in m.operations]


def _release(
    old: ProjectState,
    new: ProjectState,
    by_stock: bool,
    questioner: MigrationQuestioner | None,
    title: str,
    detect: Callable[[Detector], Detector],
) -> Release:
    pair = _Pair(old, new, questioner)
    try:
        stock = pair.detected(MigrationAutodetector)
    except Exception as error:
        raise StockCannot(f"Stock Django cannot detect this change: {type(error).__name__}: {error}") from error
    if not stock:
        raise StockCannot("There is nothing to migrate: stock Django finds no change.")
    ours = stock if by_stock else pair.detected(detect(MigrationAutodetector))
    texts = {f"{app}.{name}": _written(migration) for (app, name), migration in ours.items()}
    read = {key: _read(texts[f"{key[0]}.{key[1]}"], key) for key in ours}
    reached: list[ProjectState] = []

    def stock_loader(connection: BaseDatabaseWrapper) -> MigrationLoader:
        return ListedLoader(connection, {**pair.first, **stock})

    def loader(connection: BaseDatabaseWrapper) -> MigrationLoader:
        made = ListedLoader(connection, {**pair.first, **read})
        reached[:] = [made.project_state()]
        return made

    between, beginning = _ways_back(pair.first, ours)
    return Release(
        title=title,
        old=old,
        new=new,
        labels=frozenset({app for app, _ in [*old.models, *new.models]}),
        operations=[(key[0], operation) for key, one in stock.items() for operation in one.operations],
        loader=loader,
        stock_loader=stock_loader,
        start=list(pair.first),
        end=[*pair.first, *stock],
        before=[(None, None)],
        after=[(None, None)],
        undo_after=between,
        undo_before=beginning,
        text=texts,
        by_stock=by_stock,
        remaining=lambda: pair.remaining(reached[0]) if reached else [],
    )


def _ways_back(first: Mapping[Key, Migration], ours: Mapping[Key, Migration]) -> tuple[list[Look], list[Look]]:
    """For each app what to ask for: the last migration before deploy, and the last one of the old version (or zero)."""
    apps = dict.fromkeys(app for app, _ in ours)

    def last(keys: Sequence[Key], app: str) -> str:
        names = [name for label, name in keys if label == app]
        return names[-1] if names else "zero"

    before = [*first, *(key for key, one in ours.items() if declared(one).when is not When.AFTER_DEPLOY)]
    return [(app, last(before, app)) for app in apps], [(app, last(list(first), app)) for app in apps]


def _written(migration: Migration) -> str:
    text: str = MigrationWriter(migration, include_header=False).as_string()
    return with_safe(text, declared(migration)) if hasattr(migration, "safe") else text


def _read(text: str, key: Key) -> Migration:
    """The migration that a file of this text holds."""
    namespace: dict[str, object] = {"__name__": f"{key[0]}.migrations.{key[1]}"}
    exec(compile(text, f"{key[0]}/migrations/{key[1]}.py", "exec"), namespace)
    made: type[Migration] = namespace["Migration"]  # type: ignore[assignment]
    return made(key[1], key[0])
