"""One way through the history of migrations: each that is looked at, with the models before it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import partial

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
from .sql.rendered import Rendering
from .states import LightState
from .surroundings import Graph, Release, Surroundings, Unfit


def inspected(
    loader: MigrationLoader,
    selection: Selection,
    conditions: Conditions,
    settings: Settings,
    files: Files,
    touches: Touches = everywhere,
    refused: Mapping[tuple[str, str], str] | None = None,
) -> Iterator[Inspected]:
    """The selected migrations, in an order in which they can run; each is to be looked at before the next is asked for.

    ``refused``: those that ``safemigrate`` would not run on the database at hand, and why. Raises ``UsageError`` for a phase
    that cannot be read.
    """
    graph = Graph(loader)
    state = LightState(real_apps=set(loader.unmigrated_apps))
    made: dict[str, Made] = {}
    judges: dict[str, Judge] = {}
    releases: dict[str, Release] = {}
    rendering = Rendering()
    left = len(selection.releases)
    for migration in in_order(loader) if left else ():
        key = (migration.app_label, migration.name)
        release = selection.releases.get(key)
        after = state.clone() if release is not None else state
        unfit = forwards(migration, after)
        if release is not None:
            if release not in judges:
                made[release], releases[release] = Made(), Release(graph)
                judges[release] = Judge(ProjectState(), known_apps=selection.known_before(release), touches=touches)
            judges[release].go_on(state.clone())
            inferred = judges[release].judge(migration)
            assigned = assign(migration, inferred, settings, files.shown(migration))
            before = state.clone()
            yield Inspected(
                migration,
                before,
                inferred,
                assigned,
                conditions,
                made[release].tables(before),
                files.of(migration),
                partial(graph.apps_before, key),
                Surroundings(
                    releases[release].behind(migration, assigned),
                    graph.other_leaves(migration),
                    graph.same_number(migration),
                    (refused or {}).get(key, ""),
                    unfit,
                ),
                partial(graph.later, key),
                rendering,
            )
            made[release].remember(migration)
            left -= 1
            if not left:
                return
        state = after


def in_order(loader: MigrationLoader) -> Iterator[Migration]:
    """Every migration, each behind those that it depends on."""
    seen: set[tuple[str, str]] = set()
    for leaf in loader.graph.leaf_nodes():
        for key in loader.graph.forwards_plan(leaf):
            if key not in seen:
                seen.add(key)
                yield loader.graph.nodes[key]


def forwards(migration: Migration, state: ProjectState) -> Unfit | None:
    """Move a state on, as far as the operations fit the models; returns the first one that does not."""
    found: Unfit | None = None
    for number, operation in enumerate(migration.operations):
        try:
            operation.state_forwards(migration.app_label, state)
        except Exception as error:  # each operation says in its own way that it does not find its model
            found = found or Unfit(str(number), operation, f"{type(error).__name__}: {error}")
    return found
