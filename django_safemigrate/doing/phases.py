"""The phases of the migrations that are pending on a database."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from difflib import get_close_matches
from pathlib import Path
from typing import TYPE_CHECKING

from django.apps import apps
from django.conf import settings as django_settings
from django.db import router
from django.db.migrations import Migration
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.operations.base import Operation
from django.db.migrations.state import ProjectState

from django_safemigrate.catalog.query import Connection
from django_safemigrate.decisions.assigning import Assigned, assign
from django_safemigrate.decisions.footprints import model_key
from django_safemigrate.decisions.inferring import Judge
from django_safemigrate.decisions.planning import Key
from django_safemigrate.values.errors import UsageError
from django_safemigrate.values.settings import Settings

from .whose import is_installed, migrations_directory

if TYPE_CHECKING:  # half of the package, which a review of files does not need
    from .runner import Runner


class Phases:
    """What each pending migration is assigned to, found out once: files and what is applied must not change meanwhile."""

    def __init__(self, runner: Runner, settings: Settings) -> None:
        self._runner, self._settings = runner, settings
        self._known: dict[tuple[Key, ...], dict[Key, Assigned]] = {}
        check_labels(settings, runner.loader)

    def of(self, pending: Sequence[Migration]) -> Mapping[Key, Assigned]:
        """The phases of pending migrations, which are in an order in which they can run.

        Raises ``UsageError`` for what is wrong in a file.
        """
        keys = tuple((migration.app_label, migration.name) for migration in pending)
        if keys not in self._known:
            self._known[keys] = dict(zip(keys, self._assigned(pending), strict=True))
        return self._known[keys]

    def _assigned(self, pending: Sequence[Migration]) -> list[Assigned]:
        if not pending:
            return []
        state = self._runner.applied_state()
        known = {app_label for app_label, _ in self._runner.loader.applied_migrations}
        judge = Judge(state, known_apps=known, touches=Touching(self._runner.connection))
        return [assign(one, judge.judge(one), self._settings, own_file(one)) for one in pending]


class Touching:
    """Whether an operation does anything on a database, as routers and swapped models have it."""

    def __init__(self, connection: Connection) -> None:
        self._alias = connection.alias

    def __call__(self, operation: Operation, app_label: str, before: ProjectState) -> bool:
        hints = getattr(operation, "hints", None)
        if isinstance(hints, dict):
            return router.allow_migrate(self._alias, app_label, **hints)
        key = model_key(operation, app_label)
        model = before.models.get(key) if key else None
        if model is None:
            return router.allow_migrate(self._alias, app_label)
        swapped_for = getattr(django_settings, str(model.options.get("swappable")), None)
        if swapped_for is not None and str(swapped_for).lower() != f"{model.app_label}.{model.name_lower}":
            return False
        return router.allow_migrate(self._alias, app_label, model_name=model.name_lower)


def own_file(migration: Migration) -> str:
    """The path of a migration's file where it is the project's, relative to where we are if it is below; else empty."""
    if migration.app_label not in apps.app_configs:  # of an app of states alone, as in the harness
        return ""
    directory = migrations_directory(migration.app_label)
    if directory is None or is_installed(directory):
        return ""
    here, path = Path.cwd(), directory / f"{migration.name}.py"
    return str(path.relative_to(here) if path.is_relative_to(here) else path)


def check_labels(settings: Settings, loader: MigrationLoader) -> None:
    """Whether there are the apps and migrations that ``PHASES`` names. Raises ``UsageError``."""
    for label in settings.phases:
        app_label, _, name = label.partition(".")
        labels = [config.label for config in apps.get_app_configs()]
        if app_label not in labels:
            raise _unknown(label, f"no installed app with the label {app_label!r}", app_label, labels)
        names = [its for app, its in loader.disk_migrations if app == app_label]
        if name and name not in names:
            raise _unknown(label, f"no migration {name!r} in {app_label}", name, names)


def _unknown(label: str, what: str, wanted: str, there: Collection[str]) -> UsageError:
    close = get_close_matches(wanted, there, n=1)
    return UsageError(
        f"SAFEMIGRATE['PHASES'] names {label!r}: there is {what}." + (f" Did you mean {close[0]!r}?" if close else ""),
        "A phase that nothing has is a mistake, or is left over.",
        "Correct SAFEMIGRATE in your settings, or remove the entry.",
    )
