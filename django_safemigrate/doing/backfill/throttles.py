"""Before each batch of a backfill: whether the server, or the user, wants it to wait, and why.

Asked from a second session, each question at most once in ``ThrottleLimits.interval``. Who cannot be asked (no right, no such
view, an error in the user's query) is said once, and stops nobody: a backfill that waited for an answer that never comes
would wait for ever.
"""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable, Collection, Iterator
from dataclasses import replace
from functools import partial
from typing import Any

from django.db import DatabaseError
from django.utils.module_loading import import_string

from django_safemigrate.catalog.pressure import Gauge, Gauges, Reading
from django_safemigrate.catalog.query import Connection
from django_safemigrate.decisions.throttling import Replay, reasons
from django_safemigrate.doing.observer import Observer
from django_safemigrate.doing.sqlstate import connection_lost
from django_safemigrate.values.errors import UsageError
from django_safemigrate.values.settings import Settings
from django_safemigrate.values.throttling import ThrottleLimits

# Seconds that a query of the user's may take: meanwhile no batch begins.
PATIENCE = 5.0

UserThrottle = Callable[..., str | bool | None]


class Throttle:
    """``reason()`` before each batch; ``close()`` at the end. For one thread.

    ``table`` is quoted. ``tell`` gets a line for everything that cannot be asked, once.
    """

    def __init__(
        self,
        connection: Connection,
        limits: ThrottleLimits,
        table: str,
        *,
        ignored: Collection[str] = (),
        tell: Callable[[str], None] = lambda line: None,
    ) -> None:
        """``ignored``: names of standbys that do not count. Raises ``UsageError`` for a callable that is not there."""
        self._limits, self._table, self._alias = limits, table, connection.alias
        self._ignored, self._tell = frozenset(ignored), tell
        self._observer = Observer(connection)
        self._gauges = Gauges(_wanted(limits), table)
        self._callables = callables_of(limits)
        self._replay = Replay()
        self._told: set[object] = set()
        self._reason, self._asked_at = "", float("-inf")

    def reason(self) -> str:
        """Why to wait, in one line; empty: there is no reason. Never raises."""
        if time.monotonic() - self._asked_at >= self._limits.interval:
            self._reason = "; ".join([*self._servers(), *self._queries(), *self._functions()])
            self._asked_at = time.monotonic()
        return self._reason

    def sessions(self) -> list[int]:
        """Those from which we ask, as process ids of the server: they are no traffic."""
        asks = bool(_wanted(self._limits) or self._limits.queries)
        pid = self._observer.own_pid() if asks else None
        return [] if pid is None else [pid]

    def close(self) -> None:
        self._observer.close()

    def _say_once(self, about: object, line: str) -> None:
        if about not in self._told:
            self._told.add(about)
            self._tell(line)

    # The server

    def _servers(self) -> list[str]:
        if not _wanted(self._limits):
            return []
        reading = self._observer.ask(self._gauges.read, None)
        if reading is None:
            self._say_once(Gauge, "The limits of THROTTLE are not kept: there is no second session to ask from.")
            return []
        for gauge, gap in reading.gaps.items():
            self._say_once(gauge, f"A limit of THROTTLE ({gauge.value}) is not kept in full: {gap}.")
        return self._judged(reading)

    def _judged(self, reading: Reading) -> list[str]:
        pressure, now = reading.pressure, time.monotonic()
        counted = tuple(one for one in pressure.standbys if one.application_name not in self._ignored)
        if pressure.position is not None:
            self._replay.note(pressure.position, now, counted)
        return reasons(replace(pressure, standbys=counted), self._limits, self._replay, now)

    # The user

    def _queries(self) -> list[str]:
        return [
            line
            for sql in self._limits.queries
            if (line := self._said(f"the query {_short(sql)}", self._observer.ask(partial(self._answer, sql), None)))
        ]

    def _answer(self, sql: str, connection: Connection) -> Any:
        """Nothing is changed, and nobody is waited for longer than a while."""
        with connection.cursor() as cursor:
            try:
                cursor.execute(f"BEGIN READ ONLY; SET LOCAL statement_timeout = {round(PATIENCE * 1000)}")
                cursor.execute(sql, None)  # as it is: without placeholders
                row = cursor.fetchone() if cursor.description else None
            except DatabaseError as error:
                if connection_lost(error):
                    raise
                self._say_once(sql, f"The query {_short(sql)} of THROTTLE cannot be asked: {_first_line(error)}.")
                row = None
            cursor.execute("ROLLBACK")
        return row[0] if row else None

    def _functions(self) -> list[str]:
        found = []
        for path, function in self._callables.items():
            try:
                answer = function(table=self._table, using=self._alias)
            except Exception as error:  # whatever it is, it is the user's
                self._say_once(
                    path, f"{path} of THROTTLE cannot be asked: {type(error).__name__}: {_first_line(error)}."
                )
                continue
            if line := self._said(path, answer):
                found.append(line)
        return found

    def _said(self, who: str, answer: object) -> str:
        if not answer:
            return ""
        return f"{who} says: {_first_line(answer)}" if isinstance(answer, str) else f"{who} says that it has to wait"


@contextlib.contextmanager
def throttled(
    connection: Connection, settings: Settings, table: str, tell: Callable[[str], None] = lambda line: None
) -> Iterator[Throttle]:
    """What the settings say about fills of ``table`` (quoted); see ``Throttle``."""
    throttle = Throttle(connection, settings.throttle, table, ignored=settings.ignored_standbys, tell=tell)
    try:
        yield throttle
    finally:
        throttle.close()


def callables_of(limits: ThrottleLimits) -> dict[str, UserThrottle]:
    """The user's functions, by their dotted paths. Raises ``UsageError``."""
    found = {}
    for path in limits.callables:
        try:
            found[path] = import_string(path)
        except ImportError as error:
            raise UsageError(
                f"SAFEMIGRATE['THROTTLE']['CALLABLES'] has {path!r}, which cannot be imported: {error}",
                "It is the dotted path of a function that is called with table and using.",
                "Correct SAFEMIGRATE in your settings; docs/throttling.md says how it is called.",
            ) from error
    return found


def _wanted(limits: ThrottleLimits) -> set[Gauge]:
    asked = {
        Gauge.STANDBYS: limits.replica_lag is not None or limits.replica_lag_bytes is not None,
        Gauge.ARCHIVER: limits.wal_to_archive is not None,
        Gauge.SNAPSHOTS: limits.snapshot_age is not None or limits.snapshot_transactions is not None,
        Gauge.VACUUMS: limits.autovacuum,
        Gauge.SESSIONS: limits.active_sessions is not None,
    }
    return {gauge for gauge, is_asked in asked.items() if is_asked}


def _short(sql: str) -> str:
    words = " ".join(sql.split())
    return repr(words if len(words) <= 60 else words[:57] + "...")


def _first_line(said: object) -> str:
    return str(said).strip().partition("\n")[0].rstrip(".")
