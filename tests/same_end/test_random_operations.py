"""Random operations on tables with rows: if Django can do them, so do we, with the same end, forwards and back.

The default is a small sample, of these and of the cases by hand. For more, and for the same examples again (a failure
prints both numbers); with ``SAME_END_SHRINK=1`` a failure is made smaller, which takes minutes::

    SAME_END=1000 SAME_END_SEED=42 python -m pytest tests/same_end
"""

from __future__ import annotations

import os
import random

import pytest
from django.db import IntegrityError
from django.db.migrations.state import ProjectState

from tests.decisions.states import detect
from tests.same_end.compare import History, Server, StockRefuses, check

hypothesis = pytest.importorskip("hypothesis")
from hypothesis import HealthCheck, Phase, assume, event, given, seed, settings  # noqa: E402
from hypothesis import strategies as st  # noqa: E402

from tests.same_end.random_operations import APP, operations  # noqa: E402
from tests.support.random_models import NAMES, fill, make_state, tables  # noqa: E402

MANY = int(os.environ.get("SAME_END") or 0)
SEED = int(os.environ.get("SAME_END_SEED") or random.randrange(2**32))
SHRINK = bool(os.environ.get("SAME_END_SHRINK"))
OF_APP = dict.fromkeys(NAMES, APP)


@pytest.mark.postgres
@pytest.mark.timeout(0 if MANY else 180)
def test_same_end(server: Server, empty: str, history: History) -> None:
    @seed(SEED)
    @settings(
        max_examples=MANY or 5,
        phases=[Phase.generate, *([Phase.shrink] if SHRINK else [])],
        deadline=None,
        database=None,
        print_blob=True,
        suppress_health_check=list(HealthCheck),
    )
    @given(st.data())
    def example(data: st.DataObject) -> None:
        before = make_state(data.draw(tables()), OF_APP)
        change = data.draw(operations(before, most=6))
        assume(change)
        first = data.draw(st.integers(1, len(change)))
        atomic = data.draw(st.integers(0, 4)) > 0
        print(f"SAME_END_SEED={SEED} SAME_END={MANY}")
        history.clear()
        history.write("0001_before", detect(ProjectState(), before, stock=True)[APP][0].operations)
        history.write("0002_change", change[:first], atomic=atomic)
        if change[first:]:
            history.write("0003_then", change[first:], atomic=atomic)
        with server.database(empty) as start:
            with server.using(start):
                history.stock("0001_before")
                try:
                    fill(before, 1, 2, 3)
                except IntegrityError:  # three rows of a unique column with two values
                    assume(False)
            try:
                check(server, history, start, empty=empty, back=None)
            except StockRefuses as error:
                said(f"Django refuses: {type(error.__cause__).__name__}")
                assume(False)
        said("done")

    def said(outcome: str) -> None:
        print(outcome)
        event(outcome)

    example()
