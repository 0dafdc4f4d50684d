"""The files of migrations."""

from __future__ import annotations

from pathlib import Path

from django.apps import apps
from django.db.migrations import Migration

from django_safemigrate.doing.whose import is_installed, migrations_directory


class Files:
    """Where the migrations of each app lie, looked up once."""

    def __init__(self) -> None:
        self._directories: dict[str, Path | None] = {}
        self._installed: dict[str, bool] = {}

    def directory(self, app_label: str) -> Path | None:
        """None where there is none."""
        if app_label not in self._directories:
            known = app_label in apps.app_configs
            self._directories[app_label] = migrations_directory(app_label) if known else None
        return self._directories[app_label]

    def is_installed(self, app_label: str) -> bool:
        """Whether they belong to an installed package, and so are nobody's to correct."""
        if app_label not in self._installed:
            directory = self.directory(app_label)
            self._installed[app_label] = directory is None or is_installed(directory)
        return self._installed[app_label]

    def of(self, migration: Migration) -> Path | None:
        """The file of a migration; None where there is none to be read."""
        directory = self.directory(migration.app_label)
        path = directory / f"{migration.name}.py" if directory else None
        return path if path is not None and path.is_file() else None

    def shown(self, migration: Migration) -> str:
        """The path of a file of the project's own, as people would type it; empty for others."""
        path = None if self.is_installed(migration.app_label) else self.of(migration)
        return shown(path) if path else ""


def shown(path: Path) -> str:
    """Relative to where we are if it is below."""
    here = Path.cwd()
    return str(path.relative_to(here) if path.is_relative_to(here) else path)
