"""One runner at a time on a database: a lock of its session, and a row that says whose turn it is.

The lock (``pg_try_advisory_lock``, manual, "Advisory Locks") is that of the very session that changes the schema: while it is
there, nobody else begins; when that session ends, for whatever reason, it is free. A second runner asks for it now and then,
and sleeps between: one that waited inside the server would hold a snapshot, for which CREATE INDEX CONCURRENTLY would wait.

The row is the fence. Locks do not survive a failover or somebody's ``pg_advisory_unlock_all``. Whoever takes over raises the
row's key, and every step of ours looks for its own in the transaction in which it works: a runner that was replaced
finds nothing, and cannot go on.
"""

from __future__ import annotations

import contextlib
import getpass
import hashlib
import os
import socket
import time
from collections.abc import Iterator

from django.db import Error

from django_safemigrate.catalog.query import Connection, rows, value
from django_safemigrate.models import RunnerLease
from django_safemigrate.values.errors import LeaseLost, LockUnavailable
from django_safemigrate.values.events import Report, WaitingForRunner

from .background import Background, in_background
from .journal import has_table
from .observer import Observer

# What the lock is on: a number that nobody else will use by chance.
KEY = int.from_bytes(hashlib.sha256(b"django_safemigrate").digest()[:8], "big", signed=True)

# Seconds between two looks at whether it is our turn, and between two remarks that it is not.
POLL = 0.25
REPEAT = 5.0

_TABLE = f'"{RunnerLease._meta.db_table}"'
_LOCK = "locktype = 'advisory' AND classid::bigint = %s AND objid::bigint = %s AND objsubid = 1"
_LOCK_PARAMS = [(KEY >> 32) & 0xFFFFFFFF, KEY & 0xFFFFFFFF]


