"""Watches from outside how long requests wait for locks.

A request can be slow for want of a processor too. PostgreSQL says in ``pg_locks.waitstart`` since when a
session has been waiting for a lock, so that looking every few milliseconds tells the two apart. Where the watch itself
got no processor, it was blind, and a request that was slow in that time has the same excuse: the longest gap is shown.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

import psycopg

from shop.demo.measure import LockWait

SECONDS_BETWEEN_LOOKS = 0.025

WAITING = """
    SELECT waiting.pid, extract(epoch FROM waiting.waitstart), waiting.mode,
           extract(epoch FROM clock_timestamp() - waiting.waitstart)
    FROM pg_locks AS waiting JOIN pg_stat_activity AS session USING (pid)
    WHERE NOT waiting.granted AND waiting.waitstart IS NOT NULL
      AND session.datname = current_database() AND session.application_name LIKE 'shop %'
"""


class LockWatch:
    def __init__(self, url: str) -> None:
        self._url = url
        self._stop = threading.Event()
        self._waits: dict[tuple[int, float], LockWait] = {}
        self._error: psycopg.Error | None = None
        self.waiting_now = 0
        self.longest_gap = 0.0
        self._thread = threading.Thread(target=self._watch, daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        self._stop.set()
        self._thread.join()

    def waits(self) -> list[LockWait]:
        """All that were seen. Raises what ended the watch early, since half a watch proves nothing."""
        if self._error is not None:
            raise self._error
        return list(self._waits.values())

    def _watch(self) -> None:
        try:
            self._look_until_stopped()
        except psycopg.Error as error:
            self._error = error

    def _look_until_stopped(self) -> None:
        with psycopg.connect(self._url, autocommit=True, application_name="demo: lock watch") as connection:
            looked = time.monotonic()
            while not self._stop.wait(SECONDS_BETWEEN_LOOKS):
                seen = connection.execute(WAITING, prepare=True).fetchall()
                previous, looked = looked, time.monotonic()
                self.longest_gap = max(self.longest_gap, looked - previous)
                self.waiting_now = len(seen)
                for pid, began, mode, seconds in seen:
                    self._waits[pid, began] = LockWait(mode, float(began), float(seconds))


@contextmanager
def watch_locks(url: str) -> Iterator[LockWatch]:
    watch = LockWatch(url)
    watch.start()
    try:
        yield watch
    finally:
        watch.stop()
