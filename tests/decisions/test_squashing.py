"""Which migrations one phase can run as one, and what the squashed one declares."""

from __future__ import annotations

from django.db.migrations import Migration

from django_safemigrate import Safe, When
from django_safemigrate.decisions.squashing import Squashed, ranges, safe_of

BEFORE, AFTER = frozenset({When.BEFORE_DEPLOY}), frozenset({When.AFTER_DEPLOY})
BOTH, NEITHER = BEFORE | AFTER, frozenset[When]()


def squashed(*phases: frozenset[When] | None) -> list[Squashed]:
    return [Squashed(Migration(f"000{number}", "shop"), whens) for number, whens in enumerate(phases)]


def names(*phases: frozenset[When] | None) -> list[list[str]]:
    return [[migration.name for migration in run] for run in ranges(squashed(*phases))]


def test_a_range_ends_where_the_phase_changes() -> None:
    assert names(BEFORE, BEFORE, AFTER, AFTER, BEFORE) == [["0000", "0001"], ["0002", "0003"], ["0004"]]


def test_what_runs_in_any_phase_is_in_the_range_where_it_stands() -> None:
    assert names(NEITHER, BEFORE, NEITHER, AFTER) == [["0000", "0001", "0002"], ["0003"]]


def test_one_that_mixes_phases_is_in_none() -> None:
    assert names(BEFORE, BOTH, BEFORE) == [["0000"], ["0002"]]
    assert names(BOTH, BOTH) == []


def test_what_is_declared() -> None:
    assert safe_of(squashed(BOTH, None), from_the_start=True) == Safe.before_deploy()
    assert safe_of(squashed(AFTER, NEITHER), from_the_start=False) == Safe.after_deploy()
    assert safe_of(squashed(NEITHER), from_the_start=False) == Safe.always()
    assert safe_of(squashed(BEFORE, AFTER), from_the_start=False) is None
    assert safe_of(squashed(BEFORE, None), from_the_start=False) is None