class Lease:
    """Our turn. ``token`` is None as long as there is no table for the row."""

    def __init__(self, connection: Connection, observer: Observer, seconds: float) -> None:
        self.connection, self.observer, self.seconds = connection, observer, seconds
        self.owner = owner()
        self.token: int | None = None
        # Seen by the keeper, which then ends our statement.
        self.lost = False

    def take(self, report: Report, patience: float) -> None:
        """Wait until nobody else runs. Raises ``LockUnavailable`` when whoever has the lock has shown no sign of life for
        ``patience`` seconds."""
        started = alive_at = time.monotonic()
        said_at = float("-inf")
        locked = False
        while not (locked := locked or self._try_lock()) or not self._free():
            now = time.monotonic()
            other, alive = self._other()
            if now - said_at >= REPEAT:
                report(WaitingForRunner(other, now - started))
                said_at = now
            alive_at = now if alive else alive_at
            if now - alive_at >= patience:
                raise LockUnavailable(
                    f"Another session has the lock of the runner, and shows no sign of life: {other}.",
                    "Its process is gone or hangs, or a connection pool has kept the lock.",
                    "End that session (SELECT pg_terminate_backend(pid)), and run the same command again.",
                )
            time.sleep(POLL)

    def write(self) -> None:
        """Write the row, as soon as there is a table for it: from now on whoever had it before cannot go on."""
        self.token = self._write("token + 1", "") or self._insert()

    def confirm(self) -> None:
        """Raises ``LeaseLost`` when somebody else has taken over. In a transaction nobody can do so before its end."""
        if self.token is None:
            return
        found = rows(
            self.connection,
            f"SELECT backend_pid = pg_backend_pid() FROM {_TABLE} WHERE token = %s FOR KEY SHARE",
            [self.token],
        )
        if not found or (not found[0][0] and not self._in_a_new_session()):
            raise self.taken_over()

    def taken_over(self) -> LeaseLost:
        """The error for a runner that was replaced."""
        return LeaseLost(
            "Another runner has taken over.",
            f"This one ({self.owner}) has lost its session in the database, and with it its turn.",
            "Look at what goes on: manage.py safemigrate --status",
        )

    def renew(self) -> bool:
        """Say that we are alive, from the second session; False when somebody else has taken over."""
        if self.token is None:
            return True
        sql = (
            f"WITH renewed AS (UPDATE {_TABLE} SET expires = clock_timestamp() + %s * interval '1 second' "
            "WHERE token = %s RETURNING 1) SELECT count(*) FROM renewed"
        )
        return self.observer.ask(lambda own: value(own, sql, [self.seconds, self.token]) == 1, True)

    def give_back(self) -> None:
        """Never raises: a session that is gone has given it back already."""
        with contextlib.suppress(Error):
            if self.token is not None and has_table(self.connection, RunnerLease):
                self._write("token", "WHERE token = %s", expires=0)
            self._unlock()

    # The lock

    def _try_lock(self) -> bool:
        return bool(value(self.connection, f"SELECT pg_try_advisory_lock({KEY})"))

    def _unlock(self) -> None:
        value(self.connection, f"SELECT pg_advisory_unlock({KEY})")

    def _in_a_new_session(self) -> bool:
        """Code in a migration has closed the connection, and we go on in a new one: nobody has taken over meanwhile."""
        if not self._try_lock():
            return False
        return self._write("token", "WHERE token = %s") is not None

    # The row

    def _free(self) -> bool:
        """With the lock in our hands: whether nobody who has lost it believes that it is his turn."""
        if not has_table(self.connection, RunnerLease):
            return True
        return not value(
            self.connection,
            f"""
            SELECT EXISTS (
                SELECT FROM {_TABLE} l JOIN pg_stat_activity a ON a.pid = l.backend_pid
                WHERE l.expires > clock_timestamp() AND l.backend_pid <> pg_backend_pid()
                  AND (a.backend_start = l.backend_start) IS NOT FALSE
            )
            """,
        )

    def _other(self) -> tuple[str, bool]:
        """Who has the lock, in words, and whether his lease is renewed."""
        if has_table(self.connection, RunnerLease):
            found = rows(self.connection, f"SELECT owner FROM {_TABLE} WHERE expires > clock_timestamp()")
            if found:
                return found[0][0], True
        found = rows(
            self.connection,
            "SELECT l.pid, a.usename, a.application_name FROM pg_locks l LEFT JOIN pg_stat_activity a USING (pid) "
            f"WHERE l.granted AND l.database = (SELECT oid FROM pg_database WHERE datname = current_database()) AND {_LOCK}",
            _LOCK_PARAMS,
        )
        if not found:
            return "somebody who has just ended", True
        pid, user, application = found[0]
        return f"session {pid}" + (f" of {user}" if user else "") + (f" ({application})" if application else ""), False

    def _write(self, token: str, where: str, *, expires: float | None = None) -> int | None:
        """The token that the row has now; None where there is no such row."""
        found = rows(
            self.connection,
            f"""
            UPDATE {_TABLE} SET token = {token}, owner = %s, backend_pid = pg_backend_pid(), backend_start = {_STARTED},
                expires = clock_timestamp() + %s * interval '1 second'
            {where} RETURNING token
            """,
            [self.owner, self.seconds if expires is None else expires, *([self.token] if where else [])],
        )
        return found[0][0] if found else None

    def _insert(self) -> int:
        return int(
            value(
                self.connection,
                f"INSERT INTO {_TABLE} (token, owner, backend_pid, backend_start, expires) VALUES (1, %s, pg_backend_pid(), "
                f"{_STARTED}, clock_timestamp() + %s * interval '1 second') RETURNING token",
                [self.owner, self.seconds],
            )
        )


_STARTED = "(SELECT backend_start FROM pg_stat_activity WHERE pid = pg_backend_pid())"


class _Keeper(Background):
    """Renews a lease while the runner is busy; ends its statement when somebody else has taken over."""

    def __init__(self, lease: Lease) -> None:
        super().__init__()
        self.lease = lease

    def run(self) -> None:
        while not self.over.wait(self.lease.seconds / 4):
            if not self.lease.renew():
                self.lease.lost = True
                self.lease.observer.cancel()
                return


@contextlib.contextmanager
def only_runner(
    connection: Connection, observer: Observer, report: Report, *, seconds: float, patience: float
) -> Iterator[Lease]:
    """Our turn for the time of the context; ``seconds``: after how long without a sign of life it ends."""
    lease = Lease(connection, observer, seconds)
    lease.take(report, patience)
    try:
        with in_background(_Keeper(lease)):
            yield lease
    finally:
        lease.give_back()


def owner() -> str:
    """This process, for people."""
    try:
        user = getpass.getuser()
    except (KeyError, OSError):  # a container without an entry for its user
        user = "somebody"
    return f"{user}@{socket.gethostname()}, process {os.getpid()}"[:255]
