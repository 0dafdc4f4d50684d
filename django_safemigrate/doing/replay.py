"""Standbys replay our ACCESS EXCLUSIVE locks: after one, the next waits until they have caught up.

A reader of the table on a hot standby stops the replay of the lock, for as long as ``max_standby_streaming_delay`` of the
standby says (30 s by default), and is then cancelled (manual, "Handling Query Conflicts"). Meanwhile whoever wants to read
the table there queues behind the replay, and all that the standby shows grows old. ``lock_timeout`` has no say in that, and
nothing that this server knows tells of it beforehand. What can be done is not to send the next lock into it.

What else is replayed like that: the end of ``DROP INDEX CONCURRENTLY``, which takes the lock on the index.
"""

from __future__ import annotations

import time
from collections.abc import Collection
from dataclasses import replace

from django_safemigrate.catalog.query import Connection
from django_safemigrate.catalog.standbys import position_to_replay, standbys
from django_safemigrate.decisions.lock_policy import WaitBudget
from django_safemigrate.values.durations import format_duration
from django_safemigrate.values.errors import LockUnavailable
from django_safemigrate.values.events import ReplicaBehind, Report
from django_safemigrate.values.locks import LockMode
from django_safemigrate.values.standbys import Standby
from django_safemigrate.values.steps import Step, Work

# Seconds between two looks: a standby is often there within milliseconds, and if not, it takes its time.
_FIRST_LOOK, _LONGEST_LOOK = 0.02, 0.5


class ReplayGuard:
    """Asks after steps where the WAL is, and before the next one whether the standbys are there.

    ``limit`` is the lag, in seconds, up to which nothing waits. ``ignored`` are names of standbys (their
    ``application_name``) for which nothing waits: one with ``recovery_min_apply_delay`` is never there in time. For those
    that this role may not see (``GRANT pg_read_all_stats``), that have left, that hang from other standbys, and for slots
    that nobody is connected to, nothing waits either.

    Where there are no standbys a step costs one round trip. Takes no locks; to be called outside transactions.
    """

    def __init__(
        self,
        connection: Connection,
        limit: float,
        budget: WaitBudget,
        report: Report,
        *,
        ignored: Collection[str] = (),
    ) -> None:
        self._connection, self._limit, self._budget, self._report = connection, limit, budget, report
        self._ignored = frozenset(ignored)
        # Positions in the WAL that somebody may not have replayed, each with when we were there: the oldest first.
        self._to_replay: list[tuple[int, float]] = []

    def after(self, step: Step, new_tables: Collection[str] = ()) -> None:
        """To be called when a step is committed; ``new_tables`` (quoted) are those that nobody can be reading yet."""
        if stops_replay(step, new_tables):
            position = position_to_replay(self._connection)
            if position is not None:
                self._to_replay.append((position, time.monotonic()))

    def before(self, migration: str, step: Step, new_tables: Collection[str] = ()) -> None:
        """To be called before a step: returns when no standby is more than the limit behind the steps before it.

        Raises ``LockUnavailable`` when the run's budget of waiting is used up.
        """
        if not self._to_replay or not stops_replay(step, new_tables):
            return
        started = counted = time.monotonic()
        pause = _FIRST_LOOK
        while behind := self._behind():
            now = time.monotonic()
            self._budget.spend(now - counted)
            counted = now
            self._report(ReplicaBehind(migration, behind, now - started, self._budget.left))
            if self._budget.exhausted:
                raise _gave_up(migration, self._budget, behind)
            time.sleep(pause)
            pause = min(2 * pause, _LONGEST_LOOK)
        if counted > started:
            self._budget.spend(time.monotonic() - counted)

    def _behind(self) -> tuple[Standby, ...]:
        """Who has not replayed what is older than the limit. Forgets what everybody has."""
        seen = [
            (standby, standby.replayed)
            for standby in standbys(self._connection)
            if standby.replayed is not None and standby.application_name not in self._ignored
        ]
        slowest = min((replayed for _, replayed in seen), default=float("inf"))
        self._to_replay = [(position, since) for position, since in self._to_replay if position > slowest]
        now = time.monotonic()
        found = []
        for standby, replayed in seen:
            lag = max((now - since for position, since in self._to_replay if position > replayed), default=None)
            if lag is not None and lag >= self._limit:
                found.append(replace(standby, lag=lag))
        return tuple(found)


def stops_replay(step: Step, new_tables: Collection[str] = ()) -> bool:
    """Whether a reader on a standby may stop the replay of a step, and the step may stop readers there.

    True also for code that nobody can see into.
    """
    if step.is_code:
        return True
    old = [lock for lock in step.locks if lock.relation not in new_tables]
    if step.work is Work.INDEX_DROP:
        return bool(old)
    return any(lock.mode is LockMode.ACCESS_EXCLUSIVE for lock in old)


def _gave_up(migration: str, budget: WaitBudget, behind: tuple[Standby, ...]) -> LockUnavailable:
    who = "\n".join(f"Behind: {standby}" for standby in behind)
    return LockUnavailable(
        f"{migration}: standbys are still behind after {format_duration(budget.waited)} of waiting.",
        f"{who}\nThe next step would make their readers wait for one more lock.",
        "What was done stays done. On the standby, end the queries that hold up the replay (SELECT pid, query FROM "
        "pg_stat_activity ORDER BY xact_start) or wait for them, and run the same command again: it goes on from here. "
        "--max-wait gives it longer.",
    )
