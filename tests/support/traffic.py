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
def overlapping(sql: str, *, until_refused: int = 1, sessions: int = 3, hold: float = 0.06) -> Iterator[None]:
    """Short transactions that always overlap, so that the table is never free and no transaction ever old.

    They end by themselves once ``until_refused`` lock requests of another session have been given up, so that a test does
    not depend on how fast the machine is.
    """
    over = threading.Event()

    def transact(number: int) -> None:
        with another_session(autocommit=False, application_name="short") as session:
            time.sleep(hold / sessions * number)
            while not over.is_set():
                session.execute(sql)
                time.sleep(hold)
                session.commit()

    def watch() -> None:
        """Count how often somebody begins to wait for a table lock and is gone again."""
        waiting, refused = False, 0
        with another_session() as session:
            while not over.wait(0.002):
                found = session.execute("SELECT EXISTS (SELECT FROM pg_locks WHERE NOT granted)").fetchone()
                now = bool(found and found[0])
                refused += waiting and not now
                waiting = now
                if refused >= until_refused:
                    over.set()

    threads = [threading.Thread(target=transact, args=(n,), daemon=True) for n in range(sessions)]
    threads.append(threading.Thread(target=watch, daemon=True))
    for thread in threads:
        thread.start()
    try:
        yield
    finally:
        over.set()
        for thread in threads:
            thread.join()
