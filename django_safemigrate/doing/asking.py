"""Asking for a lock under the policy: look, ask for milliseconds, give up, rest, ask again; never a bare wait."""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import TypeVar

from django.db import DatabaseError

from django_safemigrate.catalog.query import Connection
from django_safemigrate.compile.names import unquoted
from django_safemigrate.decisions.lock_policy import LockPolicy, WaitBudget
from django_safemigrate.values.durations import format_duration
from django_safemigrate.values.errors import LockUnavailable
from django_safemigrate.values.events import BlockerTerminated, Holder, LockRefused, Looking, Report, VacuumInTheWay
from django_safemigrate.values.locks import RelationLock

from .background import Background, in_background
from .observer import Observer
from .sqlstate import LOCK_REFUSED, sqlstate
from .vacuums import make_way

T = TypeVar("T")

# While looking, say so every so many seconds; how much of it is shown is up to the report.
REPEAT_LOOKING = 0.5


@dataclass
class Account:
    """What one step has cost: requests, seconds that we waited, seconds that others waited behind us, rows changed."""

    attempts: int = 0
    waited: float = 0.0
    blocked: float = 0.0
    rows: int | None = None


class Asker:
    """Runs pieces of work that need locks, each as often as it takes, within one budget of waiting for the whole run.

    ``execute`` sends a statement to the session that asks, and returns how many rows it changed. ``account`` is that of
    the step that runs; whoever begins a step opens a new one.
    """

    def __init__(
        self,
        policy: LockPolicy,
        connection: Connection,
        observer: Observer,
        report: Report,
        execute: Callable[[str], int],
        *,
        may_set_deadlock_timeout: bool = False,
    ) -> None:
        self.policy, self.connection, self.observer = policy, connection, observer
        self.report, self.execute = report, execute
        self.budget = WaitBudget(policy)
        self.account = Account()
        self._may_set_deadlock_timeout = may_set_deadlock_timeout
        # Vacuums that did not make way: they prevent wraparound, and the server does not cancel them.
        self._stubborn: set[int | None] = set()
        # Since when we know each transaction that is in the way, by its virtual transaction id.
        self._known: dict[str, float] = {}

    def run(
        self,
        migration: str,
        locks: Sequence[RelationLock],
        work: Callable[[float], T],
        *,
        tables: int = 1,
        watch: bool = False,
    ) -> T:
        """Call ``work(lock_timeout)`` until it is not refused a lock.

        ``work`` has to leave nothing behind when it raises (a transaction that is rolled back, or a single statement).
        ``tables``: of how many of them it takes locks that make others wait. ``watch``: whether to count who waits behind
        it where ``locks`` does not say that somebody may. Raises ``LockUnavailable`` when the run's budget of waiting, or
        that of others behind us, is used up, and whatever else ``work`` raises.
        """
        watch = watch or any(lock.mode.makes_others_wait for lock in locks)
        attempt = 0
        while True:
            self._look(migration, locks)
            timeout = self.policy.timeout(attempt, tables)
            asked_at = time.monotonic()
            self.account.attempts += 1
            try:
                return self._watched(work, timeout) if watch else work(timeout)
            except DatabaseError as error:
                if sqlstate(error) not in LOCK_REFUSED:
                    raise
                attempt += 1
                # What was waited for before the lock that was refused counts, too.
                self.spend(max(0.0, time.monotonic() - asked_at - timeout))
                self.rest(migration, attempt, error, timeout, locks)

    def _watched(self, work: Callable[[float], T], timeout: float) -> T:
        watch = _Behind(self.observer, self.policy.watch_interval)
        try:
            with in_background(watch):
                return work(timeout)
        finally:
            for table, seconds in watch.by_table().items():
                self.budget.charge(table, seconds)
                self.account.blocked += seconds

    def _look(self, migration: str, locks: Sequence[RelationLock]) -> None:
        """Return as soon as asking makes sense. Nobody queues behind somebody who only looks."""
        if locks:
            self._check(migration, locks, ())
        started = time.monotonic()
        # Since when our waiting is not counted yet. It is counted as it was: a server that is busy answers late.
        uncounted: float | None = None
        said_at = float("-inf")
        while locks:
            found = self._aged(self.observer.holders(locks))
            now = time.monotonic()
            if uncounted is not None:
                self.spend(now - uncounted)
                uncounted = now
            vacuums = [holder for holder in found if holder.is_autovacuum and holder.pid not in self._stubborn]
            if vacuums:
                self._send_away(migration, locks, vacuums[0])
                uncounted = None
                continue
            holders = self.policy.not_worth_asking(found, self.budget.waited)
            if not holders:
                return
            self._check(migration, locks, holders)
            uncounted = now
            if now - said_at >= REPEAT_LOOKING:
                self.report(Looking(migration, holders, now - started, self.budget.left))
                said_at = now
            self.end_idle(migration, holders, now - started)
            time.sleep(self.policy.look_interval * (0.75 + 0.5 * random.random()))

    def _aged(self, holders: Sequence[Holder]) -> list[Holder]:
        """The age of a transaction, where the server hides it from our role: at least as long as we know it."""
        now = time.monotonic()
        self._known = {holder.transaction: self._known.get(holder.transaction, now) for holder in holders}
        return [
            replace(holder, transaction_age=now - self._known[holder.transaction])
            if holder.transaction_age is None
            else holder
            for holder in holders
        ]

    def _send_away(self, migration: str, locks: Sequence[RelationLock], vacuum: Holder) -> None:
        self.report(VacuumInTheWay(migration, vacuum))
        started = time.monotonic()
        if not make_way(
            self.connection, vacuum.relation, self.policy.vacuum_margin, quickly=self._may_set_deadlock_timeout
        ):
            self._stubborn.add(vacuum.pid)
        self.spend(time.monotonic() - started)
        self._check(migration, locks, [vacuum])

    def end_idle(self, migration: str, holders: Sequence[Holder], waited: float) -> None:
        """End those sessions that sit idle in a transaction in our way, where the user has asked for it."""
        for holder in holders:
            if holder.pid is not None and self.policy.ends(holder, waited):
                self.report(BlockerTerminated(migration, holder, self.observer.terminate(holder.pid)))

    def rest(
        self,
        migration: str,
        attempt: int,
        error: DatabaseError,
        asked_for: float,
        locks: Sequence[RelationLock],
        known: Sequence[Holder] = (),
    ) -> None:
        """A request was refused after ``asked_for`` seconds: say who is in the way, and let the queue drain.

        ``known``: who is, besides those who hold a lock in conflict with ``locks``. Raises ``LockUnavailable`` when the run
        has waited long enough, or made others wait long enough.
        """
        started = time.monotonic()
        holders = (*self.observer.holders(locks), *known)
        pause = self.policy.pause(min(asked_for, self.policy.longest_timeout), random.random())
        self.spend(asked_for)
        self._check(migration, locks, holders)
        code, budget = sqlstate(error) or "", self.budget
        self.report(LockRefused(migration, attempt, code, asked_for, pause, holders, budget.waited, budget.left))
        time.sleep(pause)
        self.spend(time.monotonic() - started)
        self._check(migration, locks, holders)

    def spend(self, seconds: float) -> None:
        """We have waited."""
        self.budget.spend(seconds)
        self.account.waited += seconds

    def _check(self, migration: str, locks: Sequence[RelationLock], holders: Sequence[Holder]) -> None:
        """Raises ``LockUnavailable`` when we have waited long enough, or others have for one of these tables.

        For any table, where nobody knows which these are.
        """
        if self.budget.exhausted:
            raise gave_up(migration, self.policy.max_wait, holders)
        overdrawn = self.budget.overdrawn()
        if locks:
            overdrawn &= {lock.relation for lock in locks if lock.mode.makes_others_wait}
        if overdrawn:
            raise blocked_enough(migration, sorted(overdrawn)[0], self.policy, holders)


