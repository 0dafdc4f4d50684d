"""Looks at the session that migrates: which statements it sends, which locks it has, and how long others take beside it.

In a transaction the session itself is asked after each statement, so that no lock is missed; outside of one, another session
looks every few milliseconds.
"""

from __future__ import annotations

import contextlib
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

from django.db import Error
from django.db.backends.base.base import BaseDatabaseWrapper

from django_safemigrate.catalog.query import quoted
from django_safemigrate.values.events import StepDone
from django_safemigrate.values.locks import LockMode, RelationLock
from django_safemigrate.values.steps import Step

from .scratch import Scratch
from .steps import Rehearsed, Statement
from .watching import Queries

# Between two looks of the other session, in seconds.
EVERY = 0.01
# What the package and Django write down for themselves is in these tables.
_OWN = r"^django_(safemigrate_|migrations$)"
_TABLES = f"""
SELECT c.oid, {quoted("c.oid")} FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE c.relkind IN ('r', 'p') AND n.nspname !~ '^pg_' AND n.nspname <> 'information_schema' AND c.relname !~ '{_OWN}'
"""
_LOCKS = """
SELECT relation, mode FROM pg_locks
WHERE pid = {pid} AND locktype = 'relation' AND granted
    AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
"""
# For people, nothing is decided by it: what of the SQL is not worth showing.
_BOOKKEEPING = ("django_safemigrate_", '"django_migrations"', "pg_", "information_schema", "set_config(")
_READS = ("SELECT", "WITH", "SHOW")
_SESSION = ("SET", "SHOW", "SAVEPOINT", "RELEASE", "ROLLBACK")

Tell = Callable[[str, str], None]


class Watch:
    """``records`` has a ``Rehearsed`` for each step. ``tell`` is called with where a rehearsal is: the phase, and what of it.

    ``traffic`` are the queries of sessions that work meanwhile.
    """

    def __init__(self, tell: Tell = lambda stage, what: None) -> None:
        self.tell = tell
        self.records: list[Rehearsed] = []
        self.traffic: list[Queries] = []
        self._open: Rehearsed | None = None
        self._since = 0.0
        self._tables: dict[int, str] = {}
        self._connection: BaseDatabaseWrapper | None = None
        self._phase = ""
        self._lock = threading.Lock()  # both sessions write down what they see

    @contextlib.contextmanager
    def on(self, scratch: Scratch, name: str, connection: BaseDatabaseWrapper) -> Iterator[None]:
        """Look at the session of ``connection``, in the database ``name``, for the time of the context."""
        connection.ensure_connection()
        self._connection = connection
        connection.execute_wrappers.append(self)
        over = threading.Event()
        pid = connection.connection.info.backend_pid
        thread = threading.Thread(target=self._look, args=(scratch, name, pid, over), daemon=True)
        thread.start()
        try:
            yield
        finally:
            over.set()
            thread.join()
            connection.execute_wrappers.remove(self)

    def enters(self, phase: str) -> None:
        """A phase begins; what is made from now on is new, so that nobody waits for it."""
        self._phase = phase
        assert self._connection is not None
        self._connection.ensure_connection()
        self._tables = dict(self._connection.connection.execute(_TABLES).fetchall())
        self.tell(phase, "")

    def begins(self, migration: str, step: Step | None = None) -> None:
        """A migration, or a step of it, begins."""
        self.tell(self._phase, f"{migration}: {step.description}" if step else migration)
        self._since = time.monotonic()
        for queries in self.traffic:
            queries.mark()
        self._open = Rehearsed(self._phase, migration, step)

    def ends(self, event: StepDone | None = None, *, done: bool = True) -> Rehearsed | None:
        """What has begun is over; nothing where there was nothing. ``event``: what the runner says of it."""
        record, self._open = self._open, None
        if record is None:
            return None
        record.took, record.done = time.monotonic() - self._since, done
        record.longest = max((queries.longest_since_mark() for queries in self.traffic), default=0.0)
        if event is not None:
            record.took, record.waited, record.blocked = event.took, event.waited, event.blocked
            record.rows = event.rows
        self.records.append(record)
        return record

    # The session itself

    def __call__(self, execute: Callable[..., Any], sql: str, params: Any, many: bool, context: Any) -> Any:
        record = self._open
        if record is None:
            return execute(sql, params, many, context)
        text = str(sql) if not params else f"{sql} -- {params!r}"
        started = time.monotonic()
        try:
            result = execute(sql, params, many, context)
        except Error as error:
            record.sent(Statement(text, time.monotonic() - started, str(error).strip()))
            raise
        if not is_bookkeeping(str(sql)):
            record.sent(Statement(text, time.monotonic() - started))
        connection = context["connection"]
        if connection.in_atomic_block:
            self._saw(record, connection.connection.execute(_LOCKS.format(pid="pg_backend_pid()")).fetchall())
        return result

    # The other session

    def _look(self, scratch: Scratch, name: str, pid: int, over: threading.Event) -> None:
        with scratch.connected(name) as connection, contextlib.suppress(Error):
            while not over.wait(EVERY):
                record = self._open
                if record is None:
                    continue
                with connection.cursor() as cursor:
                    cursor.execute(_LOCKS.format(pid=pid))
                    found = cursor.fetchall()
                if record is self._open:  # it has not ended meanwhile
                    self._saw(record, found)

    def _saw(self, record: Rehearsed, found: list[tuple[int, str]]) -> None:
        modes = [(self._tables.get(oid), LockMode.from_catalog(its)) for oid, its in found]
        with self._lock:
            record.saw(RelationLock(table, mode) for table, mode in modes if table and mode)


def is_bookkeeping(sql: str) -> bool:
    """Whether a statement is the journal's, or asks the catalog."""
    text = sql.lstrip()
    own = any(mark in text for mark in _BOOKKEEPING[:2])
    return own or (text[:6].upper().startswith(_READS) and any(mark in text for mark in _BOOKKEEPING))


def is_work(sql: str) -> bool:
    """Whether a statement may want a lock on a table of the project: ``SET CONSTRAINTS`` has an ``ALTER TABLE`` behind it."""
    text = sql.lstrip().upper()
    return not is_bookkeeping(sql) and (text.startswith("SET CONSTRAINTS") or not text.startswith(_SESSION))
