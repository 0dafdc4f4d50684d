"""The shift of a worker that is not a run of ``safemigrate``: all backfills in turn, for as long as it is given.

Such workers are processes of ``manage.py backfill work``, and tasks of a queue. Each one needs a session that is kept for it.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from enum import Enum

from django.db import Error

from django_safemigrate.catalog.query import Connection
from django_safemigrate.decisions.pacing import Pacing
from django_safemigrate.doing.direct import require_direct
from django_safemigrate.doing.lease import owner
from django_safemigrate.doing.speaking import speaking_of
from django_safemigrate.doing.sqlstate import connection_lost
from django_safemigrate.models import Backfill
from django_safemigrate.values.errors import SafeMigrateError
from django_safemigrate.values.events import FillProgress
from django_safemigrate.values.settings import Settings

from .control import Control, look
from .ledger import Worker, say_why
from .overview import open_backfills
from .run import progress_of
from .throttles import Throttle, throttled
from .worker import PAUSED, Ending, Hooks, work

# Seconds for which a backfill that is held back is waited for before the next one is looked at; and between two rounds.
TURN, ROUND = 1.0, 0.5
# For a shift that waits for more: seconds between two looks, and until one that has failed is tried again.
LOOK, AGAIN = 3.0, 60.0


class Left(Enum):
    """What there is to do at the end of a shift."""

    NOTHING = "all backfills are done"
    MORE = "the time is over"
    HELD_BACK = "what is left is paused, or waits for something"


@dataclass
class Shift:
    """``seconds``: after how many it ends; ``patience``: and after how many in which everything was held back.

    ``report`` is told how far it is, ``tell`` a line for every throttle that cannot be asked, ``stops`` is asked before each
    batch. ``waits``: where nothing is left, it is told so once, and the shift goes on with the next backfill that is begun;
    one that has failed, of which ``fails`` is told, is tried again later.
    Raises ``DatabaseUnavailable`` where the session is not our own.
    """

    connection: Connection
    settings: Settings
    seconds: float = float("inf")
    patience: float = float("inf")
    report: Callable[[FillProgress], None] = lambda event: None
    tell: Callable[[str], None] = lambda line: None
    stops: Callable[[], bool] = lambda: False
    waits: Callable[[], None] | None = None
    fails: Callable[[str, Exception], None] = lambda name, error: None
    # Of the backfills on which we could not go on, by their names.
    failed: dict[str, Exception] = field(default_factory=dict)

    def run(self) -> Left:
        """Until nothing is left that this worker can do, or the time is over."""
        with speaking_of(self.connection):
            require_direct(self.connection)
            self._until = time.monotonic() + self.seconds
            self._throttles: dict[int, tuple[Throttle, ExitStack]] = {}
            # When those that have failed are tried again.
            self._given_up: dict[int, float] = {}
            try:
                return self._rounds()
            except Error as error:
                if connection_lost(error):
                    self.connection.close()  # what is left of it
                raise
            finally:
                self._forget_all_but([])

    def _rounds(self) -> Left:
        moved_at = time.monotonic()
        while True:
            left = self._left()
            if not left:
                if self.waits is None or not self._comes():
                    return Left.NOTHING
                moved_at = time.monotonic()
                continue
            moved = [self._turn(key) for key in left]
            if any(moved):
                moved_at = time.monotonic()
            if self._is_over():
                return Left.MORE if any(moved) else Left.HELD_BACK
            if time.monotonic() - moved_at >= self.patience:
                return Left.HELD_BACK
            time.sleep(min(ROUND, max(0.0, self._until - time.monotonic())))

    def _left(self) -> list[int]:
        keys = open_backfills(self.connection)
        self._forget_all_but(keys)
        now = time.monotonic()
        return [key for key in keys if now >= self._given_up.get(key, 0.0)]

    def _comes(self) -> bool:
        """Wait until there is something to do; false where the shift is over before."""
        assert self.waits is not None
        self.waits()
        looked_at = time.monotonic()
        while not self._is_over():
            if time.monotonic() - looked_at >= LOOK:
                if self._left():
                    return True
                looked_at = time.monotonic()
            time.sleep(min(ROUND, max(0.0, self._until - time.monotonic())))
        return False

    def _is_over(self) -> bool:
        return time.monotonic() >= self._until or self.stops()

    def _turn(self, key: int) -> bool:
        """Whether the backfill has moved on, or is over."""
        row = Backfill.objects.using(self.connection.alias).get(pk=key)
        throttle = self._throttle(row)
        reason = PAUSED if row.paused else throttle.reason()
        if reason:  # to begin would cost more than to look
            say_why(self.connection, key, reason)
            self.report(progress_of(row.name, look(self.connection, key), reason))
            return False
        hooks = _Turn(self, row.name)
        try:
            ending = work(
                self.connection,
                key,
                throttle=throttle,
                hooks=hooks,
                pacing=Pacing(self.settings.batch_target),
                seconds=self._until - time.monotonic(),
                worker=Worker(owner(), throttle.sessions(), self.settings.lease),
            )
        except (SafeMigrateError, Error) as error:
            if connection_lost(error):
                raise
            self._give_up(key, row.name, error)
            return True
        self.failed.pop(row.name, None)
        return ending is Ending.DONE or not hooks.held_back

    def _throttle(self, row: Backfill) -> Throttle:
        if row.pk not in self._throttles:
            context = ExitStack()
            throttle = throttled(self.connection, self.settings, row.table, self.tell)
            self._throttles[row.pk] = context.enter_context(throttle), context
        return self._throttles[row.pk][0]

    def _forget_all_but(self, keys: Sequence[int]) -> None:
        for key in set(self._throttles).difference(keys):
            _, context = self._throttles.pop(key)
            context.close()

    def _give_up(self, key: int, name: str, error: Exception) -> None:
        self._given_up[key] = float("inf") if self.waits is None else time.monotonic() + AGAIN
        self.failed[name] = error
        self.fails(name, error)
        Backfill.objects.using(self.connection.alias).filter(pk=key).update(error=str(error).strip())


class _Turn(Hooks):
    """Leaves a backfill that is held back to the others, and to the next round."""

    def __init__(self, shift: Shift, name: str) -> None:
        self.shift, self.name = shift, name
        self._held_since: float | None = None

    @property
    def held_back(self) -> bool:
        return self._held_since is not None

    def progress(self, control: Control, reason: str) -> None:
        if not reason:
            self._held_since = None
        elif self._held_since is None:
            self._held_since = time.monotonic()
        self.shift.report(progress_of(self.name, control, reason))

    def stops(self) -> bool:
        waited = 0.0 if self._held_since is None else time.monotonic() - self._held_since
        return waited >= TURN or self.shift.stops()
