"""Sessions in the background that hold locks or send queries, and remember how long they had to wait."""

from __future__ import annotations

import contextlib
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

import psycopg

from tests.support.database import another_session


@contextlib.contextmanager
def holding(sql: str) -> Iterator[psycopg.Connection[Any]]:
    """A session that has run ``sql`` in a transaction and stays in it, until ``rollback()`` or the end of the context."""
    with another_session(autocommit=False, application_name="report") as session:
        session.execute(sql)
        try:
            yield session
        finally:
            session.rollback()


def locked_until_somebody_has_waited(table: str, *, seconds: int) -> str:
    """A statement that locks a table until another session has been waiting for it for so long; at once if it is alone."""
    waits = f"SELECT FROM pg_locks WHERE relation = '{table}'::regclass AND NOT granted"
    long = f"waitstart < clock_timestamp() - interval '{seconds} s'"
    others = "SELECT FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
    somebody = f"EXISTS ({others} AND backend_type = 'client backend')"
    loop = f"WHILE {somebody} AND NOT EXISTS ({waits} AND {long}) LOOP PERFORM pg_sleep(0.01); END LOOP;"
    return f"DO $$ BEGIN LOCK TABLE {table}; {loop} END $$"


class Traffic:
    """Sends one query after the other in autocommit, in a thread of its own; see ``sending``."""

    def __init__(self, sql: str) -> None:
        self.sql = sql
        self.latencies: list[float] = []
        self.errors: list[str] = []
        self.went_on = False
        self._asked_at = 0.0
        self._begun, self._over = threading.Event(), threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)

    def _run(self) -> None:
        with another_session(application_name="traffic") as session:
            while not self._over.wait(0.002):
                self._asked_at = started = time.monotonic()
                try:
                    session.execute(self.sql)
                except psycopg.Error as error:
                    self.errors.append(str(error))
                self.latencies.append(time.monotonic() - started)
                self._begun.set()

    def start(self) -> None:
        """Returns when the first one was answered."""
        self._thread.start()
        assert self._begun.wait(60), f"nobody could run {self.sql}"

    def stop(self) -> None:
        self._over.set()
        self._thread.join()

    def goes_on(self, seconds: float = 0.8) -> bool:
        """Whether nobody waits for as long as we look: ``seconds``, and at least twice as long as the longest wait that is
        seen meanwhile, since a busy machine answers late, too. False where that is not so after a minute."""
        first, started = len(self.latencies), time.monotonic()
        while (passed := time.monotonic() - started) < 60:
            answered = self.latencies[first:]
            waiting = time.monotonic() - self._asked_at
            if passed >= seconds and len(answered) > 3 and max(*answered, waiting) < passed / 2:
                return True
            time.sleep(0.01)
        return False

    def then(self, release: Callable[[], object]) -> Callable[[], None]:
        """For ``Project.when``: look whether it goes on, which is kept in ``went_on``, and ``release`` what is in the way."""

        def act() -> None:
            try:
                self.went_on = self.goes_on()
            finally:
                release()

        return act


@contextlib.contextmanager
def sending(sql: str) -> Iterator[Traffic]:
    """Traffic for the time of the context; read ``latencies`` (seconds), ``errors`` and ``went_on`` afterwards."""
    traffic = Traffic(sql)
    traffic.start()
    try:
        yield traffic
    finally:
        traffic.stop()


@contextlib.contextmanager
def overlapping(sql: str, *, hold: float = 0.06) -> Iterator[threading.Event]:
    """Short transactions that always overlap, so that the table is never free and no transaction ever old.

    Each ends when the next one holds the same, so that nobody else gets in between, however slow the machine is. They go on
    until somebody sets the event.
    """
    held, over = threading.Event(), threading.Event()

    def transact() -> None:
        with (
            another_session(autocommit=False, application_name="short") as session,
            another_session(autocommit=False, application_name="short") as following,
        ):
            session.execute(sql)
            held.set()
            while not over.wait(hold):
                following.execute(sql)  # behind a request of somebody else this waits until that one has been given up
                session.commit()
                session, following = following, session
            session.rollback()

    thread = threading.Thread(target=transact, daemon=True)
    thread.start()
    try:
        assert held.wait(60), f"nobody could run {sql}"
        yield over
    finally:
        over.set()
        thread.join()
