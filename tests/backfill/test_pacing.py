"""The pace of batches: whatever happens, within its limits, and towards its target."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from django_safemigrate.decisions.pacing import Pacing

events = st.lists(st.one_of(st.none(), st.tuples(st.floats(0.0, 1e4), st.booleans(), st.booleans())))


@given(events, st.floats(0.001, 10.0))
def test_within_its_limits(happened: list[tuple[float, bool, bool] | None], target: float) -> None:
    pacing = Pacing(target, least=10, most=10_000)
    for event in happened:
        before = pacing.rows
        if event is None:
            pacing.refused()
            assert pacing.rows <= before
        else:
            pacing.took(event[0], full=event[1], busy=event[2])
            assert before // 4 - 1 <= pacing.rows <= before * 1.5 + 1 or pacing.rows == pacing.least
        assert 10 <= pacing.rows <= 10_000
        assert 0.001 <= pacing.lock_timeout <= pacing.longest_wait


@given(st.floats(1e-6, 1e-3), st.floats(0.01, 1.0), st.booleans())
def test_it_finds_the_size_that_takes_as_long_as_it_should(for_a_row: float, target: float, busy: bool) -> None:
    pacing = Pacing(target)
    for _ in range(30):
        pacing.took(pacing.rows * for_a_row, full=True, busy=busy)
    wanted = min(pacing.most, max(pacing.least, target * (1.0 if busy else pacing.alone) / for_a_row))
    assert abs(pacing.rows - wanted) <= max(1.0, wanted * 0.01)


@given(st.floats(0.0, 0.04))
def test_a_short_batch_says_nothing_of_larger_ones(seconds: float) -> None:
    pacing = Pacing(0.05)
    pacing.took(seconds, full=False, busy=False)
    assert pacing.rows == pacing.first


def test_a_refusal_halves_it() -> None:
    pacing = Pacing(first=500)
    pacing.refused()
    assert pacing.rows == 250


@given(events)
def test_what_somebody_has_said_stays(happened: list[tuple[float, bool, bool] | None]) -> None:
    pacing = Pacing(fixed=77)
    for event in happened:
        if event is None:
            pacing.refused()
        else:
            pacing.took(event[0], full=event[1], busy=event[2])
        assert pacing.rows == 77


def test_it_rests_where_others_are() -> None:
    assert Pacing().rest_after(0.04, busy=True) == 0.04
    assert Pacing(rest=3.0).rest_after(0.04, busy=True) == 0.12
    assert Pacing().rest_after(0.04, busy=False) == 0.0
