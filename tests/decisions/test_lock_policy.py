from __future__ import annotations

import itertools
from dataclasses import replace

import pytest

from django_safemigrate.decisions.lock_policy import LockPolicy, WaitBudget
from django_safemigrate.values.events import Holder
from django_safemigrate.values.locks import LockMode

POLICY = LockPolicy()


def holder(age: float | None) -> Holder:
    return Holder(1, LockMode.ACCESS_SHARE, "t", transaction_age=age)


def test_the_first_request_is_short_and_later_ones_grow_up_to_the_budget() -> None:
    timeouts = [POLICY.timeout(attempt) for attempt in range(100)]
    assert timeouts[0] == 0.02
    assert timeouts == sorted(timeouts)
    assert max(timeouts) == POLICY.timeout(10**9) == 0.05


def test_no_request_is_longer_than_the_budget_not_even_the_first() -> None:
    policy = LockPolicy(longest_timeout=0.005)
    assert {policy.timeout(attempt) for attempt in range(9)} == {0.005}


def test_there_is_no_attempt_without_a_timeout() -> None:
    assert all(0 < POLICY.timeout(attempt) <= 0.05 for attempt in range(1000))


def test_the_pause_is_several_times_the_request_so_that_the_queue_drains() -> None:
    for timeout, jitter in itertools.product((0.02, 0.05, 0.1), (0.0, 0.5, 0.999)):
        assert POLICY.pause(timeout, jitter) >= 3 * timeout


def test_the_pause_differs_between_two_runners() -> None:
    assert POLICY.pause(0.1, 0.0) < POLICY.pause(0.1, 0.5) < POLICY.pause(0.1, 0.999) < 2 * POLICY.pause(0.1, 0.0)


def test_the_pause_after_a_very_short_request_is_no_busy_loop() -> None:
    assert POLICY.pause(0.0001, 0.0) > 0.03


@pytest.mark.parametrize(
    ("ages", "waited", "asks"),
    [
        ([], 0, True),
        ([0.01], 0, True),
        ([0.01, 0.1], 0, True),
        ([5.0], 0, False),
        ([0.01, 5.0], 0, False),
        ([None], 0, True),
        ([0.3], 0, False),
        ([0.3], 10, True),
        ([3600.0], 590, False),
    ],
)
def test_asking_is_worth_while_where_nobody_old_is_in_the_way(
    ages: list[float | None], waited: float, asks: bool
) -> None:
    assert (POLICY.not_worth_asking([holder(age) for age in ages], waited) == ()) is asks


def test_only_those_who_are_in_the_way_for_long_are_named_and_each_once() -> None:
    young, old = holder(0.01), replace(holder(9.0), pid=7)
    named = POLICY.not_worth_asking([old, replace(old, mode=LockMode.ROW_SHARE), young], 0.0)
    assert [(one.pid, one.transaction_age) for one in named] == [(7, 9.0)]


def test_a_run_gives_up_when_its_time_is_over() -> None:
    policy = LockPolicy(max_wait=10)
    assert not policy.gives_up(9.99)
    assert policy.gives_up(10)


def test_the_budget_is_that_of_the_whole_run() -> None:
    budget = WaitBudget(LockPolicy(max_wait=10))
    budget.spend(6)
    assert (budget.left, budget.exhausted) == (4, False)
    budget.spend(6)
    assert (budget.left, budget.exhausted) == (0, True)


def test_a_prepared_transaction_is_never_young() -> None:
    prepared = replace(holder(None), pid=None)
    assert POLICY.not_worth_asking([prepared], 10**6) == (prepared,)


def test_a_request_for_several_tables_holds_the_first_while_it_waits_and_so_stays_short() -> None:
    timeouts = [POLICY.timeout(attempt, tables=2) for attempt in range(100)]
    assert timeouts[0] == 0.001
    assert max(timeouts) == POLICY.set_timeout < POLICY.first_timeout


def test_others_may_wait_behind_us_for_so_long_on_each_table() -> None:
    budget = WaitBudget(LockPolicy(blocked_budget=5))
    budget.charge("a", 4)
    budget.charge("b", 4)
    assert budget.overdrawn() == set()
    budget.charge("b", 1)
    assert budget.overdrawn() == {"b"}


@pytest.mark.parametrize(
    ("state", "idle", "waited", "after", "ends"),
    [
        ("idle in transaction", 60.0, 60.0, 30.0, True),
        ("idle in transaction (aborted)", 60.0, 60.0, 30.0, True),
        ("idle in transaction", 60.0, 60.0, None, False),  # nobody has asked for it
        ("active", 60.0, 60.0, 30.0, False),  # it works
        ("", None, 60.0, 30.0, False),  # the server does not tell this role
        ("idle in transaction", 1.0, 60.0, 30.0, False),  # it has just done something
        ("idle in transaction", 60.0, 1.0, 30.0, False),  # it has been in our way for a moment only
    ],
)
def test_only_who_is_idle_in_a_transaction_is_ended_and_only_when_asked_for(
    state: str, idle: float | None, waited: float, after: float | None, ends: bool
) -> None:
    policy = LockPolicy(terminate_after=after)
    assert policy.ends(replace(holder(9.0), state=state, idle=idle), waited) is ends
