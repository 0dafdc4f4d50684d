"""How long queries wait for locks, in seconds in which the machine had time for us.

On a busy machine everybody waits for a processor, and whoever has a lock meanwhile has it for longer: that says nothing about
the migrations. So a session of our own looks at the locks every few milliseconds, and a look counts for no more than it takes
where nothing disturbs it. On a machine that has time these seconds are those of any clock.
"""

from __future__ import annotations

import contextlib
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from .scratch import Scratch
from .watching import Queries

# Between two looks, and what one of them counts at most, in seconds.
EVERY = 0.02
MOST = 2 * EVERY
_WAITING = "SELECT pid FROM pg_locks WHERE NOT granted AND pid = ANY(%s)"


@dataclass
class _Watched:
    """A session; for how many seconds its query with this number has been waiting."""

    queries: Queries
    overdue: Callable[[], None]
    number: int = 0
    waited: float = 0.0


class Patience:
    """Says of a query that it has waited for a lock for more than ``budget`` seconds, once; see ``on`` and ``watching``."""

    def __init__(self, budget: float) -> None:
        self.budget = budget
        self._watched: dict[int, _Watched] = {}
        self._passed = 0.0
        self._blind = True
        self._error: BaseException | None = None
        self._look = threading.Condition()

    @contextlib.contextmanager
    def on(self, scratch: Scratch, name: str) -> Iterator[None]:
        """Look at sessions in the database ``name`` for the time of the context. PostgreSQL only.

        Raises what has kept us from looking, since nobody would have been judged.
        """
        over, self._blind = threading.Event(), False
        thread = threading.Thread(target=self._run, args=(scratch, name, over), daemon=True)
        thread.start()
        try:
            yield
        finally:
            over.set()
            thread.join()
        if self._error is not None:
            raise self._error

    @contextlib.contextmanager
    def watching(self, pid: int, queries: Queries, overdue: Callable[[], None]) -> Iterator[None]:
        """For the time of the context: call ``overdue``, in another thread, when a query of the session ``pid`` waits for too
        long."""
        self._watched[pid] = _Watched(queries, overdue)
        try:
            yield
        finally:
            del self._watched[pid]

    def wait(self, seconds: float, over: threading.Event) -> None:
        """Until so many seconds have passed, or ``over`` is set, or nobody looks any more."""
        with self._look:
            until = self._passed + seconds
            while self._passed < until and not self._blind and not over.is_set():
                self._look.wait(MOST)

    def _run(self, scratch: Scratch, name: str, over: threading.Event) -> None:
        try:
            with scratch.connected(name) as connection, connection.cursor() as cursor:
                looked = time.monotonic()
                while not over.wait(EVERY):
                    cursor.execute(_WAITING, [list(self._watched)])
                    waiting = {pid for [pid] in cursor.fetchall()}
                    before, looked = looked, time.monotonic()
                    self.saw(waiting, looked - before)
        except BaseException as error:
            self._error = error
        finally:
            with self._look:
                self._blind = True

    def saw(self, waiting: set[int], seconds: float) -> None:
        """These sessions wait, and so much time has passed since the last look."""
        seconds = min(seconds, MOST)
        with self._look:
            self._passed += seconds
            self._look.notify_all()
        for pid, its in list(self._watched.items()):
            number = its.queries.count
            if pid not in waiting or number != its.number:
                its.number, its.waited = number, 0.0
                continue
            before, its.waited = its.waited, its.waited + seconds
            if before <= self.budget < its.waited:
                its.overdue()
