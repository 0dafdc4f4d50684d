"""Which migrations may become one: what one phase runs, or what only ever runs as a whole on tables that nobody uses.

A squashed migration is used by databases that have none of those that it replaces; the others go on with the originals. From
the first migration of an app on, a database that has none of them has no table of the app either, so that no phase matters.
In the middle of a history it has the tables, in use, and would run both phases as one.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from django.db.migrations import Migration

from django_safemigrate.values.phases import Safe, When, declared

from .inferring import Judge, Place


@dataclass(frozen=True)
class Squashed:
    """A migration that is to become part of one; ``whens``: both phases where it mixes them, None where nobody knows."""

    migration: Migration
    whens: frozenset[When] | None


_WHENS = {
    Place.BEFORE: {When.BEFORE_DEPLOY},
    Place.AFTER: {When.AFTER_DEPLOY},
    Place.BOTH: {When.BEFORE_DEPLOY, When.AFTER_DEPLOY},
    Place.NEITHER: {When.BEFORE_DEPLOY, When.AFTER_DEPLOY},
}


def phases_of(migrations: Sequence[Migration], judge: Judge) -> list[Squashed]:
    """The phases of migrations, as declared or inferred. ``judge`` has the state before the first of them."""
    return [_squashed(migration, judge) for migration in migrations]


def _squashed(migration: Migration, judge: Judge) -> Squashed:
    inferred = judge.judge(migration)
    if hasattr(migration, "safe"):
        return Squashed(migration, frozenset({declared(migration).when} - {When.ALWAYS}))
    if inferred.unknown:
        return Squashed(migration, None)
    return Squashed(migration, frozenset(when for place in inferred.places for when in _WHENS[place]))


def ranges(migrations: Sequence[Squashed]) -> list[list[Migration]]:
    """The longest runs of them that one phase can run, in order; one that mixes phases by itself is in none."""
    found: list[list[Migration]] = []
    phase: frozenset[When] = frozenset()
    for one in migrations:
        own = one.whens or frozenset()
        if len(own) > 1:
            found, phase = [*found, []], frozenset()
            continue
        if not found or len(phase | own) > 1:
            found, phase = [*found, []], frozenset()
        found[-1].append(one.migration)
        phase |= own
    return [run for run in found if run]


def safe_of(migrations: Sequence[Squashed], *, from_the_start: bool) -> Safe | None:
    """What the squashed migration declares; None where its operations have to say it on the database that it runs on."""
    if from_the_start:
        return Safe.before_deploy()
    if any(one.whens is None for one in migrations):
        return None
    phases = frozenset[When]().union(*(one.whens or () for one in migrations))
    if len(phases) > 1:
        return None
    return Safe(next(iter(phases), When.ALWAYS))
