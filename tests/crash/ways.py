"""The ways in which a run is killed, and the moments at which it is."""

from __future__ import annotations

import os
import signal
import threading
from abc import ABC, abstractmethod
from collections.abc import Callable
from enum import Enum

from .obstacle import Obstacle, can_be_obstructed
from .proxy import Pipe, Proxy, Strike, Unit, pause
from .server import Server

# Seconds for which a network that is gone tells nobody.
SILENCE = 0.15


class Moment(Enum):
    """When a unit of work is struck."""

    BEFORE = "before"  # the server never sees it
    DURING = "during"  # the server has it, and may or may not have done it
    AFTER = "after"  # the server has done it, and the runner does not know
    READERS = "readers"  # while it waits for somebody who reads
    WRITERS = "writers"  # while it waits for somebody who writes

    @property
    def is_waiting(self) -> bool:
        return self in {Moment.READERS, Moment.WRITERS}


class Way(ABC):
    """How. ``__call__`` is called in the proxy's thread."""

    # Whether something of the run is still there when the same command is run again, until ``afterwards``.
    lingers = False

    def __init__(self, server: Server, database: str, runner: Callable[[], int]) -> None:
        self.server, self.database, self.runner = server, database, runner

    @abstractmethod
    def __call__(self, proxy: Proxy, pipe: Pipe, late: bytes) -> None:
        """Strike. ``late`` was on its way to the server."""

    def afterwards(self, proxy: Proxy) -> None:
        """A while after the same command has been started again; most ways leave nothing to do."""
        return


class KillRunner(Way):
    """SIGKILL of the runner: the server is told by the operating system, as soon as it listens."""

    def __call__(self, proxy: Proxy, pipe: Pipe, late: bytes) -> None:
        os.kill(self.runner(), signal.SIGKILL)


class Terminate(Way):
    """``pg_terminate_backend`` of the session: the runner lives, and is told why."""

    def __call__(self, proxy: Proxy, pipe: Pipe, late: bytes) -> None:
        with self.server.connect() as session:
            session.execute("SELECT pg_terminate_backend(%s)", [pipe.pid])
        pipe.kept_back = False  # from now on: the farewell


class CrashServer(Way):
    """SIGKILL of every process of the server; it is started again before the next run."""

    def __call__(self, proxy: Proxy, pipe: Pipe, late: bytes) -> None:
        self.server.crash()


class Reset(Way):
    """The connection is reset; others of the same runner are not."""

    def __call__(self, proxy: Proxy, pipe: Pipe, late: bytes) -> None:
        proxy.close(pipe, hard=True)


class Silence(Way):
    """The network goes: at first nobody is told, then the runner, and the server only while the next run is under way.

    A message that was on its way (``during``) arrives then.
    """

    lingers = True

    def __call__(self, proxy: Proxy, pipe: Pipe, late: bytes) -> None:
        proxy.unreachable = True
        self._pipes, self._late = list(proxy.pipes), {pipe.number: late}
        for each in self._pipes:
            proxy.freeze(each)
        threading.Timer(SILENCE, lambda: proxy.call(lambda: self._tell(proxy))).start()

    def _tell(self, proxy: Proxy) -> None:
        for each in self._pipes:
            proxy.close_client(each, hard=True)

    def afterwards(self, proxy: Proxy) -> None:
        for each in self._pipes:
            proxy.deliver_late(each, self._late.get(each.number, b""))


WAYS: dict[str, type[Way]] = {
    "sigkill": KillRunner,
    "terminate": Terminate,
    "crash": CrashServer,
    "reset": Reset,
    "silence": Silence,
}


class StrikeAt(Strike):
    """One way, at one moment of one unit."""

    def __init__(self, way: Way, moment: Moment, session: int, number: int, *, delay: float = 0.0) -> None:
        self.way, self.moment, self.session, self.number, self.delay = way, moment, session, number, delay
        self.obstacle: Obstacle | None = None

    def wanted(self, unit: Unit) -> bool:
        return (unit.session, unit.number) == (self.session, self.number)

    def before(self, proxy: Proxy, pipe: Pipe, unit: Unit, data: bytes) -> bool:
        if self.moment is Moment.BEFORE:
            self.way(proxy, pipe, b"")
            return False
        if self.moment is Moment.DURING and isinstance(self.way, Silence):
            self.way(proxy, pipe, data)
            return False
        if self.moment is Moment.AFTER:
            pipe.kept_back = True
        if self.moment.is_waiting and can_be_obstructed(unit.sql):
            self.obstacle = Obstacle(self.way.server, self.way.database, writes=self.moment is Moment.WRITERS)
        return True

    def sent(self, proxy: Proxy, pipe: Pipe, unit: Unit) -> None:
        if self.moment is Moment.AFTER:
            return
        if self.obstacle is not None:
            self.obstacle.wait_until_in_the_way_of(pipe.pid)
        else:
            pause(self.delay)
        self.way(proxy, pipe, b"")

    def answered(self, proxy: Proxy, pipe: Pipe, unit: Unit) -> None:
        if self.moment is Moment.AFTER:
            self.way(proxy, pipe, b"")

    @property
    def lingers(self) -> bool:
        return self.way.lingers or self.obstacle is not None

    def afterwards(self, proxy: Proxy) -> None:
        if self.obstacle is not None:
            self.obstacle.remove()
        self.way.afterwards(proxy)
