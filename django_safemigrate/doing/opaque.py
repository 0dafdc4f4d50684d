"""Work that we cannot see into: operations without steps of their own, RunPython, RunSQL, other people's operations.

In a transaction it is retried as a whole. What takes table locks only is held to ``lock_timeout`` by the server. Code that
changes rows waits for other people's rows, too, which makes nobody queue and must not end it: there, a watchdog looks
from the second connection and cancels only a wait for a table lock.
"""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable, Iterator, Sequence
from typing import Any, TypeVar

from django.db import DatabaseError, OperationalError
from django.db.transaction import atomic

from django_safemigrate.catalog.indexes import invalid_indexes
from django_safemigrate.catalog.query import Connection
from django_safemigrate.values.errors import SafeMigrateError
from django_safemigrate.values.locks import RelationLock

from .asking import Asker
from .background import Background, in_background
from .sqlstate import LOCK_NOT_AVAILABLE, LOCK_REFUSED, QUERY_CANCELED, sqlstate
from .timeouts import session_timeouts, set_local_timeouts

T = TypeVar("T")

POLL = 0.025


class LockRequestCancelled(OperationalError):
    """The watchdog cancelled a statement that waited for a table lock."""

    sqlstate = LOCK_NOT_AVAILABLE


def run_in_transaction(
    connection: Connection,
    asker: Asker,
    migration: str,
    locks: Sequence[RelationLock],
    body: Callable[[], T],
    *,
    changes_rows: bool,
) -> T:
    """Run ``body`` in one transaction, again from the start whenever a lock is refused.

    ``locks`` is what it probably takes (for looking first). Raises what ``body`` raises, and ``LockUnavailable``.
    """

    def attempt(timeout: float) -> T:
        with atomic(using=connection.alias):
            if not changes_rows:
                set_local_timeouts(connection, lock=timeout)
                return body()
            set_local_timeouts(connection, lock=0)
            with _watchdog(asker, timeout) as watchdog, watchdog.translating():
                return body()

    return asker.run(migration, locks, attempt, watch=True)


def run_in_autocommit(
    connection: Connection, asker: Asker, migration: str, locks: Sequence[RelationLock], body: Callable[[], T]
) -> T:
    """Run ``body`` outside a transaction: each of its statements stands alone, and is repeated when a lock is refused.

    Inside a transaction that ``body`` opens itself, a refused lock is an error, since only ``body`` knows what to repeat.
    """
    asker.run(migration, locks, lambda timeout: None)  # look first
    with (
        session_timeouts(connection, lock=0),
        _watchdog(asker, asker.policy.longest_timeout) as watchdog,
        connection.execute_wrapper(_Repeat(connection, asker, migration, locks, watchdog)),
    ):
        return body()


class _Repeat:
    """An ``execute_wrapper`` that repeats a statement that was refused a lock."""

    def __init__(
        self,
        connection: Connection,
        asker: Asker,
        migration: str,
        locks: Sequence[RelationLock],
        watchdog: _Watchdog,
    ) -> None:
        self.connection, self.asker, self.migration, self.locks = connection, asker, migration, locks
        self.watchdog = watchdog
        self._invalid = invalid_indexes(connection)

    def __call__(self, execute: Callable[..., Any], sql: str, params: Any, many: bool, context: Any) -> Any:
        attempt = 0
        while True:
            asked_at = time.monotonic()
            try:
                with self.watchdog.translating():
                    return execute(sql, params, many, context)
            except DatabaseError as error:
                if self.connection.in_atomic_block or sqlstate(error) not in LOCK_REFUSED:
                    raise
                self._refuse_to_build_again(error)
                attempt += 1
                self.asker.rest(self.migration, attempt, error, time.monotonic() - asked_at, self.locks)

    def _refuse_to_build_again(self, error: DatabaseError) -> None:
        """A concurrent index build that loses a deadlock leaves an index behind, and would find it the next time."""
        left = sorted(invalid_indexes(self.connection) - self._invalid)
        if left:
            names = ", ".join(left)
            raise SafeMigrateError(
                f"{self.migration}: a concurrent index build was ended by the server: {str(error).strip()}",
                f"It has left an invalid index behind: {names}.",
                "Drop it, and run the same command again:\n"
                + "\n".join(f"  DROP INDEX CONCURRENTLY {name};" for name in left),
            ) from error


class _Watchdog(Background):
    """Cancels the observed session's statement once it has waited ``limit`` seconds for a strong table lock."""

    def __init__(self, asker: Asker, limit: float) -> None:
        super().__init__()
        self.asker, self.limit = asker, limit
        self.cancelled = False

    def run(self) -> None:
        observer = self.asker.observer
        while not self.over.wait(POLL):
            if observer.in_the_way_for(max(0.0, self.limit - POLL)):
                self.cancelled = True
                observer.cancel()

    @contextlib.contextmanager
    def translating(self) -> Iterator[None]:
        """A cancellation of ours looks like a refused lock; anybody else's stays what it is."""
        try:
            yield
        except DatabaseError as error:
            if not self.cancelled or sqlstate(error) != QUERY_CANCELED:
                raise
            self.cancelled = False
            raise LockRequestCancelled(f"gave up waiting for a table lock after {self.limit} s") from error


def _watchdog(asker: Asker, limit: float) -> contextlib.AbstractContextManager[_Watchdog]:
    asker.observer.remember_pid()
    return in_background(_Watchdog(asker, limit))
