"""How long a query waits, on a machine that has time and on one that has none."""

from __future__ import annotations

import threading
from collections.abc import Iterator

import pytest
from django.db import OperationalError

from django_safemigrate.testing.patience import EVERY, MOST, Patience
from django_safemigrate.testing.scratch import Scratch, Worker
from django_safemigrate.testing.watching import Queries
from tests.support.database import rows
from tests.support.waiting import wait_for

PID = 7


@pytest.fixture
def queries() -> Queries:
    return Queries(count=1)


@pytest.fixture
def late() -> list[int]:
    """A line for each query that has waited for too long."""
    return []


@pytest.fixture
def patience(queries: Queries, late: list[int]) -> Iterator[Patience]:
    its = Patience(budget=10.5 * EVERY)
    with its.watching(PID, queries, lambda: late.append(queries.count)):
        yield its


def test_a_query_that_waits_for_too_long_is_told_once(patience: Patience, late: list[int]) -> None:
    patience.saw({PID}, EVERY)  # it waits, nobody knows since when
    for _ in range(10):
        patience.saw({PID}, EVERY)
    assert late == []
    for _ in range(10):
        patience.saw({PID}, EVERY)
    assert late == [1]


def test_waits_of_several_queries_are_not_added_up(patience: Patience, queries: Queries, late: list[int]) -> None:
    for _ in range(30):
        patience.saw({PID}, EVERY)
        queries.count += 1
    for number in range(30):
        patience.saw({PID} if number % 5 else {PID + 1}, EVERY)
    assert late == []


def test_a_busy_machine_counts_for_no_more_than_one_that_has_time(patience: Patience, late: list[int]) -> None:
    for _ in range(6):
        patience.saw({PID}, 3.0)
    assert patience.budget > 5 * MOST
    assert late == []
    patience.saw({PID}, 3.0)
    assert late == [1]


def test_it_waits_for_seconds_that_are_looked_at() -> None:
    patience, over, begun, done = Patience(1.0), threading.Event(), threading.Event(), threading.Event()

    def wait() -> None:
        begun.set()
        patience.wait(3 * EVERY, over)
        done.set()

    patience.wait(60.0, over)  # nobody looks
    patience._blind = False
    thread = threading.Thread(target=wait)
    thread.start()
    assert begun.wait(60)
    while not done.wait(0.001):
        patience.saw(set(), EVERY)
    thread.join()


@pytest.mark.postgres
def test_whoever_cannot_look_says_so(database: None) -> None:
    with Scratch() as scratch, scratch.database() as name:
        ended = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s"
        patience = Patience(0.1)

        def end_it() -> None:
            wait_for(lambda: rows(ended, [name]))
            wait_for(lambda: patience._blind)

        with pytest.raises(OperationalError, match="terminat"), patience.on(scratch, name):
            end_it()


@pytest.mark.postgres
def test_the_server_is_asked_who_waits(database: None) -> None:
    queries, late = Queries(), threading.Event()
    with Scratch() as scratch, scratch.database() as name:
        patience = Patience(0.1)
        holder, waiter = Worker(scratch, name), Worker(scratch, name)
        waiter.connection.execute_wrappers.append(queries)

        def run(sql: str) -> None:
            with holder.connection.cursor() as cursor:
                cursor.execute(sql)

        def wait() -> None:
            with waiter.connection.cursor() as cursor:
                cursor.execute("SELECT pg_advisory_lock(1)")

        try:
            holder.do(lambda: run("SELECT pg_advisory_lock(1)"))
            with patience.on(scratch, name), patience.watching(waiter.do(waiter.pid), queries, late.set):
                waiting = threading.Thread(target=waiter.do, args=(wait,))
                waiting.start()
                try:
                    assert late.wait(60)
                finally:
                    holder.do(lambda: run("SELECT pg_advisory_unlock(1)"))
                    waiting.join()
        finally:
            holder.close()
            waiter.close()
