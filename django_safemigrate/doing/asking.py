"""Asking for a lock under the policy: look, ask for milliseconds, give up, rest, ask again; never a bare wait."""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import TypeVar

from django.db import DatabaseError

from django_safemigrate.decisions.lock_policy import LockPolicy, WaitBudget
from django_safemigrate.values.durations import format_duration
from django_safemigrate.values.errors import LockUnavailable
from django_safemigrate.values.events import Holder, LockRefused, Looking, Report
from django_safemigrate.values.locks import RelationLock

from .observer import Observer
from .sqlstate import LOCK_REFUSED, sqlstate

T = TypeVar("T")

# While looking, say so every so many seconds; how much of it is shown is up to the report.
REPEAT_LOOKING = 0.5


@dataclass
class Asked:
    """What came of it: the result, the number of requests, and the seconds spent waiting."""

    attempts: int
    waited: float


class Asker:
    """Runs pieces of work that need locks, each as often as it takes, within one budget of waiting for the whole run.

    ``execute`` sends a statement to the session that asks.
    """

    def __init__(
        self,
        policy: LockPolicy,
        observer: Observer,
        report: Report,
        execute: Callable[[str], None],
        *,
        may_set_deadlock_timeout: bool = False,
    ) -> None:
        self.policy, self.observer, self.report, self.execute = policy, observer, report, execute
        self.budget = WaitBudget(policy)
        self.deadlock_timeout = policy.deadlock_timeout if may_set_deadlock_timeout else None
        # Vacuums that did not make way: they prevent wraparound, and the server does not cancel them.
        self._stubborn: set[int | None] = set()
        # Since when we know each transaction that is in the way, by its virtual transaction id.
        self._known: dict[str, float] = {}

    def run(
        self,
        migration: str,
        locks: Sequence[RelationLock],
        work: Callable[[float], T],
    ) -> tuple[T, Asked]:
        """Call ``work(lock_timeout)`` until it is not refused a lock.

        ``work`` has to leave nothing behind when it raises (a transaction that is rolled back, or a single statement).
        Raises ``LockUnavailable`` when the run's budget of waiting is used up, and whatever else ``work`` raises.
        """
        before, attempt = self.budget.waited, 0
        while True:
            self._look(migration, locks)
            timeout = self.policy.timeout(attempt)
            asked_at = time.monotonic()
            try:
                result = work(timeout)
            except DatabaseError as error:
                if sqlstate(error) not in LOCK_REFUSED:
                    raise
                attempt += 1
                # What was waited for before the lock that was refused counts, too.
                self.budget.spend(max(0.0, time.monotonic() - asked_at - timeout))
                self.rest(migration, attempt, error, timeout, locks)
            else:
                return result, Asked(attempt + 1, self.budget.waited - before)

    def _look(self, migration: str, locks: Sequence[RelationLock]) -> None:
        """Return as soon as asking makes sense. Nobody queues behind somebody who only looks."""
        started = time.monotonic()
        said_at = float("-inf")
        while locks:
            found = self._aged(self.observer.holders(locks))
            holders = self.policy.not_worth_asking(found, self.budget.waited, self._yielding(found))
            if not holders:
                return
            now = time.monotonic()
            if now - said_at >= REPEAT_LOOKING:
                self.report(Looking(migration, holders, now - started, self.budget.left))
                said_at = now
            pause = self.policy.look_interval * (0.75 + 0.5 * random.random())
            time.sleep(pause)
            self._spend(migration, pause, holders)

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

    def _yielding(self, holders: Sequence[Holder]) -> set[int | None]:
        """Autovacuums that the server will cancel for us as soon as we wait for what they hold."""
        if self.deadlock_timeout is None:
            return set()
        return {holder.pid for holder in holders if holder.is_autovacuum} - self._stubborn

    def rest(
        self, migration: str, attempt: int, error: DatabaseError, asked_for: float, locks: Sequence[RelationLock]
    ) -> None:
        """A request was refused after ``asked_for`` seconds: say who is in the way, and let the queue drain.

        Raises ``LockUnavailable`` when the run has waited long enough.
        """
        holders = self.observer.holders(locks)
        self._stubborn |= {holder.pid for holder in holders if holder.is_autovacuum}
        pause = self.policy.pause(min(asked_for, self.policy.longest_timeout), random.random())
        self._spend(migration, asked_for, holders)
        code, budget = sqlstate(error) or "", self.budget
        self.report(LockRefused(migration, attempt, code, asked_for, pause, holders, budget.waited, budget.left))
        time.sleep(pause)
        self._spend(migration, pause, holders)

    def _spend(self, migration: str, seconds: float, holders: Sequence[Holder]) -> None:
        self.budget.spend(seconds)
        if self.budget.exhausted:
            raise gave_up(migration, self.policy.max_wait, holders)


def gave_up(migration: str, max_wait: float, holders: Sequence[Holder]) -> LockUnavailable:
    """The error for a run that has waited long enough."""
    who = "\n".join(f"In the way: {holder}" for holder in holders) or "In the way: sessions that come and go."
    return LockUnavailable(
        f"{migration}: no lock within {format_duration(max_wait)} of waiting.",
        who,
        "What was done stays done. End the sessions above (SELECT pg_terminate_backend(pid)) or wait for them, and run the "
        "same command again: it goes on from here. --max-wait gives it longer.",
    )
