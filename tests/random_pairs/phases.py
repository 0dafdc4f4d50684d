"""What has to hold for what makemigrations writes, without a database."""

from __future__ import annotations

from django.db.migrations.autodetector import MigrationAutodetector
from django.db.migrations.optimizer import MigrationOptimizer
from django.db.migrations.state import ProjectState

from django_safemigrate.decisions.rules import Refusal
from django_safemigrate.doing.autodetector import splitting
from tests.decisions.states import Changes, check_levels, history, notes, written
from tests.support.random_models import follow, in_order, remaining

from .changes import Pair
from .states import Answers, djangos


class NotAPair(Exception):
    """Stock Django cannot do it, or there is nothing to do."""


def ours(pair: Pair, before: ProjectState, after: ProjectState) -> tuple[Changes, list[Refusal]]:
    """What our makemigrations writes, and what it refuses."""
    autodetector = splitting(MigrationAutodetector)(before.clone(), after.clone(), Answers(pair, after))
    changes = autodetector.changes(graph=history(before))
    return changes, autodetector.refusals


def check_phases(pair: Pair, before: ProjectState, after: ProjectState) -> list[Refusal]:
    """The split ends, names and levels are sound, and both phases together are the models. Returns what is refused.

    Raises ``NotAPair``, and ``AssertionError``.
    """
    stock = djangos(pair, before, after)
    if stock is None:
        raise NotAPair
    print("Django:", written(stock))
    changes, refusals = ours(pair, before, after)
    print("ours:", written(changes), notes(changes), [refusal.fact for refusal in refusals])
    check_levels(before, changes)
    names = [f"{app}.{migration.name}" for app, its in changes.items() for migration in its]
    numbers = [name.split("_")[0] for name in names]
    assert len(set(names)) == len(set(numbers)) == len(names)
    for app, its in changes.items():
        phases = [migration.name.rpartition("_")[2] for migration in its]
        if any(migration.safe.when.value == "after_deploy" for migration in its):  # type: ignore[attr-defined]
            assert set(phases) <= {"expand", "contract"}
            assert phases == sorted(phases, reverse=True), app
    assert remaining(follow(before, in_order(before, changes)), after) == {}
    # As --update and squashmigrations would, within each migration.
    optimized = in_order(before, changes)
    for migration in optimized:
        migration.operations = MigrationOptimizer().optimize(migration.operations, migration.app_label)
    assert remaining(follow(before, optimized), after) == {}
    return refusals
