"""One way through the history of migrations: each that is looked at, with the models before it."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator

from django.db.migrations import Migration
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.state import ProjectState

from django_safemigrate.decisions.assigning import assign
from django_safemigrate.decisions.inferring import Judge, Touches, everywhere
from django_safemigrate.values.settings import Settings

from .files import Files
from .inspected import Conditions, Inspected
from .releases import Made
from .selecting import Selection
from .states import LightState


def inspected(
    loader: MigrationLoader,
    selection: Selection,
    conditions: Conditions,
    settings: Settings,
    files: Files,
    touches: Touches = everywhere,
) -> Iterator[Inspected]:
    """The selected migrations, in an order in which they can run; each is to be looked at before the next is asked for.

    Raises ``UsageError`` for a phase that cannot be read.
    """
    state = LightState(real_apps=set(loader.unmigrated_apps))
    made: dict[str, Made] = {}
    judges: dict[str, Judge] = {}
    left = len(selection.releases)
    for migration in in_order(loader) if left else ():
        release = selection.releases.get((migration.app_label, migration.name))
        if release is not None:
            if release not in judges:
                made[release] = Made()
                judges[release] = Judge(ProjectState(), known_apps=selection.known_apps, touches=touches)
            judges[release].go_on(state.clone())
            inferred = judges[release].judge(migration)
            before, path = state.clone(), files.of(migration)
            yield Inspected(
                migration,
                before,
                inferred,
                assign(migration, inferred, settings, files.shown(migration)),
                conditions,
                made[release].tables(before),
                path,
            )
            made[release].remember(migration)
            left -= 1
            if not left:
                return
        forwards(migration, state)


def in_order(loader: MigrationLoader) -> Iterator[Migration]:
    """Every migration, each behind those that it depends on."""
    seen: set[tuple[str, str]] = set()
    for leaf in loader.graph.leaf_nodes():
        for key in loader.graph.forwards_plan(leaf):
            if key not in seen:
                seen.add(key)
                yield loader.graph.nodes[key]


def forwards(migration: Migration, state: ProjectState) -> None:
    """Move a state on, as far as the operations fit the models: there is a check for those that do not."""
    for operation in migration.operations:
        with contextlib.suppress(Exception):  # whatever an operation says that does not find its model
            operation.state_forwards(migration.app_label, state)
