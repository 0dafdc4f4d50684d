"""What can be said of each app's last migration without the others: for Django's system checks, which run all the time."""

from __future__ import annotations

from collections.abc import Iterator
from importlib import import_module

from django.apps import apps
from django.db.migrations import Migration
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.state import ProjectState

from django_safemigrate.decisions.assigning import assign
from django_safemigrate.decisions.inferring import Inferred, Judge, Place
from django_safemigrate.decisions.rules import has_rule
from django_safemigrate.values.errors import UsageError
from django_safemigrate.values.findings import Finding, MigratesWith
from django_safemigrate.values.own_app import OWN_APP
from django_safemigrate.values.settings import Settings

from .checks.atomic import concurrently
from .checks.phases import unsaid
from .files import Files
from .inspected import Conditions, Inspected
from .suppressions import suppressions

# Only files with one of these are imported, which is what takes time.
_WORDS = ("RunPython", "RunSQL", "Concurrently")


def quick_findings(settings: Settings) -> Iterator[Finding]:
    """Code that does not say in which phase it runs, and ``CONCURRENTLY`` in a transaction, in migrations of the project.

    One file of each app is imported, and no state is built. An app with one migration only is not in use yet.
    """
    files = Files()
    conditions = Conditions(settings.lint.runner)
    for app_label in apps.app_configs:
        if app_label == OWN_APP or app_label in settings.lint.ignored_apps or files.is_installed(app_label):
            continue
        migration = _last(app_label, files)
        if migration is not None:
            yield from _found(migration, settings, conditions, files)


def _last(app_label: str, files: Files) -> Migration | None:
    """The last one by its name; None where there are fewer than two, it has nothing that is looked for, or it cannot be
    imported: others say so."""
    directory = files.directory(app_label)
    names = sorted(path.stem for path in directory.glob("[!_~.]*.py")) if directory is not None else []
    if directory is None or len(names) < 2:
        return None
    text = (directory / f"{names[-1]}.py").read_text(encoding="utf-8", errors="replace")
    if not any(word in text for word in _WORDS):
        return None
    package, _ = MigrationLoader.migrations_module(app_label)
    try:
        return import_module(f"{package}.{names[-1]}").Migration(names[-1], app_label)  # type: ignore[no-any-return]
    except Exception:  # whatever a file does that is not whole yet
        return None


def _found(migration: Migration, settings: Settings, conditions: Conditions, files: Files) -> Iterator[Finding]:
    judged = Judge(ProjectState()).judge(migration)
    opaque = tuple(one for one in judged.operations if one.place is Place.UNKNOWN and not has_rule(one.operation))
    try:
        assigned = assign(migration, Inferred(opaque), settings, files.shown(migration))
    except UsageError:  # safemigrate says so
        return
    seen = Inspected(migration, ProjectState(), Inferred(opaque), assigned, conditions, path=files.of(migration))
    checks = [concurrently] if conditions.migrates_with is MigratesWith.MIGRATE else [concurrently, unsaid]
    for finding in (finding for check in checks for finding in check(seen)):
        if not any(one.reason and one.covers(finding) for one in suppressions(seen)):
            yield finding