class _Behind(Background):
    """Looks, while we ask and work, who waits behind us and for how long."""

    def __init__(self, observer: Observer, interval: float) -> None:
        super().__init__()
        self.observer, self.interval = observer, interval
        self._waits: dict[tuple[int, str], float] = {}

    def run(self) -> None:
        asked_at = time.monotonic()
        while not self.over.wait(self.interval):
            for pid, table, seconds in self.observer.waiting_behind(time.monotonic() - asked_at):
                self._waits[pid, table] = max(seconds, self._waits.get((pid, table), 0.0))

    def by_table(self) -> dict[str, float]:
        tables: dict[str, float] = {}
        for (_, table), seconds in self._waits.items():
            tables[table] = tables.get(table, 0.0) + seconds
        return tables


def gave_up(migration: str, max_wait: float, holders: Sequence[Holder]) -> LockUnavailable:
    """The error for a run that has waited long enough."""
    return LockUnavailable(
        f"{migration}: no lock within {format_duration(max_wait)} of waiting.",
        _in_the_way(holders),
        "What was done stays done. End the sessions above (SELECT pg_terminate_backend(pid)) or wait for them, and run the "
        "same command again: it goes on from here. --max-wait gives it longer.",
    )


def blocked_enough(migration: str, table: str, policy: LockPolicy, holders: Sequence[Holder]) -> LockUnavailable:
    """The error for a run behind which others have waited long enough."""
    return LockUnavailable(
        f"{migration}: others have waited {format_duration(policy.blocked_budget)} altogether behind requests for "
        f"{unquoted(table)}.",
        _in_the_way(holders),
        "What was done stays done. Run the same command again at a quieter time: it goes on from here. "
        "SAFEMIGRATE['BLOCKED_BUDGET'] lets others wait longer.",
    )


def _in_the_way(holders: Sequence[Holder]) -> str:
    return "\n".join(f"In the way: {holder}" for holder in holders) or "In the way: sessions that come and go."
