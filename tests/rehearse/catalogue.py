"""The pairs of the catalogue as files of an app, as stock Django and as ``makemigrations`` of this package writes them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from django.contrib.postgres.operations import CreateExtension
from django.db.migrations import Migration
from django.db.migrations.autodetector import MigrationAutodetector
from django.db.migrations.graph import MigrationGraph
from django.db.migrations.questioner import MigrationQuestioner
from django.db.migrations.writer import MigrationWriter

from django_safemigrate.doing.headers import with_safe
from django_safemigrate.values.phases import declared
from tests.decisions.states import Changes, state
from tests.support.project import Project
from tests.two_versions.detected import detected, stock
from tests.two_versions.pair import Pair
from tests.two_versions.rehearsed import factories

# What ``--factories tests.rehearse.catalogue.FACTORIES`` finds.
FACTORIES: dict[str, Callable[[int], Mapping[str, Any]]] = {}


def in_shop(pair: Pair) -> bool:
    """Whether all its models are of the app that there is on disk."""
    return {its.app_label for its in (*pair.old, *pair.new)} == {"shop"}


def write_first(project: Project, pair: Pair) -> str:
    """The migration that makes the models as they are before the change; its name."""
    questioner = MigrationQuestioner({"ask_initial": True})
    changes = MigrationAutodetector(state(), pair.before, questioner).changes(graph=MigrationGraph())
    [first] = changes["shop"]
    first.operations[:0] = [CreateExtension(name) for name in pair.needs]
    _write(project, first)
    FACTORIES.clear()
    FACTORIES.update(factories(pair))
    return str(first.name)


def write(project: Project, changes: Changes) -> list[str]:
    """The files of the change; their names."""
    for migration in changes["shop"]:
        _write(project, migration)
    return [migration.name for migration in changes["shop"]]


def stocks(pair: Pair) -> Changes:
    return stock(pair)


def ours(pair: Pair) -> Changes:
    return detected(pair).changes


def _write(project: Project, migration: Migration) -> None:
    text: str = MigrationWriter(migration, include_header=False).as_string()
    if hasattr(migration, "safe"):
        text = with_safe(text, declared(migration))
    (project.directory / f"{migration.name}.py").write_text(text)
