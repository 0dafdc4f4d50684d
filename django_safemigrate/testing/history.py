"""The migrations of an app on disk, as releases."""

from __future__ import annotations

import heapq
from dataclasses import dataclass, field

from django.db.migrations import Migration
from django.db.migrations.loader import MigrationLoader

from django_safemigrate.values.errors import UsageError
from django_safemigrate.values.phases import When, declared

from .listed import Key


@dataclass
class Deployed:
    """The migrations of one release: those before deploy, and those after it. ``declares`` is whether one says its phase."""

    before: list[Key] = field(default_factory=list)
    after: list[Key] = field(default_factory=list)
    declares: bool = False

    @property
    def keys(self) -> list[Key]:
        return [*self.before, *self.after]

    def __str__(self) -> str:
        return ", ".join(f"{app}.{name}" for app, name in self.keys)


def releases_of(loader: MigrationLoader, app_label: str) -> list[Deployed]:
    """The releases of an app, in order.

    A release is a migration that runs before deploy, and those that follow and run after it, up to the next one that runs
    before deploy. One that declares no phase belongs to the release in the middle of which it stands, or is one of its own.
    Raises ``UsageError``.
    """
    found: list[Deployed] = []
    for migration in in_order(loader, app_label):
        key = migration.app_label, migration.name
        when = declared(migration).when
        last = found[-1] if found and found[-1].declares else None
        if when is When.AFTER_DEPLOY:
            if last is None:
                found.append(last := Deployed())
            last.after.append(key)
            last.declares = True
        elif when is When.ALWAYS and last is not None and not last.after:
            last.before.append(key)
        else:
            found.append(Deployed(before=[key], declares=when is When.BEFORE_DEPLOY))
    return found


def in_order(loader: MigrationLoader, app_label: str) -> list[Migration]:
    """The migrations of an app, each after those of the app that it needs, and otherwise by name."""
    keys = {key for key in loader.graph.nodes if key[0] == app_label}
    if not keys:
        raise UsageError(
            f"There are no migrations of an app {app_label!r}.",
            "Its label is wrong, it is not installed, or it has no migrations.",
            "Name an app as INSTALLED_APPS has it, by its label, for example zero_downtime.check('shop').",
        )
    needs = {key: {its for its in loader.graph.forwards_plan(key) if its in keys and its != key} for key in keys}
    ready = [key for key in keys if not needs[key]]
    heapq.heapify(ready)
    done: list[Key] = []
    while ready:
        done.append(heapq.heappop(ready))
        for key in keys - set(done) - set(ready):
            if needs[key] <= set(done):
                heapq.heappush(ready, key)
    return [loader.graph.nodes[key] for key in done]
