"""A worker of a backfill: takes chunks and goes through them, batch by batch, until all of it is done and verified.

It may run in ``safemigrate``, in a process of its own, or in a task queue, which lets it work for a few seconds at a time.
"""

from __future__ import annotations

import contextlib
import time
from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Any, Protocol

from django.db import DatabaseError, Error
from django.db.transaction import atomic

from django_safemigrate.catalog.keys import Place, order_from
from django_safemigrate.catalog.query import Connection
from django_safemigrate.decisions.pacing import Pacing
from django_safemigrate.doing.lease import owner
from django_safemigrate.doing.sqlstate import TRY_AGAIN, sqlstate
from django_safemigrate.doing.timeouts import session_timeouts
from django_safemigrate.models import Backfill
from django_safemigrate.values.errors import SafeMigrateError
from django_safemigrate.values.serial import from_data

from . import batches, ledger
from .code import code_of
from .control import Control, look
from .filler import Filler, RowsFunction, filler_of
from .ledger import Chunk, ChunkLost, Nothing, Worker
from .passes import ENOUGH, FEW, PASSES, keep_coming

# Seconds between two looks at what others have set, and while there is nothing to do.
LOOK, IDLE = 1.0, 0.1

PAUSED = "paused"


class Ending(Enum):
    """Why a worker has stopped."""

    DONE = "the backfill is done and verified, or was given up"
    LEFT = "the time for this call is over"


class Throttle(Protocol):
    """What keeps a backfill back."""

    def reason(self) -> str:
        """Why to wait just now, in words; empty where nothing speaks against going on."""

    def sessions(self) -> Sequence[int]:
        """Those of its own in the database, which are no traffic."""


class NoThrottle:
    """Nothing keeps it back."""

    def reason(self) -> str:
        return ""

    def sessions(self) -> Sequence[int]:
        return ()


class Hooks:
    """What whoever runs the worker wants to know and to decide."""

    def progress(self, control: Control, reason: str) -> None:
        """About once in a second. May raise, to end it."""

    def refused(self, attempt: int, error: DatabaseError, waited: float) -> None:
        """A batch has waited for a lock in vain; ``attempt`` 0: for the first time, and it goes on without these rows.

        Otherwise it is to rest. May raise, to give up.
        """
        if attempt:
            time.sleep(min(2.0, 0.05 * attempt))

    def stops(self) -> bool:
        """Asked before each batch."""
        return False

    def watching(self) -> contextlib.AbstractContextManager[None]:
        """Around a request for rows that somebody else had locked before."""
        return contextlib.nullcontext()


def work(
    connection: Connection,
    backfill: int,
    *,
    throttle: Throttle | None = None,
    hooks: Hooks | None = None,
    pacing: Pacing | None = None,
    seconds: float = float("inf"),
    code: RowsFunction | None = None,
    worker: Worker | None = None,
) -> Ending:
    """Work on a backfill (the key of its row) until it is done, or for so many ``seconds``.

    ``code``: of a backfill by code; without it, it is looked for in the migration's file. Raises ``SafeMigrateError`` when
    rows keep coming that are to be filled, what ``hooks`` raise, and what the server refuses. A chunk that was begun is
    given back at the end; whoever is killed loses it as soon as his session is gone.
    """
    seen = Backfill.objects.using(connection.alias).select_related("step").get(pk=backfill)
    step = from_data(seen.step.step)
    if code is None and not step.sql:
        code = code_of(connection, seen.step)
    filler = filler_of(connection, step, order_from(connection, seen.table, seen.key), code)
    call = Call(
        filler=filler,
        backfill=backfill,
        worker=worker or Worker(owner()),
        pacing=pacing or Pacing(),
        throttle=throttle or NoThrottle(),
        hooks=hooks or Hooks(),
        until=time.monotonic() + seconds,
    )
    with session_timeouts(connection, lock=0):
        return call.run()


