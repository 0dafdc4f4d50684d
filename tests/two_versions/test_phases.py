"""Every pair of the catalogue, without a database: its phases, what is refused, and that both phases are the models."""

from __future__ import annotations

import pytest
from django.db.migrations.autodetector import MigrationAutodetector

from tests.decisions.states import check_levels, history, written
from tests.support.random_models import follow, in_order
from tests.two_versions.cases import PAIRS
from tests.two_versions.detected import Answers, detected, stock
from tests.two_versions.pair import ANY, Expects, Pair

HERE = [pair for pair in PAIRS if pair.known_to_django]


def remaining(pair: Pair, changes: object) -> dict[str, list[str]]:
    """What stock Django would still write after the changes."""
    end = follow(pair.before, in_order(pair.before, changes))  # type: ignore[arg-type]
    its = MigrationAutodetector(end, pair.after, Answers(pair))
    return written(its.changes(graph=history(pair.before)))


@pytest.mark.parametrize("pair", HERE, ids=lambda pair: pair.name.replace(" ", "-"))
def test_phases(pair: Pair) -> None:
    made = detected(pair)
    told = [f"{refusal.fact} {refusal.reason} {refusal.remedy}" for refusal in made.refusals]
    if pair.expects is Expects.REFUSED:
        assert told, made.changes
        for words in pair.says:
            assert any(words in text for text in told), (words, told)
        return
    assert not told
    if pair.phases != ANY:
        assert made.phases == pair.phases
    for phase, expected in (("expand", pair.expand), ("contract", pair.contract)):
        if expected is not None:
            assert sorted(made.operations(phase)) == sorted(expected)
    check_levels(pair.before, made.changes)
    assert remaining(pair, made.changes) == {}


@pytest.mark.parametrize("pair", HERE, ids=lambda pair: pair.name.replace(" ", "-"))
def test_django_can_do_it(pair: Pair) -> None:
    """A pair that Django itself cannot do would prove nothing."""
    assert remaining(pair, stock(pair)) == {}


def test_names_are_unique() -> None:
    names = [pair.name for pair in PAIRS]
    assert sorted(set(names)) == sorted(names)
