"""Migrations that are in no file: a loader and an executor for them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.migrations import Migration
from django.db.migrations.executor import MigrationExecutor
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.recorder import MigrationRecorder

from django_safemigrate.doing.runner import OWN_APP

Key = tuple[str, str]


class ListedLoader(MigrationLoader):
    """Knows the package's own migrations, those listed, and those of apps of the project that they depend on."""

    def __init__(self, connection: BaseDatabaseWrapper, listed: Mapping[Key, Migration]) -> None:
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
            **self._listed,
        }
        self.migrated_apps = (self.migrated_apps & kept) | labels
        self.unmigrated_apps = self.unmigrated_apps - labels


class StockExecutor(MigrationExecutor):
    """Django's own, for the migrations of a loader."""

    def __init__(self, connection: BaseDatabaseWrapper, loader: MigrationLoader, progress: Any = None) -> None:
        # Django's constructor would load the project's migrations.
        self.connection, self.loader, self.progress_callback = connection, loader, progress
        self.recorder = MigrationRecorder(connection)
