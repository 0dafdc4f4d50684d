"""What a phase comes to, in a sentence."""

from __future__ import annotations

import pytest

from django_safemigrate.decisions.explaining import Explanation, Impact, explain
from django_safemigrate.decisions.verdict import verdict
from django_safemigrate.values.steps import Work
from tests.reporting.plans import AX, CUSTOMER, MET, ORDER, SUE, step

COLUMN = explain(step("", Work.CATALOG, (ORDER, AX)), MET)
PROOF = explain(step("", Work.SCAN, (ORDER, SUE)), MET)
SMALL = explain(step("", Work.SCAN, (CUSTOMER, SUE)), MET)
REWRITE = explain(step("", Work.REWRITE, (ORDER, AX), undo=None), MET)
UNSEEN = explain(step("", Work.REWRITE, ('"unseen"', AX)), MET)
CODE = explain(step("", Work.OPAQUE, sql=""), MET)


@pytest.mark.parametrize(
    ("steps", "said"),
    [
        ([], "Nobody waits."),
        ([SMALL], "Nobody waits."),
        ([SMALL, PROOF], "Nobody waits. The work on tables takes about 8 s."),
        ([SMALL, COLUMN], "Nobody waits longer than some 50 ms at a time."),
        ([COLUMN, REWRITE, SMALL], "Others wait about 80 s at a time. The work on tables takes about 80 s."),
        ([UNSEEN, COLUMN], "Others wait for longer than anybody can say at a time."),
        ([CODE], "Nobody can say who waits, or for how long."),
        ([COLUMN, CODE], "Nobody waits longer than some 50 ms at a time; of 1 step nobody can say."),
        ([SMALL, CODE, CODE], "Nobody waits; of 2 steps nobody can say."),
    ],
)
def test_in_a_sentence(steps: list[Explanation], said: str) -> None:
    assert str(verdict(steps)) == said


def test_in_numbers() -> None:
    one = verdict([COLUMN, REWRITE, CODE])
    assert (one.steps, one.impact, one.unknown, one.not_undoable) == (3, Impact.BLOCKS, 1, 2)
    assert one.longest == REWRITE.takes
