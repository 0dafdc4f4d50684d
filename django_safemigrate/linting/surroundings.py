"""What other migrations have to do with the one that is looked at."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from django.db.migrations import Migration
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.operations.base import Operation
from django.utils import timezone

from django_safemigrate.decisions.assigning import Assigned
from django_safemigrate.decisions.planning import Planned, Status, categorize
from django_safemigrate.values.phases import Phase, When

from .later import Later

Key = tuple[str, str]


@dataclass(frozen=True)
class Unfit:
    """An operation that does not find its model, with its place in the list and Django's error."""

    path: str
    operation: Operation
    error: str


@dataclass(frozen=True)
class Surroundings:
    """``behind``: a migration of the same release that runs after the deploy, and that it depends on although it has to run
    before it. ``other_leaves``: names of other last migrations of its app; ``same_number``: of earlier ones with its number.
    ``refused``: why ``safemigrate`` would not run it on the database at hand. ``unfit``: its first operation that fits
    nothing the migrations before it lead to.
    """

    behind: str = ""
    other_leaves: tuple[str, ...] = ()
    same_number: tuple[str, ...] = ()
    refused: str = ""
    unfit: Unfit | None = None


class Graph:
    """Answers from the graph of migrations, each found out once."""

    def __init__(self, loader: MigrationLoader) -> None:
        self._graph = loader.graph
        self._reached: dict[Key, frozenset[str]] = {}
        self._leaves: dict[str, list[str]] = {}
        for app_label, name in loader.graph.leaf_nodes():
            self._leaves.setdefault(app_label, []).append(name)
        self._numbers: dict[tuple[str, str], list[str]] = {}
        for (app_label, name), migration in loader.graph.nodes.items():
            if name[:4].isdigit() and not migration.replaces:
                self._numbers.setdefault((app_label, name[:4]), []).append(name)

    def parents(self, migration: Migration) -> list[Key]:
        """What a migration depends on."""
        return [parent.key for parent in self._graph.node_map[migration.app_label, migration.name].parents]

    def apps_before(self, key: Key) -> frozenset[str]:
        """The apps of the migrations that run before one in any order. Asked for one after the other, as they run."""
        if key not in self._reached:
            todo = [key]
            while todo:
                parents = [parent.key for parent in self._graph.node_map[todo[-1]].parents]
                left = [parent for parent in parents if parent not in self._reached]
                if left:
                    todo += left
                    continue
                apps = {parent[0] for parent in parents}
                self._reached[todo.pop()] = frozenset(apps.union(*(self._reached[parent] for parent in parents)))
        return self._reached[key]

    def later(self, key: Key) -> Later:
        """The columns that came later than their tables, before a migration."""
        found = Later()
        for app_label, name in self._graph.forwards_plan(key)[:-1]:
            found.follow(self._graph.nodes[app_label, name].operations, app_label)
        return found

    def other_leaves(self, migration: Migration) -> tuple[str, ...]:
        """Empty for what is not one of several last migrations."""
        leaves = self._leaves.get(migration.app_label, [])
        return tuple(name for name in leaves if name != migration.name) if migration.name in leaves else ()

    def same_number(self, migration: Migration) -> tuple[str, ...]:
        """Migrations of its app with the same number, of which it is the last one by name."""
        names = sorted(self._numbers.get((migration.app_label, migration.name[:4]), []))
        return tuple(names[:-1]) if names[-1:] == [migration.name] else ()


class Release:
    """The phases of the migrations of one release, in the order in which they run."""

    def __init__(self, graph: Graph) -> None:
        self._graph = graph
        self._assigned: dict[Key, Assigned] = {}
        self._migrations: list[Migration] = []
        self._has_contracts = False

    def behind(self, migration: Migration, assigned: Assigned) -> str:
        """The contract migration that an expand migration depends on; empty where nothing is wrong. Takes note of both."""
        self._migrations.append(migration)
        self._assigned[migration.app_label, migration.name] = assigned
        self._has_contracts = self._has_contracts or assigned.safe.when is When.AFTER_DEPLOY
        if not self._has_contracts or assigned.safe.when is not When.BEFORE_DEPLOY or assigned.problem is not None:
            return ""
        planned = self._plan()[-1]
        first = planned.behind if planned.status is Status.BLOCKED else None
        if first is None or self._assigned[first.app_label, first.name].problem is not None:
            return ""
        return str(first)

    def _plan(self) -> Sequence[Planned]:
        return categorize(
            self._migrations,
            Phase.BEFORE_DEPLOY,
            parents=self._graph.parents,
            phase_of=lambda one: self._assigned[one.app_label, one.name],
            detected={},
            now=timezone.now(),
        )
