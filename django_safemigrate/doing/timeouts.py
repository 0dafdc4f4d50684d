"""Timeouts that never leak: local to a transaction, or put back whatever happens."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator

from django.db import Error

from django_safemigrate.catalog.query import Connection, rows


def set_local_timeouts(connection: Connection, *, lock: float, wait_for_standbys: bool = True) -> None:
    """In the open transaction: wait at most ``lock`` seconds for each lock (0: for ever), and never time out a statement.

    A ``statement_timeout`` of the role or the database would end a step half-way. Without ``wait_for_standbys`` the commit
    waits for this server's disk alone. It would wait for a synchronous standby with its locks held (manual, "Synchronous
    Replication"), and one that has stopped its replay behind a reader, or is down, would make everybody wait here. A failover
    at that moment may lose the step, and its mark in the journal with it.
    """
    settings = {"lock_timeout": _milliseconds(lock), "statement_timeout": "0"}
    if not wait_for_standbys:
        settings["synchronous_commit"] = "local"
    calls = ", ".join("set_config(%s, %s, true)" for _ in settings)
    rows(connection, f"SELECT {calls}", [word for pair in settings.items() for word in pair])


@contextlib.contextmanager
def session_timeouts(connection: Connection, *, lock: float) -> Iterator[None]:
    """The same for statements that run outside a transaction, with the previous values put back at the end.

    An error inside is never replaced by one from putting back: a broken connection has no settings to restore.
    """
    ((lock_before, statement_before),) = rows(
        connection, "SELECT current_setting('lock_timeout'), current_setting('statement_timeout')"
    )
    _set(connection, _milliseconds(lock), "0")
    try:
        yield
    except BaseException:
        with contextlib.suppress(Error):
            _set(connection, lock_before, statement_before)
        raise
    _set(connection, lock_before, statement_before)


def _set(connection: Connection, lock: str, statement: str) -> None:
    rows(
        connection,
        "SELECT set_config('lock_timeout', %s, false), set_config('statement_timeout', %s, false)",
        [lock, statement],
    )


def _milliseconds(seconds: float) -> str:
    return f"{max(1, round(seconds * 1000))}ms" if seconds else "0"
