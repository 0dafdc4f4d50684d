"""Stacked releases: an expand migration does not wait for earlier contract migrations that it does not need.

The last migration of an app is often the contract of the release before, and perhaps it is still pending. Django would
let the next expand depend on it, so that it could not run before the next deploy. Where all their operations commute, the
two become branches instead: the expand depends on what it would have depended on, but for the contracts that it overtakes.
The next contract depends on both branches; where there is none, an empty one joins them, since an app has one last
migration. In either order the history is consistent, so it does not matter what is applied where, and nobody is asked.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from functools import cached_property

from django.db.migrations import Migration
from django.db.migrations.autodetector import MigrationAutodetector
from django.db.migrations.graph import MigrationGraph
from django.db.migrations.operations.base import Operation
from django.db.migrations.state import ProjectState

from django_safemigrate.values.errors import SafeMigrateError
from django_safemigrate.values.phases import When, declared

from .commuting import Footprint, commutes
from .dependencies import Key
from .footprints import carried_out
from .rules import Level
from .splitting import Changes, Split

JOIN = "join"

OVERTAKES = "may run before or after the contract of an earlier release: neither needs the other"
JOINS = "empty: the two before it may run in either order, and it makes one end of them"


class History:
    """The migrations that are there: what may be overtaken, and what it does."""

    def __init__(self, graph: MigrationGraph, real_apps: Iterable[str] = ()) -> None:
        self._graph, self._real_apps = graph, set(real_apps)
        # A dummy stands for a missing migration, and only while a graph is built.
        self._migrations = {key: migration for key, migration in graph.nodes.items() if migration is not None}

    def __contains__(self, key: object) -> bool:
        return key in self._migrations

    @cached_property
    def lasts(self) -> dict[str, Key]:
        """The last migration of each app; the first of them where there is a conflict, as Django does."""
        return {key[0]: key for key in sorted(self._graph.leaf_nodes(), reverse=True)}

    def up_to(self, keys: Iterable[Key]) -> set[Key]:
        """These migrations, and all before them."""
        return {before for key in keys for before in self._graph.forwards_plan(key)}

    def parents(self, key: Key) -> set[Key]:
        return {parent.key for parent in self._graph.node_map[key].parents}

    def children(self, key: Key) -> set[Key]:
        return {child.key for child in self._graph.node_map[key].children}

    def ends(self, keys: set[Key]) -> set[Key]:
        """Those that no other of these depends on."""
        return {key for key in keys if not self.children(key) & keys}

    @cached_property
    def in_order(self) -> list[Key]:
        found = (key for leaf in sorted(self._graph.leaf_nodes()) for key in self._graph.forwards_plan(leaf))
        return list(dict.fromkeys(found))

    @cached_property
    def contracts(self) -> set[Key]:
        """The migrations that run after deploy."""
        return {key for key, migration in self._migrations.items() if _is_contract(migration)}

    @cached_property
    def _mergers(self) -> set[Key]:
        """What ``makemigrations --merge`` writes: without operations, and for either phase."""
        items = self._migrations.items()
        return {key for key, migration in items if not migration.operations and not hasattr(migration, "safe")}

    def last_contracts(
        self, keys: set[Key], fixed: Collection[Key] = (), may: Callable[[Key], bool] = lambda key: True
    ) -> set[Key]:
        """Of these, the contracts after which only contracts come; only such as ``may``, and none that are ``fixed``."""
        found: set[Key] = set()
        for key in reversed(self.in_order):
            is_last = key in keys and key not in fixed and self.children(key) & keys <= found
            if is_last and self._may_be_overtaken(key) and may(key):
                found.add(key)
        useful: set[Key] = set()  # a merge alone keeps nobody waiting
        for key in self.in_order:
            if key in found and (key in self.contracts or self.parents(key) & useful):
                useful.add(key)
        return useful

    def pending(self, changes: Changes) -> list[Footprint]:
        """What the contracts do that ``changes`` (as Django has found them) should not wait for, as far as it is known."""
        if not self.contracts:
            return []
        dependencies = {(dep[0], dep[1]) for its in changes.values() for one in its for dep in one.dependencies}
        lasts = {self.lasts[app_label] for app_label in changes if app_label in self.lasts}
        keys = self.up_to(lasts | {dependency for dependency in dependencies if dependency in self})
        done = [its for key in self.last_contracts(keys) for _, its in self.footprints.get(key, ())]
        return [its for its in done if not its.everything]

    def _may_be_overtaken(self, key: Key) -> bool:
        """As far as its phase goes. The first migration of an app is none that others could be put before."""
        return (key in self.contracts or key in self._mergers) and any(app == key[0] for app, _ in self.parents(key))

    @cached_property
    def footprints(self) -> Mapping[Key, list[tuple[Operation, Footprint]]]:
        """What each operation of the contracts does, found by going through the whole history once."""
        state = ProjectState(real_apps=self._real_apps)
        found: dict[Key, list[tuple[Operation, Footprint]]] = {}
        for key in self.in_order:
            migration = self._migrations[key]
            if key in self.contracts:
                its = migration.operations
                found[key] = [(operation, carried_out(operation, key[0], state)) for operation in its]
            else:
                for operation in migration.operations:
                    operation.state_forwards(key[0], state)
        return found


def _is_contract(migration: Migration) -> bool:
    try:
        return declared(migration).when is When.AFTER_DEPLOY
    except SafeMigrateError:  # an error for those who run it, and nothing to build on
        return False


def stack(changes: Changes, result: Split, history: History, name: str | None = None) -> None:
    """Let the expand migrations among ``changes`` branch off, and join the branches.

    ``changes`` are those of ``result``, numbered and depending on the last migrations of their apps; dependencies are
    changed, empty migrations are added, and what there is to say of it is added to ``result``. ``name`` is the one that
    somebody has given to all of them.
    """
    if history.contracts:
        _Stack(changes, result, history, f"{name}_{JOIN}" if name else JOIN).build()


class _Stack:
    def __init__(self, changes: Changes, result: Split, history: History, name: str) -> None:
        self.changes, self.result, self.history, self.name = changes, result, history, name
        self.new = {(app, migration.name): migration for app, its in changes.items() for migration in its}
        # What of the history each new migration would come after without us, and what it does come after.
        self.would: dict[Key, set[Key]] = {}
        self.does: dict[Key, set[Key]] = {}

    def build(self) -> None:
        for key in self.new:
            self._place(key)
        for app_label in self.changes:
            self._join(app_label)

    def _place(self, key: Key) -> None:
        """Give a new migration its dependencies, once those that it depends on have theirs."""
        if key in self.does:
            return
        migration = self.new[key]
        dependencies = [(dependency[0], dependency[1]) for dependency in migration.dependencies]
        inside = [dependency for dependency in dependencies if dependency in self.new]
        for other in inside:
            self._place(other)
        outside = {dependency for dependency in dependencies if dependency in self.history}
        would = self.history.up_to(outside).union(*(self.would[other] for other in inside))
        would |= self.history.up_to(self._needed(migration, would))
        fixed = set[Key]().union(*(self.does[other] for other in inside))
        expands = self.result.levels[id(migration)] is Level.EXPAND
        overtaken = self._overtaken(migration, would, fixed) if expands else set()
        self.would[key], self.does[key] = would, would - overtaken
        ends = self.history.ends(would - overtaken - fixed) - outside
        if overtaken or ends:
            kept = [dependency for dependency in migration.dependencies if dependency not in overtaken]
            migration.dependencies = sorted([*kept, *ends], key=str)  # type: ignore[misc]
        if overtaken:
            self.result.reasons[id(migration)] = OVERTAKES

    def _needed(self, migration: Migration, would: set[Key]) -> set[Key]:
        """Contracts that nothing depends on any more and that are needed all the same, to free a name for example."""
        return {key for key in self.history.contracts - would if self._obstacle(migration, key, guess=False)}

    def _overtaken(self, migration: Migration, would: set[Key], fixed: set[Key]) -> set[Key]:
        """What it need not wait for: contracts that only contracts come after, and that commute with it."""
        return self.history.last_contracts(would, fixed, lambda contract: self._commutes(migration, contract))

    def _commutes(self, migration: Migration, contract: Key) -> bool:
        obstacle = self._obstacle(migration, contract)
        if obstacle:
            self.result.notes[id(migration)].append(obstacle)
        return not obstacle

    def _obstacle(self, migration: Migration, contract: Key, *, guess: bool = True) -> str:
        """Why a migration has to wait for a contract; empty if it need not. ``guess``: also where nobody can know."""
        for earlier, its_footprint in self.history.footprints.get(contract, ()):
            for later, own in zip(migration.operations, self.result.footprints[id(migration)], strict=True):
                unknown = its_footprint.everything or own.everything
                if not commutes(its_footprint, own) and (guess or not unknown):
                    name, verb = ".".join(contract), "may depend" if unknown else "depends"
                    return f'waits for {name}: "{later.describe()}" {verb} on "{earlier.describe()}"'
        return ""

    def _join(self, app_label: str) -> None:
        """An app has one last migration: where no new one comes after the one that it has, an empty one does."""
        last, its = self.history.lasts.get(app_label), self.changes[app_label]
        if last is None or not its or any(last in migration.dependencies for migration in its):
            return
        end = its[-1].name
        number = (MigrationAutodetector.parse_number(end) or 0) + 1
        attributes = {"operations": [], "dependencies": [last, (app_label, end)]}
        join: Migration = type("Migration", (Migration,), attributes)(f"{number:04}_{self.name}", app_label)
        its.append(join)
        self.result.levels[id(join)] = Level.CONTRACT
        self.result.notes[id(join)] = []
        self.result.reasons[id(join)] = JOINS
