"""A second connection, from which to look at the first: who is in its way, how far its index build is."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Callable, Iterator, Sequence
from typing import TypeVar

from django.db import Error

from django_safemigrate.catalog.holders import MODES_IN_THE_WAY, blockers_of, holders, waiting_behind
from django_safemigrate.catalog.progress import BuildProgress, build_progress
from django_safemigrate.catalog.query import Connection, value
from django_safemigrate.values.events import Holder
from django_safemigrate.values.locks import RelationLock

T = TypeVar("T")


class Observer:
    """Questions about the session of ``connection``, asked in autocommit by a session of its own.

    Every question has an answer also when the second session cannot be had (``max_connections``): nothing seen. To see is
    a help, never a condition.
    """

    def __init__(self, connection: Connection) -> None:
        self._main = connection
        self._own: Connection | None = None
        self._lock = threading.Lock()
        self._pid: int | None = None

    def holders(self, locks: Sequence[RelationLock]) -> tuple[Holder, ...]:
        """Who holds a lock in conflict with ``locks``."""
        return self.ask(lambda own: holders(own, locks, ours=self._pid), ())

    def blockers(self) -> tuple[Holder, ...]:
        """For whom the observed session waits at this moment."""
        pid = self._pid
        return self.ask(lambda own: blockers_of(own, pid), ()) if pid else ()

    def build_progress(self) -> BuildProgress | None:
        """How far the index build of the observed session is."""
        pid = self._pid
        return self.ask(lambda own: build_progress(own, pid), None) if pid else None

    def in_the_way_for(self, seconds: float) -> bool:
        """Whether the observed session has waited so long for a table lock behind which readers or writers queue."""
        return self.ask(
            lambda own: bool(
                value(
                    own,
                    "SELECT EXISTS (SELECT FROM pg_locks WHERE pid = %s AND NOT granted AND locktype = 'relation' "
                    "AND mode = ANY (%s) AND waitstart <= clock_timestamp() - %s * interval '1 second')",
                    [self._pid, MODES_IN_THE_WAY, seconds],
                )
            ),
            False,
        )

    def waiting_behind(self, seconds: float) -> list[tuple[int, str, float]]:
        """Who waits behind the observed session, which has asked for its lock so many seconds ago: pid, table, seconds."""
        pid = self._pid
        return self.ask(lambda own: waiting_behind(own, pid, seconds), []) if pid else []

    def terminate(self, pid: int) -> bool:
        """End another session. Whether that was possible: the role needs to be a member of its role, or pg_signal_backend."""
        return self.ask(lambda own: bool(value(own, "SELECT pg_terminate_backend(%s)", [pid])), False)

    def cancel(self) -> None:
        """Cancel the statement that the observed session runs."""
        self.ask(lambda own: value(own, "SELECT pg_cancel_backend(%s)", [self._pid]), None)

    def remember_pid(self) -> None:
        """To be called by the thread of the observed connection, before it is observed."""
        self._pid = value(self._main, "SELECT pg_backend_pid()")

    def own_pid(self) -> int | None:
        """The session of the observer itself; None where it has none."""
        return self.ask(lambda own: int(value(own, "SELECT pg_backend_pid()")), None)

    def close(self) -> None:
        with self._lock:
            if self._own is not None:
                with contextlib.suppress(Error):
                    self._own.close()
                self._own = None

    def ask(self, question: Callable[[Connection], T], unknown: T) -> T:
        """What ``question`` answers on the second session; ``unknown`` where there is none."""
        with self._lock:
            try:
                if self._own is None:
                    self._own = self._main.copy()
                    self._own.inc_thread_sharing()
                return question(self._own)
            except Error:
                if self._own is not None:
                    with contextlib.suppress(Error):
                        self._own.close()
                    self._own = None
                return unknown


@contextlib.contextmanager
def observing(connection: Connection) -> Iterator[Observer]:
    """An observer of ``connection`` that is closed at the end."""
    observer = Observer(connection)
    try:
        yield observer
    finally:
        observer.close()
