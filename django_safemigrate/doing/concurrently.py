"""Index builds and drops that nobody notices, and what an interrupted one leaves behind."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace

from django.db import DatabaseError
from django.db.transaction import atomic

from django_safemigrate.catalog.goals import reached
from django_safemigrate.catalog.indexes import find_index
from django_safemigrate.catalog.query import Connection
from django_safemigrate.values.errors import SafeMigrateError
from django_safemigrate.values.events import Holder, IndexProgress, LeftoverIndex, ScanProgress
from django_safemigrate.values.goals import IndexPresent, IndexValid
from django_safemigrate.values.locks import LockMode, RelationLock
from django_safemigrate.values.steps import Step

from .asking import Asker, gave_up
from .background import Background, in_background
from .observer import Observer
from .sqlstate import LOCK_REFUSED, QUERY_CANCELED, UNIQUE_VIOLATION, sqlstate
from .timeouts import session_timeouts, set_local_timeouts

POLL = 0.25

# A scan is worth a remark when it takes longer, and then so often (seconds).
REPEAT_SCAN = 1.0


def run_concurrently(connection: Connection, asker: Asker, migration: str, step: Step) -> None:
    """Run a ``CONCURRENTLY`` step until its goal is reached.

    It takes SHARE UPDATE EXCLUSIVE, behind which neither readers nor writers queue, so it may wait for the lock; whom it
    waits for is shown, and the time counts towards the run's budget. An invalid index that an earlier build left behind
    is dropped first; one that somebody is building just now is waited for.

    Raises ``LockUnavailable`` when the budget is used up (an unfinished index may stay behind, invalid; the next run
    drops it), ``SafeMigrateError`` when the server did not leave a valid index.
    """
    goal = step.goal
    assert goal is not None  # what cannot commit together with the journal shows in the catalog
    attempts = 0
    while not reached(goal, connection):
        _clear_leftover(connection, asker, migration, step)
        if reached(goal, connection):  # somebody else has built it meanwhile
            break
        attempts += 1
        asker.account.attempts += 1
        try:
            _execute(connection, asker, migration, step.sql)
        except DatabaseError as error:
            if sqlstate(error) == UNIQUE_VIOLATION:
                _clear_leftover(connection, asker, migration, step)  # it rejects rows as long as it is there
            if sqlstate(error) not in LOCK_REFUSED:
                raise
            # A deadlock, with another builder for example: build again. What it waited is counted already.
            asker.rest(migration, attempts, error, 0.0, step.locks)
            continue
        if not reached(goal, connection):
            raise SafeMigrateError(
                f"{migration}: {step.sql} ended without an error, but the catalog does not show what it should.",
                f"Expected: {step.goal}",
                "Look at the table with psql (\\d), and run the same command again.",
            )


def run_scan(connection: Connection, asker: Asker, migration: str, step: Step, finish: Callable[[], None]) -> None:
    """Run a step that reads a table under SHARE UPDATE EXCLUSIVE, and ``finish`` in the same transaction.

    It makes no reader or writer wait, so it may wait for its lock itself, and takes as long as it takes.
    """

    def attempt(timeout: float) -> None:
        with atomic(using=connection.alias):
            set_local_timeouts(connection, lock=0)
            _execute_watched(asker, migration, step.sql, _scanning)
            finish()

    asker.run(migration, (), attempt)


def _clear_leftover(connection: Connection, asker: Asker, migration: str, step: Step) -> None:
    """Drop an invalid index of the wanted name, unless somebody is building it: then wait until that is over."""
    goal = step.goal
    if not isinstance(goal, IndexPresent | IndexValid):
        return
    lock = RelationLock(goal.table, LockMode.SHARE_UPDATE_EXCLUSIVE)
    shown: tuple[Holder, ...] = ()
    while (index := find_index(connection, goal.table, goal.name)) and not index.valid:
        # Whoever builds an index concurrently holds SHARE UPDATE EXCLUSIVE on its table until the end.
        started = time.monotonic()
        builders = asker.observer.holders([lock])
        if not builders:
            if find_index(connection, goal.table, goal.name) != index:
                continue  # whoever was building it has come to the end since we looked at the index
            asker.report(LeftoverIndex(migration, goal.name))
            _execute(connection, asker, migration, f"DROP INDEX CONCURRENTLY IF EXISTS {index.qualified_name}")
            return
        if {holder.pid for holder in builders} != {holder.pid for holder in shown}:
            asker.report(IndexProgress(migration, "waiting for another build", 0, 0, builders))
            shown = builders
        time.sleep(POLL)
        asker.spend(time.monotonic() - started)
        if asker.budget.exhausted:
            raise gave_up(migration, asker.policy.max_wait, builders)


def _execute(connection: Connection, asker: Asker, migration: str, sql: str) -> None:
    with session_timeouts(connection, lock=0):
        _execute_watched(asker, migration, sql)


def _execute_watched(asker: Asker, migration: str, sql: str, see: Seeing | None = None) -> None:
    asker.observer.remember_pid()
    with in_background(_Watch(asker, migration, see or _building)) as watch:
        try:
            asker.execute(sql)
        except DatabaseError as error:
            if sqlstate(error) == QUERY_CANCELED and watch.gave_up_on is not None:
                raise gave_up(migration, asker.policy.max_wait, watch.gave_up_on) from error
            raise


Progress = IndexProgress | ScanProgress

# What is seen of a statement (observer, migration, seconds since it began): what to say, and whether it waits for others.
Seeing = Callable[[Observer, str, float], tuple[Progress | None, bool]]


class _Watch(Background):
    """What a thread sees of a statement that runs in another: progress for the report, waiting for the budget."""

    def __init__(self, asker: Asker, migration: str, see: Seeing) -> None:
        super().__init__()
        self.asker, self.migration, self.see = asker, migration, see
        self.gave_up_on: tuple[Holder, ...] | None = None

    def run(self) -> None:
        asker, observer, report = self.asker, self.asker.observer, self.asker.report
        last: Progress | None = None
        waited = False
        looked_at = started = time.monotonic()
        while not self.over.wait(POLL):
            now = time.monotonic()
            since, looked_at = now - looked_at, now
            waited_before = waited
            event, waited = self.see(observer, self.migration, now - started)
            if waited and waited_before:  # every build waits for a moment; between two looks there may be seconds
                asker.spend(since)
            if waited:
                if asker.budget.exhausted:
                    self.gave_up_on = event.waiting_for if event else ()
                    observer.cancel()
                    return
                asker.end_idle(self.migration, event.waiting_for if event else (), now - started)
            if event is not None and not _says_the_same(event, last) and not self.over.is_set():
                report(event)
                last = event


def _says_the_same(event: Progress, last: Progress | None) -> bool:
    """Whether nothing is new: so that the same wait is reported once, and a scan not with every look."""
    if last is None or _timeless(event.waiting_for) != _timeless(last.waiting_for):
        return False
    if isinstance(event, ScanProgress) and isinstance(last, ScanProgress):
        return event.took - last.took < REPEAT_SCAN
    return replace(event, waiting_for=()) == replace(last, waiting_for=())


def _building(observer: Observer, migration: str, _: float) -> tuple[IndexProgress | None, bool]:
    progress = observer.build_progress()
    blockers = observer.blockers()
    if progress is None:  # not building (yet): a drop, or still waiting for the table's lock
        event = IndexProgress(migration, "waiting for a lock", 0, 0, _ageless(blockers)) if blockers else None
        return event, bool(blockers)
    event = IndexProgress(migration, progress.phase, progress.done, progress.total, _ageless(blockers))
    return event, progress.waiting


def _scanning(observer: Observer, migration: str, took: float) -> tuple[ScanProgress | None, bool]:
    """The server has no view for it: how long it takes, and whom it waits for."""
    blockers = observer.blockers()
    if not blockers and took < REPEAT_SCAN:
        return None, False
    return ScanProgress(migration, took, _ageless(blockers)), bool(blockers)


def _ageless(holders: tuple[Holder, ...]) -> tuple[Holder, ...]:
    """Without the age of the transactions: of a wait that is reported once, it would be out of date at once."""
    return tuple(replace(holder, transaction_age=None) for holder in holders)


def _timeless(holders: tuple[Holder, ...]) -> tuple[Holder, ...]:
    """Without what changes with every look."""
    return tuple(replace(holder, transaction_age=None, idle=None) for holder in holders)
