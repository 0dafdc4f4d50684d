"""The pairs of the catalogue as files of an app, as stock Django and as ``makemigrations`` of this package writes them."""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

from django.conf import settings
from django.contrib.postgres.operations import CreateExtension
from django.db.migrations import Migration
from django.db.migrations.autodetector import MigrationAutodetector
from django.db.migrations.graph import MigrationGraph
from django.db.migrations.questioner import MigrationQuestioner
from django.db.migrations.writer import MigrationWriter
from django.test import override_settings

from django_safemigrate.doing.headers import with_safe
from django_safemigrate.values.phases import declared
from tests.decisions.states import Changes, state
from tests.support.project import Project
from tests.two_versions.detected import detected, stock
from tests.two_versions.pair import Pair
from tests.two_versions.rehearsed import factories

# What ``--factories tests.rehearse.catalogue.FACTORIES`` finds.
FACTORIES: dict[str, Callable[[int], Mapping[str, Any]]] = {}


@contextlib.contextmanager
def others_installed(project: Project, pair: Pair) -> Iterator[None]:
    """For the time of the context, the other apps of a pair are there, too."""
    labels = {its.app_label for its in (*pair.old, *pair.new)} - {"shop"}
    for label in labels:
        package = project.directory.parent / label / "migrations"
        package.mkdir(parents=True)
        (package / "__init__.py").touch()
        (package.parent / "__init__.py").touch()
    try:
        with override_settings(INSTALLED_APPS=[*settings.INSTALLED_APPS, *labels]):
            yield
    finally:
        for name in [name for name in sys.modules if name.split(".")[0] in labels]:
            del sys.modules[name]


def write_first(project: Project, pair: Pair) -> str:
    """The migration that makes the models as they are before the change; its name."""
    questioner = MigrationQuestioner({"ask_initial": True})
    changes = MigrationAutodetector(state(), pair.before, questioner).changes(graph=MigrationGraph())
    [first] = changes["shop"]
    first.operations[:0] = [CreateExtension(name) for name in pair.needs]
    _write(project.directory, first)
    FACTORIES.clear()
    FACTORIES.update(factories(pair))
    return str(first.name)


def write(project: Project, changes: Changes) -> None:
    """The files of the change."""
    for label, migrations in changes.items():
        place = project.directory if label == "shop" else project.directory.parent / label / "migrations"
        for migration in migrations:
            _write(place, migration)


def stocks(pair: Pair) -> Changes:
    return stock(pair)


def ours(pair: Pair) -> Changes:
    return detected(pair).changes


def _write(directory: Path, migration: Migration) -> None:
    text: str = MigrationWriter(migration, include_header=False).as_string()
    if hasattr(migration, "safe"):
        text = with_safe(text, declared(migration))
    (directory / f"{migration.name}.py").write_text(text)
