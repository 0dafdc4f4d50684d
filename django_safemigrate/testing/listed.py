"""Migrations that are in no file: a loader and an executor for them."""

from __future__ import annotations

import copy
from collections.abc import Collection, Mapping
from typing import Any

from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.migrations import Migration
from django.db.migrations.executor import MigrationExecutor
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.recorder import MigrationRecorder

from django_safemigrate.values.own_app import OWN_APP

Key = tuple[str, str]


class ListedLoader(MigrationLoader):
    """Knows the package's own migrations, those listed, and those of apps of the project that they depend on."""

    def __init__(self, connection: BaseDatabaseWrapper | None, listed: Mapping[Key, Migration]) -> None:
        self._listed = listed
        super().__init__(connection, ignore_no_migrations=True)

    def load_disk(self) -> None:
        super().load_disk()
        of_project: dict[Key, Migration] = dict(self.disk_migrations or {})
        labels = {app for app, _ in self._listed}
        kept = {OWN_APP}
        left = [*self._listed.values()]
        while left:
            needed = {dependency[0] for dependency in left.pop().dependencies} - kept - labels
            kept |= needed
            left += [migration for key, migration in of_project.items() if key[0] in needed]
        self.disk_migrations = {
            **{key: migration for key, migration in of_project.items() if key[0] in kept - labels},
            **{key: self._alone(migration) for key, migration in self._listed.items()},
        }
        self.migrated_apps = (self.migrated_apps & kept) | labels
        self.unmigrated_apps = self.unmigrated_apps - labels

    def _alone(self, migration: Migration) -> Migration:
        """A copy of its own, since Django's states change the foreign keys of an operation when the field that they point at
        gets another name; without ``run_before`` of what is not listed."""
        alone = copied(migration)
        vars(alone)["run_before"] = [key for key in migration.run_before if key in self._listed]
        return alone


def copied(migration: Migration) -> Migration:
    """A migration of its own, with operations of its own; a dependency on a swappable model is a tuple that has no copy."""
    its = copy.copy(migration)
    vars(its)["operations"] = copy.deepcopy(migration.operations)
    return its


class StockExecutor(MigrationExecutor):
    """Django's own, for the migrations of a loader."""

    def __init__(self, connection: BaseDatabaseWrapper, loader: MigrationLoader, progress: Any = None) -> None:
        # Django's constructor would load the project's migrations.
        self.connection, self.loader, self.progress_callback = connection, loader, progress
        self.recorder = MigrationRecorder(connection)

    def go_to(self, keys: Collection[Key]) -> None:
        """Apply what is missing of these migrations, what they need, and the package's own; undo what else is applied."""
        graph = self.loader.graph
        targets = [*(key for key in graph.leaf_nodes() if key[0] == OWN_APP), *keys]
        wanted = list(dict.fromkeys(key for target in targets for key in graph.forwards_plan(target)))
        applied = set(self.loader.applied_migrations)
        plan = [(graph.nodes[key], False) for key in wanted if key not in applied]
        if not plan:
            surplus = [key for leaf in graph.leaf_nodes() for key in graph.forwards_plan(leaf) if key not in wanted]
            plan = [(graph.nodes[key], True) for key in reversed(dict.fromkeys(surplus)) if key in applied]
        state = self.migrate(targets, plan=plan)
        assert state.apps is not None
