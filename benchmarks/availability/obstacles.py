"""What is in the way of a change: nobody, a long reader, a writer, an idle transaction, an autovacuum, a crowd."""

from __future__ import annotations

import json
import subprocess
import sys
import threading
import time
from dataclasses import dataclass

import psycopg
from psycopg import sql

from .changes import CUSTOMER, Change
from .databases import customers
from .environment import ROOT
from .workload import HELD_CUSTOMER


class NotPossible(Exception):
    """An obstacle cannot be put up here."""


@dataclass(frozen=True)
class Place:
    """Where an obstacle stands."""

    url: str
    change: Change
    rows: int


class Obstacle:
    """Nobody. ``begin`` returns as soon as it is in the way; ``ended_at`` is None while it is, and where it has no end."""

    title = "nothing"
    # Whether it goes away by itself, after the seconds that ``begin`` was told.
    ends = False

    def __init__(self, place: Place) -> None:
        self.place = place
        self.ended_at: float | None = None

    def begin(self, seconds: float) -> None:
        pass

    def still_there(self) -> bool:
        return True

    def close(self) -> list[str]:
        """Take it away; returns the errors of its own queries."""
        return []

    def remark(self) -> str:
        """What somebody who reads the result should know."""
        return ""


class _Transaction(Obstacle):
    """A session that does something in a transaction, and stays in it."""

    ends = True

    def __init__(self, place: Place) -> None:
        super().__init__(place)
        self._thread: threading.Thread | None = None
        self._cancel = threading.Event()
        self._session: psycopg.Connection | None = None
        self._errors: list[str] = []

    def begin(self, seconds: float) -> None:
        """Anew, when it is there already: each command of a tool has the whole of it before it."""
        self.close()
        self._cancel.clear()
        self.ended_at = None
        ready = threading.Event()
        self._thread = threading.Thread(target=self._run, args=(seconds, ready), daemon=True)
        self._thread.start()
        ready.wait(timeout=60)

    def still_there(self) -> bool:
        return self.ended_at is None

    def close(self) -> list[str]:
        self._cancel.set()
        if self._session and self.still_there():
            self._session.cancel()
        if self._thread:
            self._thread.join(timeout=30)
        return self._errors

    def _run(self, seconds: float, ready: threading.Event) -> None:
        try:
            with psycopg.connect(self.place.url, application_name=self.title) as session:
                self._session = session
                until = time.monotonic() + seconds
                self.take(session)
                ready.set()
                self.stay(session, until)
                session.commit()
        except psycopg.Error as error:
            if not self._cancel.is_set():
                self._errors.append(f"{self.title}: {error}")
        self.ended_at = time.monotonic()

    def take(self, session: psycopg.Connection) -> None:
        session.execute(sql.SQL("SELECT * FROM {} LIMIT 1").format(sql.Identifier(self.place.change.table)))

    def stay(self, session: psycopg.Connection, until: float) -> None:
        self._cancel.wait(max(0.0, until - time.monotonic()))


class Reader(_Transaction):
    """It reads, for as long as it is there: one query, whose snapshot index builds wait for, too."""

    title = "long reader"

    def stay(self, session: psycopg.Connection, until: float) -> None:
        session.execute("SELECT pg_sleep(%s)", [max(0.0, until - time.monotonic())])


class IdleInTransaction(_Transaction):
    """It has read, and does nothing any more."""

    title = "idle in transaction"


class Writer(_Transaction):
    """It has changed a row of the referenced table, which nobody else wants."""

    title = "writer of a referenced row"

    def take(self, session: psycopg.Connection) -> None:
        update = sql.SQL("UPDATE {} SET visits = visits + 1 WHERE id = {}")
        session.execute(update.format(sql.Identifier(CUSTOMER), HELD_CUSTOMER))


class Autovacuum(Obstacle):
    """The server's own, slowed down by the table's settings, at dead rows on many pages."""

    title = "autovacuum at work"
    PATIENCE = 30.0
    SLOW = (
        "ALTER TABLE {} SET (autovacuum_vacuum_threshold = 1, autovacuum_vacuum_scale_factor = 0, "
        "autovacuum_vacuum_cost_delay = 100, autovacuum_vacuum_cost_limit = 1)"
    )
    # Every 500th row: a dead row on many pages, so that the vacuum has to go through them, slowly.
    DEAD = "UPDATE {} SET id = id WHERE id % 500 = 2"
    RUNNING = """
        SELECT EXISTS (
            SELECT FROM pg_stat_progress_vacuum p JOIN pg_stat_activity a USING (pid)
            WHERE p.relid = %s::regclass AND a.backend_type = 'autovacuum worker'
        )
    """

    def begin(self, seconds: float) -> None:
        if self.still_there():
            return
        with self._session() as session:
            table = sql.Identifier(self.place.change.table)
            session.execute(sql.SQL(self.DEAD).format(table))
            session.execute(sql.SQL(self.SLOW).format(table))
        try:
            self._look_often(True)
            deadline = time.monotonic() + self.PATIENCE
            while not self.still_there():
                if time.monotonic() > deadline:
                    raise NotPossible(f"no autovacuum began within {self.PATIENCE:.0f} s")
                time.sleep(0.05)
        finally:
            self._look_often(False)

    def still_there(self) -> bool:
        with self._session() as session:
            found = session.execute(self.RUNNING, [self.place.change.table]).fetchone()
        return bool(found and found[0])

    def remark(self) -> str:
        return "the vacuum went on" if self.still_there() else "the vacuum was cancelled"

    def _session(self) -> psycopg.Connection:
        return psycopg.connect(self.place.url, autocommit=True, application_name="benchmark")

    def _look_often(self, often: bool) -> None:
        """Only until it runs, so that there is one vacuum: one that was cancelled comes back after a minute."""
        with self._session() as session:
            try:
                session.execute(f"ALTER SYSTEM {'SET autovacuum_naptime = 1' if often else 'RESET autovacuum_naptime'}")
            except psycopg.errors.InsufficientPrivilege as error:
                raise NotPossible("only a superuser may make autovacuum look often") from error
            session.execute("SELECT pg_reload_conf()")


class ManyShort(Obstacle):
    """See ``crowd``: a process of its own."""

    title = "64 connections of short transactions"

    def __init__(self, place: Place) -> None:
        super().__init__(place)
        self._process: subprocess.Popen[str] | None = None

    def begin(self, seconds: float) -> None:
        if self._process:
            return
        arguments = [self.place.url, self.place.change.table, self.place.rows, customers(self.place.rows)]
        self._process = subprocess.Popen(
            [sys.executable, "-m", "benchmarks.availability.crowd", *map(str, arguments)],
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        with psycopg.connect(self.place.url, autocommit=True) as session:
            count = "SELECT count(*) FROM pg_stat_activity WHERE application_name = 'crowd' AND datname = current_database()"
            deadline = time.monotonic() + 20
            while session.execute(count).fetchone() != (64,):
                if time.monotonic() > deadline:
                    raise NotPossible("64 connections were not made within 20 s")
                time.sleep(0.05)

    def close(self) -> list[str]:
        if not self._process:
            return []
        try:
            said, _ = self._process.communicate(timeout=30)
        except subprocess.TimeoutExpired:
            return ["the crowd did not end"]
        finally:
            self._process.kill()
            self._process.wait()
        failed: list[str] = json.loads(said)["failed"]
        return failed


OBSTACLES: dict[str, type[Obstacle]] = {
    "none": Obstacle,
    "reader": Reader,
    "writer": Writer,
    "idle": IdleInTransaction,
    "autovacuum": Autovacuum,
    "crowd": ManyShort,
}
