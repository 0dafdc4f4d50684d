"""Sessions in the background that hold locks or send queries, and remember how long they had to wait."""

from __future__ import annotations

import contextlib
import threading
import time
from collections.abc import Iterator
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


class Traffic:
    """Sends one query after the other in autocommit, in a thread of its own; see ``sending``."""

    def __init__(self, sql: str) -> None:
        self.sql = sql
        self.latencies: list[float] = []
        self.errors: list[str] = []
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)

    def _run(self) -> None:
        with another_session(application_name="traffic") as session:
            while not self._over.wait(0.002):
                started = time.monotonic()
                try:
                    session.execute(self.sql)
                except psycopg.Error as error:
                    self.errors.append(str(error))
                self.latencies.append(time.monotonic() - started)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        self._over.set()
        self._thread.join()


@contextlib.contextmanager
def sending(sql: str) -> Iterator[Traffic]:
    """Traffic for the time of the context; read ``latencies`` (seconds) and ``errors`` afterwards."""
    traffic = Traffic(sql)
    traffic.start()
    try:
        yield traffic
    finally:
        traffic.stop()


@contextlib.contextmanager
def overlapping(sql: str, *, until_refused: int = 1, hold: float = 0.06) -> Iterator[None]:
    """Short transactions that always overlap, so that the table is never free and no transaction ever old.

    Each ends when the next one holds the same, so that nobody else gets in between, however slow the machine is. They end by
    themselves once ``until_refused`` lock requests of other sessions have been given up.
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

    def watch() -> None:
        """Count how often somebody begins to wait for a lock and is gone again."""
        waiting, refused = False, 0
        with another_session(autocommit=True) as session:
            while not over.wait(0.002):
                found = session.execute(
                    "SELECT EXISTS (SELECT FROM pg_locks JOIN pg_stat_activity USING (pid) "
                    "WHERE NOT granted AND datname = current_database() AND application_name <> 'short')"
                ).fetchone()
                now = bool(found and found[0])
                refused += waiting and not now
                waiting = now
                if refused >= until_refused:
                    over.set()

    threads = [threading.Thread(target=work, daemon=True) for work in (transact, watch)]
    for thread in threads:
        thread.start()
    try:
        assert held.wait(60), f"nobody could run {sql}"
        yield
    finally:
        over.set()
        for thread in threads:
            thread.join()