@dataclass
class Call:
    """One call of a worker. ``until``: when to leave the rest to others, by ``time.monotonic``."""

    filler: Filler
    backfill: int
    worker: Worker
    pacing: Pacing
    throttle: Throttle
    hooks: Hooks
    until: float
    chunk: Chunk | None = None

    def __post_init__(self) -> None:
        self.connection = self.filler.connection
        self._control: Control | None = None
        self._looked_at = float("-inf")
        # What we have said; None: nothing yet, and a worker that is gone may have left something behind.
        self._reason: str | None = None
        self._passed, self._rate = 0, 0.0
        # The pass that we have begun ourselves, its range, and how many these were.
        self._begun = self._passes = 0
        self._range: tuple[Place | None, Place | None] = (None, None)

    def run(self) -> Ending:
        try:
            while True:
                control = self._look()
                if control.over:
                    return Ending.DONE
                if time.monotonic() >= self.until or self.hooks.stops():
                    return Ending.LEFT
                if self._is_held_back(control):
                    time.sleep(IDLE)
                elif self.chunk is None or self.chunk.is_over:
                    self._take()
                else:
                    self._go_on(control)
        except (SafeMigrateError, Error) as error:
            with contextlib.suppress(Error):
                ledger.say_error(self.connection, self.backfill, str(error).strip())
            raise
        finally:
            if self.chunk is not None:
                with contextlib.suppress(Error):  # a session that is gone has no chunk
                    ledger.release(self.connection, self.chunk)

    # Between batches

    def _look(self, *, at_once: bool = False) -> Control:
        now = time.monotonic()
        if self._control is None or at_once or now - self._looked_at >= LOOK:
            self._measure(now)
            self._control = control = look(self.connection, self.backfill, self.worker.sessions)
            self._looked_at = time.monotonic()
            self.pacing.fixed = control.batch_rows
            self.hooks.progress(control, self._reason or "")
        return self._control

    def _measure(self, now: float) -> None:
        seconds = now - self._looked_at
        if 0.0 < seconds < 60.0:
            rate = self._passed / seconds
            self._rate = rate if self._rate == 0.0 else 0.7 * self._rate + 0.3 * rate
        self._passed = 0

    def _is_held_back(self, control: Control) -> bool:
        reason = PAUSED if control.paused else self.throttle.reason()
        if reason and self.chunk is not None:  # others may have another opinion, and nobody waits for us
            ledger.release(self.connection, self.chunk)
            self.chunk = None
        if reason != self._reason:
            self._reason = reason
            ledger.say_why(self.connection, self.backfill, reason)
            self.hooks.progress(control, reason)
        return bool(reason)

    def _take(self) -> None:
        done, self.chunk = self.chunk, None
        order, batch = self.filler.order, self.pacing.rows
        try:
            found = ledger.take(self.connection, self.backfill, order, self.worker, done=done, batch=batch)
        except ChunkLost:
            return
        if isinstance(found, Chunk):
            self.chunk = found
        elif found is Nothing.WAIT or (found is Nothing.VERIFY and not self._verified()):
            time.sleep(IDLE)
        else:
            self._look(at_once=True)

    # A batch

    def _go_on(self, control: Control) -> None:
        chunk = self.chunk
        assert chunk is not None
        try:
            upto, passed = self.filler.order.ahead(self.connection, chunk.cursor, chunk.upto, self.pacing.rows)
            full = passed > 0
            passed = passed or max(0, chunk.size - chunk.scanned)
            started = time.monotonic()
            changed = self._batch(chunk, upto, passed)
        except ChunkLost:
            self.chunk = None
            return
        took = time.monotonic() - started
        chunk.cursor, chunk.scanned = upto, chunk.scanned + passed
        self._passed += passed
        self.pacing.took(took, full=full, busy=control.busy)
        if changed:
            time.sleep(self.pacing.rest_after(took, busy=control.busy))

    def _batch(self, chunk: Chunk, upto: Place, passed: int) -> int:
        """Until it is done, at first with all of its rows, then without those that others have locked."""
        attempt = 0
        while True:
            for skip_locked in (False, True):
                asked_at = time.monotonic()
                try:
                    with self._watching(chunk, skip_locked=skip_locked):
                        changed, left = self._attempt(chunk, upto, passed, skip_locked=skip_locked)
                except DatabaseError as error:
                    if sqlstate(error) not in TRY_AGAIN:
                        raise
                    refused, waited = error, time.monotonic() - asked_at
                    self.pacing.refused()
                    if not skip_locked:
                        self.hooks.refused(0, refused, waited)
                    continue
                if left and chunk.number > 1:
                    self.hooks.refused(chunk.number - 1, refused, 0.0)
                return changed
            attempt += 1
            self.hooks.refused(attempt, refused, waited)

    def _watching(self, chunk: Chunk, *, skip_locked: bool) -> contextlib.AbstractContextManager[None]:
        again = chunk.number > 1 and not skip_locked
        return self.hooks.watching() if again else contextlib.nullcontext()

    def _attempt(self, chunk: Chunk, upto: Place, passed: int, *, skip_locked: bool) -> tuple[int, int]:
        """How many rows were changed, and how many are left to be tried again."""
        connection, left = self.connection, 0
        about: dict[str, Any] = {"passed": passed, "batch": self.pacing.rows, "rate": self._rate}
        update = "" if skip_locked else self.filler.as_statement(chunk.cursor, upto)
        if update:
            timeout = self.pacing.lock_timeout
            return batches.at_once(connection, chunk, update, upto, lock_timeout=timeout, **about), 0
        with atomic(using=connection.alias):
            batches.fence(connection, chunk, self.pacing.lock_timeout)
            changed = self.filler.fill(chunk.cursor, upto, skip_locked=skip_locked)
            if skip_locked:
                left = self.filler.left(chunk.cursor, upto)
                if left:
                    batches.come_back(connection, chunk, chunk.cursor, upto)
            batches.advance(connection, chunk, upto, changed=changed, **about)
        return changed, left

    # The end of a pass

    def _verified(self) -> bool:
        """Whether we have looked; somebody else may be at it."""
        with ledger.one_verifier(self.connection, self.backfill) as ours:
            if ours:
                self._verify()
        return ours

    def _verify(self) -> None:
        """By query: either it is done, or another pass begins. Raises ``SafeMigrateError`` where that would never end."""
        filler, connection = self.filler, self.connection
        seen = Backfill.objects.using(connection.alias).get(pk=self.backfill)
        had_an_effect = seen.rows > seen.rows_before
        if not filler.any_left() or (seen.new_rows_stay and seen.number >= ENOUGH and had_an_effect):
            ledger.finish(connection, seen)
            return
        without_effect = seen.number == self._begun and not had_an_effect and self._are_still_wrong(*self._range)
        if self._passes >= PASSES or without_effect:
            raise keep_coming(seen.name, filler, seen.number, effect=had_an_effect)
        few = filler.order.around(connection, f"({filler.wrong})", FEW)
        after, end = few or (None, filler.order.last(connection))
        ledger.begin_pass(connection, seen, after, end)
        self._begun, self._passes, self._range = seen.number + 1, self._passes + 1, (after, end)

    def _are_still_wrong(self, after: Place | None, end: Place | None) -> bool:
        """Whether rows are left where the pass has gone: others may have come since, in place of those that went."""
        return end is not None and self.filler.left(after, end) > 0
