"""A release of migrations that are in files, whichever these are."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any

from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.migrations import Migration
from django.db.migrations.graph import MigrationGraph
from django.db.migrations.loader import MigrationLoader

from .failures import CannotRehearse
from .listed import Key, ListedLoader, StockExecutor
from .release import Release
from .scratch import Scratch

Progress = Callable[[int, int], None]


def bring_to(
    scratch: Scratch, name: str, graph: MigrationGraph, keys: Sequence[Key], progress: Progress = lambda done, of: None
) -> None:
    """Apply these migrations to a scratch database, by stock Django. ``progress`` is told how many of how many are done.

    Raises ``CannotRehearse``.
    """
    listed: dict[Key, Any] = {key: graph.nodes[key] for key in keys}
    done, current = 0, ""

    def applied(action: str, migration: Migration | None = None, fake: bool = False) -> None:
        nonlocal done, current
        if action == "apply_start":
            current = f" ({migration})"
        elif action == "apply_success":
            done += 1
            progress(done, len(listed))

    with scratch.connected(name) as connection:
        try:
            StockExecutor(connection, ListedLoader(connection, listed), applied).go_to(keys)
        except Exception as error:
            raise CannotRehearse(
                f"The migrations that come before cannot be run on a new database{current}: "
                f"{type(error).__name__}: {str(error).strip()}"
            ) from error


def release_on_disk(
    loader: MigrationLoader,
    *,
    title: str,
    start: Sequence[Key],
    end: Sequence[Key],
    template: str,
    labels: frozenset[str],
    migrations: Mapping[Key, Migration],
    by_stock: bool = False,
) -> Release:
    """The release that leads from the migrations ``start`` to ``end``, which are in an order in which they can run.

    ``template`` is a database at the start; ``migrations``: those of the end as they are to be run.
    """
    graph = loader.graph
    started = set(start)

    def loading(connection: BaseDatabaseWrapper) -> MigrationLoader:
        return ListedLoader(connection, migrations)

    state = partial(graph.make_state, at_end=True, real_apps=loader.unmigrated_apps)
    return Release(
        title=title,
        old=state(nodes=list(start)),
        new=state(nodes=list(end)),
        labels=labels,
        operations=[
            (key[0], operation) for key in end if key not in started for operation in graph.nodes[key].operations
        ],
        loader=loading,
        stock_loader=loading,
        start=start,
        end=end,
        template=template,
        on_disk=True,
        by_stock=by_stock,
    )
