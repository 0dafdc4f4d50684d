"""Somebody in the way of a concurrent index build or drop, so that it can be struck half-way."""

from __future__ import annotations

import contextlib
import re
import time

import psycopg

from .server import Server

_CONCURRENTLY = re.compile(r"^\s*(CREATE|DROP)\s+(UNIQUE\s+)?INDEX\s+CONCURRENTLY", re.IGNORECASE)
TABLES = """
SELECT format('%I.%I', schemaname, tablename) FROM pg_tables WHERE schemaname = 'public' AND tablename LIKE 'shop%'
"""


def can_be_obstructed(sql: str) -> bool:
    """Whether the statement waits for other transactions as long as they take, with half of its work committed."""
    return bool(_CONCURRENTLY.match(sql))


class Obstacle:
    """A transaction that has read every table of the shop, or may write to it.

    A build waits for writers when its index is there, but not ready; for readers when it is complete, but not valid. A
    drop waits for both when its index is no longer valid.
    """

    def __init__(self, server: Server, database: str, *, writes: bool) -> None:
        self._session = server.connect(database, autocommit=False)
        self._watching = server.connect(database)
        self._since = self._watching.execute("SELECT clock_timestamp()").fetchone()
        self._session.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ  # so that its snapshot stays
        for (table,) in self._watching.execute(TABLES).fetchall():
            self._session.execute(f"LOCK TABLE {table} IN ROW EXCLUSIVE MODE" if writes else f"SELECT FROM {table}")

    def wait_until_in_the_way_of(self, pid: int, limit: float = 30.0) -> None:
        """Returns when the session waits for us, or has done what it was sent since without that."""
        deadline = time.monotonic() + limit
        while time.monotonic() < deadline:
            found = self._watching.execute(
                "SELECT cardinality(pg_blocking_pids(%s)) > 0, "
                "(SELECT state <> 'active' AND query_start > %s FROM pg_stat_activity WHERE pid = %s) IS NOT FALSE",
                [pid, *(self._since or ()), pid],
            ).fetchone()
            if found is None or any(found):
                return
            time.sleep(0.002)

    def remove(self) -> None:
        for session in (self._session, self._watching):
            with contextlib.suppress(psycopg.Error):
                session.close()
