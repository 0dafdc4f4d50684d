"""Mixed over whatever autodetector is there: splits the detected changes by phase before they are numbered.

It runs inside ``migrate`` as well (for the hint about changes without migrations), so it never prints, never asks and
never touches a database; what there is to say is attached to the migrations.
"""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from typing import Any

from django.db.migrations import Migration
from django.db.migrations.autodetector import MigrationAutodetector
from django.db.migrations.graph import MigrationGraph
from django.db.migrations.state import ProjectState

from django_safemigrate.decisions.choices import SAFE, Choices
from django_safemigrate.decisions.rules import Level, Refusal
from django_safemigrate.decisions.splitting import NOT_SAFE, Changes, Conflict, Split, split, with_what_they_need
from django_safemigrate.decisions.stacking import History, stack
from django_safemigrate.values.phases import Safe
from django_safemigrate.values.states import unrendered

SUFFIXES = {Level.EXPAND: "_expand", Level.CONTRACT: "_contract"}


class SplittingAutodetector(MigrationAutodetector):
    """Make one with ``splitting(base)``.

    Migrations that it returns have ``safe``, ``safemigrate_notes`` (lines for people), ``safemigrate_reason`` (a line for
    the file, on why it depends on what it does, or empty) and, where they were split, ``safemigrate_effects`` (of each
    operation, in words). ``choices`` are what the author has decided. After ``changes()``, ``refusals`` are what has no safe
    way. It is among the changes all the same: where ``insist`` is None, whoever writes them has to say no.
    """

    def __init__(
        self, from_state: ProjectState, to_state: ProjectState, *args: Any, choices: Choices = SAFE, **kwargs: Any
    ) -> None:
        # Detection changes from_state (Django 6.1 takes indexes and constraints out of it).
        self._before = unrendered(from_state)
        self._choices = choices
        self._wanted: set[str] | None = None
        self.refusals: list[Refusal] = []
        self.insist: Level | None = choices.insist
        super().__init__(from_state, to_state, *args, **kwargs)

    def changes(
        self,
        graph: MigrationGraph,
        trim_to_apps: set[str] | None = None,
        convert_apps: set[str] | None = None,
        migration_name: str | None = None,
    ) -> Changes:
        """As the base class does; what the other apps need is neither asked about nor refused."""
        self._wanted = trim_to_apps
        return super().changes(graph, trim_to_apps, convert_apps, migration_name)

    def arrange_for_graph(self, changes: Changes, graph: MigrationGraph, migration_name: str | None = None) -> Changes:
        if not any(migration.operations for migrations in changes.values() for migration in migrations):
            return super().arrange_for_graph(changes, graph, migration_name)  # --empty: the author decides
        if self._wanted:
            changes = with_what_they_need(changes, self._wanted)
        history = History(graph, self._before.real_apps)
        result = self._decided(changes, history)
        if isinstance(result, Conflict):
            return self._unsplit(changes, graph, migration_name, result.refusal)
        arranged = super().arrange_for_graph(result.changes, graph, migration_name)
        stack(arranged, result, history, migration_name)
        _show_phases(arranged, result)
        return arranged

    def _decided(self, changes: Changes, history: History) -> Split | Conflict:
        """Split, in the phase on which the author insists where there is no safe way."""
        result = self._split(changes, history)
        known: list[str] = []
        while self._choices.insist is None and (facts := [refusal.fact for refusal in self.refusals]) != known:
            self.insist = self._choices.decide(self.refusals)
            if self.insist is None:
                break
            result, known = self._split(changes, history), facts
            if isinstance(result, Split):
                break
        return result

    def _split(self, changes: Changes, history: History) -> Split | Conflict:
        choices = replace(self._choices, insist=self.insist)
        result = split(changes, self._before, history.pending(changes), history.lasts, choices)
        if isinstance(result, Conflict):
            result = split(changes, self._before, lasts=history.lasts, choices=choices)
        self.refusals = [result.refusal] if isinstance(result, Conflict) else result.refusals
        return result

    def _unsplit(
        self, changes: Changes, graph: MigrationGraph, migration_name: str | None, refusal: Refusal
    ) -> Changes:
        """As Django writes it, in one phase."""
        level = self.insist or Level.EXPAND
        arranged = super().arrange_for_graph(changes, graph, migration_name)
        for migration in (migration for migrations in arranged.values() for migration in migrations):
            _mark(migration, level, [f"{NOT_SAFE}: {refusal.fact} Written as Django writes it, in one phase"])
        return arranged


def _mark(migration: Migration, level: Level, notes: list[str], reason: str = "") -> None:
    safe = Safe.before_deploy() if level is Level.EXPAND else Safe.after_deploy()
    migration.safe = safe  # type: ignore[attr-defined]
    migration.safemigrate_notes = notes  # type: ignore[attr-defined]
    migration.safemigrate_reason = reason  # type: ignore[attr-defined]


def _show_phases(changes: Changes, result: Split) -> None:
    """Mark every migration with its phase, and name the phase in apps that have both."""
    renamed: dict[tuple[str, str], tuple[str, str]] = {}
    for app_label, migrations in changes.items():
        both = any(result.levels[id(migration)] is Level.CONTRACT for migration in migrations)
        for migration in migrations:
            level = result.levels[id(migration)]
            _mark(migration, level, result.notes[id(migration)], result.reasons.get(id(migration), ""))
            migration.safemigrate_effects = result.effects.get(id(migration), [])  # type: ignore[attr-defined]
            if both:
                name = migration.name + SUFFIXES[level]
                renamed[app_label, migration.name] = (app_label, name)
                migration.name = name
    for migration in (migration for migrations in changes.values() for migration in migrations):
        # Only the renamed ones: a swappable dependency is a tuple of its own kind, and has to stay one.
        fixed = [renamed.get((dep[0], dep[1]), dep) for dep in migration.dependencies]
        migration.dependencies = fixed  # type: ignore[misc]


@cache
def splitting(base: type[MigrationAutodetector]) -> type[MigrationAutodetector]:
    """The splitting autodetector over another one; the same class for the same base, as Django insists."""
    return type("SplittingAutodetector", (SplittingAutodetector, base), {})
