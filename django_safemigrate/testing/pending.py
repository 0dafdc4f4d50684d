"""What the next deploy would run: the migrations that are pending, of all apps together, as one release."""

from __future__ import annotations

import subprocess
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from pathlib import Path

from django.db.migrations import Migration
from django.db.migrations.graph import MigrationGraph
from django.db.migrations.loader import MigrationLoader

from django_safemigrate import Safe
from django_safemigrate.doing.targets import Target, resolve_targets
from django_safemigrate.doing.whose import migrations_directory
from django_safemigrate.operations import Backfill
from django_safemigrate.values.errors import UsageError
from django_safemigrate.values.own_app import OWN_APP
from django_safemigrate.values.phases import When, declared

from .listed import Key, copied


@dataclass(frozen=True)
class Pending:
    """``start``: the migrations of the last release, ``keys`` those to be run, each after those that it needs."""

    start: tuple[Key, ...]
    keys: tuple[Key, ...]

    @property
    def end(self) -> list[Key]:
        return [*self.start, *self.keys]

    @property
    def nothing(self) -> str:
        """Why there is nothing to rehearse, in a sentence; empty where there is something."""
        if not self.keys:
            return "Nothing is pending: there is nothing to rehearse."
        if all(app == OWN_APP for app, _ in self.start):
            return "The database is new, so nobody can be waiting: there is nothing to rehearse."
        return ""

    @property
    def labels(self) -> frozenset[str]:
        return frozenset(app for app, _ in self.keys)

    def __str__(self) -> str:
        return ", ".join(f"{app}.{name}" for app, name in self.keys)


def pending(loader: MigrationLoader, released: Collection[Key], targets: Sequence[Target]) -> Pending:
    """What leads from the migrations ``released`` to the targets. The package's own migrations do not count."""
    order = in_order(loader.graph)
    wanted = {key for target in targets for key in loader.graph.forwards_plan((target[0], target[1] or ""))}
    start = tuple(key for key in order if key in released)
    return Pending(start, tuple(key for key in order if key in wanted and key not in released and key[0] != OWN_APP))


def in_order(graph: MigrationGraph) -> list[Key]:
    """All migrations, each after those that it needs."""
    return list(dict.fromkeys(key for leaf in graph.leaf_nodes() for key in graph.forwards_plan(leaf)))


def released_since(loader: MigrationLoader, since: str) -> set[Key]:
    """The migrations of the last release, which is named by its last migration (``app.name``), or by a git revision.

    By a migration: itself and what it needs, and of other apps what does not need anything later. By a revision: what has
    a file then, and those of installed packages. Raises ``UsageError``.
    """
    label, _, name = since.partition(".")
    if name and label in loader.migrated_apps:
        [target] = resolve_targets(loader, label, name)
        before = set(loader.graph.forwards_plan((target[0], target[1] or "")))
        later = {key for key in loader.graph.nodes if key[0] == label} - before
    else:
        later = _without_file_at(loader, since)
    needing = {key for one in later for key in loader.graph.backwards_plan(one)}
    return set(loader.graph.nodes) - later - needing


def _without_file_at(loader: MigrationLoader, revision: str) -> set[Key]:
    directories = {label: migrations_directory(label) for label in sorted(loader.migrated_apps - {OWN_APP})}
    own = {label: path for label, path in directories.items() if path is not None and _in_a_checkout(path)}
    if not own:
        raise UsageError(
            f"--since {revision}: no migrations of this project are in a git checkout, and it names none of them.",
            "It is a migration (APP.NAME), or a git revision that has the migrations of the last release.",
            "Name the last migration that is deployed: --since APP.NAME",
        )
    later = set()
    for label, directory in own.items():
        there = {
            Path(line).stem
            for line in _git(directory, "ls-tree", "--name-only", "--end-of-options", revision, "./").splitlines()
        }
        later |= {key for key in loader.graph.nodes if key[0] == label and key[1] not in there}
    return later


def _in_a_checkout(directory: Path) -> bool:
    """Whether git knows a file of it."""
    try:
        return bool(_git(directory, "ls-files"))
    except UsageError:
        return False


def _git(directory: Path, *words: str) -> str:
    try:
        done = subprocess.run(["git", *words], cwd=directory, capture_output=True, text=True, check=True)
    except (OSError, subprocess.CalledProcessError) as error:
        said = str(getattr(error, "stderr", "") or error).strip()
        raise UsageError(
            f"git {words[0]} says: {said}",
            "--since takes a migration (APP.NAME), or a git revision that is in this checkout.",
            "In a shallow clone, fetch it first: git fetch --depth=1 origin REVISION",
        ) from error
    return done.stdout


def without_delays(migration: Migration) -> Migration:
    """A copy that runs as if its delay were over, and whose backfills are not left to workers."""
    its = copied(migration)
    if declared(its).when is When.AFTER_DEPLOY:
        vars(its)["safe"] = Safe.after_deploy()
    for operation in its.operations:
        if isinstance(operation, Backfill):
            operation.background = False
    return its
