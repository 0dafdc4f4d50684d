"""Waiting for what others do, instead of for a time that is hoped to be long enough."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import psycopg

from tests.support.database import another_session


def wait_for(condition: Callable[[], object], seconds: float = 60.0) -> None:
    """Until it is true; fails where it does not come within so many seconds."""
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, f"it has not come within {seconds:.0f} s"
        time.sleep(0.01)


class Clock:
    """In place of ``time`` in a module: a sleep is over at once, however long it is said to be.

    ``tick``: how many seconds later it is at each look, so that how much is done in a time does not depend on the machine.
    """

    def __init__(self, tick: float = 0.0) -> None:
        self.tick, self._now = tick, 1_000.0

    def monotonic(self) -> float:
        self._now += self.tick
        return self._now

    def sleep(self, seconds: float) -> None:
        self._now += seconds
        time.sleep(0.001)


def seen(sql: str, *params: Any) -> None:
    """Return as soon as a query on the test's database, from a session of its own, has a row; in any thread."""
    with another_session() as session:
        wait_for(lambda: session.execute(sql, params).fetchone() is not None)


def seen_waiting(pid: int, *, seconds: float = 0.0) -> None:
    """Return as soon as a session has waited so long for a lock, of whatever kind."""
    waited = "waitstart <= clock_timestamp() - %s * interval '1 second'"
    seen(f"SELECT FROM pg_locks WHERE pid = %s AND NOT granted AND {waited}", pid, seconds)


def end(session: psycopg.Connection[Any]) -> None:
    """Close a session, and wait until the server has heard of it."""
    pid = session.info.backend_pid
    session.close()
    with another_session() as other:
        wait_for(lambda: other.execute("SELECT FROM pg_stat_activity WHERE pid = %s", [pid]).fetchone() is None)
