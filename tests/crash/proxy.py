"""Stands between a runner and the server, counts the runner's units of work, and strikes at one of them.

A unit is a simple query, or extended messages up to their Sync: every statement, transaction boundary and write to the
journal is one. The runner knows nothing of it.
"""

from __future__ import annotations

import contextlib
import selectors
import socket
import struct
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from .wire import CANCEL_REQUEST, GSS_REQUEST, SSL_REQUEST, Framing, Message, request_code, statement

# What a client sends outside any unit: parts of a COPY, the end of the session.
UNCOUNTED = frozenset({b"d", b"c", b"f", b"p", b"X"})


@dataclass(frozen=True)
class Unit:
    """The ``number``-th unit of the runner's ``session``-th session, both from 1."""

    session: int
    number: int
    sql: str


class Pipe:
    """A session: the runner's socket and the server's."""

    def __init__(self, number: int, client: socket.socket, server: socket.socket) -> None:
        self.number, self.client, self.server = number, client, server
        self.from_client, self.from_server = Framing(startup=True), Framing(startup=False)
        self.pid = 0
        self.units = 0  # sent by the client
        self.answered = -1  # by the server, the greeting aside
        self.pending: list[Message] = []
        self.kept_back = False  # answers do not reach the client any more
        self.closed = False
        self.frozen = False


class Strike:
    """Says what the proxy is to do at a unit; this one never does anything."""

    def wanted(self, unit: Unit) -> bool:
        return False

    def before(self, proxy: Proxy, pipe: Pipe, unit: Unit, data: bytes) -> bool:
        """Called before it is forwarded; whether it is to be forwarded."""
        return True

    def sent(self, proxy: Proxy, pipe: Pipe, unit: Unit) -> None:
        """Called as soon as it has been forwarded."""

    def answered(self, proxy: Proxy, pipe: Pipe, unit: Unit) -> None:
        """Called when the whole answer is there, and the client does not have it."""


class Proxy:
    """Listens on the loopback interface; one thread does everything, so that nothing flows during a strike."""

    def __init__(self, target: Path) -> None:
        self.target = target
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        self._wake, self._waker = socket.socketpair()
        self._selector = selectors.DefaultSelector()
        self._selector.register(self._listener, selectors.EVENT_READ, self._accept)
        self._selector.register(self._wake, selectors.EVENT_READ, self._called)
        self._calls: list[tuple[Callable[[], None], threading.Event]] = []
        self._over = False
        self.pipes: list[Pipe] = []
        self._before: list[Pipe] = []  # those of the runners before this one
        self._thread = threading.Thread(target=self._loop, name="crash-proxy", daemon=True)
        self.begin(Strike())
        self._thread.start()

    def begin(self, strike: Strike) -> None:
        """For a new runner: count from one again."""
        self.strike = strike
        self._before += self.pipes
        self.pipes = []
        self.units: list[Unit] = []
        self.unreachable = False
        self.struck: Unit | None = None
        self._awaited: dict[int, Unit] = {}
        self._sessions = 0
        self.errors: list[BaseException] = []

    def call(self, work: Callable[[], None]) -> None:
        """Have the proxy's thread do something, and wait for it."""
        done = threading.Event()
        self._calls.append((work, done))
        self._waker.send(b"!")
        done.wait(30)

    def end(self) -> None:
        """Close the sessions that are left."""

        def close() -> None:
            for pipe in (*self._before, *self.pipes):
                self.close(pipe)
            self._before = []

        self.call(close)

    def stop(self) -> None:
        self.end()
        self._over = True
        self._waker.send(b"!")
        self._thread.join(10)
        for each in (self._listener, self._wake, self._waker):
            each.close()
        self._selector.close()

    # The loop

    def _loop(self) -> None:
        while not self._over:
            for key, _ in self._selector.select(1):
                try:
                    key.data()
                except BaseException as error:
                    self.errors.append(error)

    def _called(self) -> None:
        self._wake.recv(100)
        while self._calls:
            work, done = self._calls.pop(0)
            try:
                work()
            finally:
                done.set()

    def _accept(self) -> None:
        client, _ = self._listener.accept()
        client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        if self.unreachable:
            reset(client)
            return
        server = socket.socket(socket.AF_UNIX)
        try:
            server.connect(str(self.target))
        except OSError:
            server.close()
            reset(client)
            return
        self._sessions += 1
        pipe = Pipe(self._sessions, client, server)
        self.pipes.append(pipe)
        self._selector.register(client, selectors.EVENT_READ, lambda: self._read_client(pipe))
        self._selector.register(server, selectors.EVENT_READ, lambda: self._read_server(pipe))

    def _read_client(self, pipe: Pipe) -> None:
        if pipe.frozen:
            return
        data = _received(pipe.client)
        if not data:
            self.close(pipe)
            return
        for message in pipe.from_client.feed(data):
            self._from_client(pipe, message)
            if pipe.closed or pipe.frozen:
                return

    def _from_client(self, pipe: Pipe, message: Message) -> None:
        if not message.kind and request_code(message) in {SSL_REQUEST, GSS_REQUEST}:
            pipe.client.sendall(b"N")
        elif not message.kind or message.kind in UNCOUNTED:
            if not message.kind and request_code(message) == CANCEL_REQUEST:
                self._sessions -= 1  # a request, and no session
            self._send(pipe, message.data)
        else:
            pipe.pending.append(message)
            if message.kind in {b"Q", b"S"}:
                self._unit(pipe)

    def _unit(self, pipe: Pipe) -> None:
        data = b"".join(message.data for message in pipe.pending)
        pipe.units += 1
        unit = Unit(pipe.number, pipe.units, statement(pipe.pending))
        pipe.pending = []
        self.units.append(unit)
        wanted = self.struck is None and self.strike.wanted(unit)
        if wanted:
            self.struck = unit
            self._awaited[pipe.number] = unit
        if not wanted or self.strike.before(self, pipe, unit, data):
            self._send(pipe, data)
            if wanted:
                self.strike.sent(self, pipe, unit)

    def _read_server(self, pipe: Pipe) -> None:
        if pipe.frozen:
            return
        data = _received(pipe.server)
        if not data:
            self.close(pipe)
            return
        answered = False
        for message in pipe.from_server.feed(data):
            if message.kind == b"K":
                (pipe.pid,) = struct.unpack_from("!i", message.body)
            elif message.kind == b"Z":
                pipe.answered += 1
                unit = self._awaited.get(pipe.number)
                answered = answered or (unit is not None and pipe.answered == unit.number)
        if not pipe.kept_back:
            with contextlib.suppress(OSError):
                pipe.client.sendall(data)
        if answered:
            self.strike.answered(self, pipe, self._awaited.pop(pipe.number))

    def _send(self, pipe: Pipe, data: bytes) -> None:
        try:
            pipe.server.sendall(data)
        except OSError:
            self.close(pipe)

    # What strikes do

    def freeze(self, pipe: Pipe) -> None:
        """Nothing flows any more in either direction, and neither side is told."""
        pipe.frozen = True
        for each in (pipe.client, pipe.server):
            with contextlib.suppress(KeyError, ValueError):
                self._selector.unregister(each)

    def close(self, pipe: Pipe, *, hard: bool = False) -> None:
        """Both sides are told; the client by a reset, where ``hard``."""
        self.close_client(pipe, hard=hard)
        self.close_server(pipe)
        pipe.closed = True

    def close_client(self, pipe: Pipe, *, hard: bool = False) -> None:
        with contextlib.suppress(KeyError, ValueError):
            self._selector.unregister(pipe.client)
        if hard and pipe.client.fileno() >= 0:
            reset(pipe.client)
        pipe.client.close()

    def close_server(self, pipe: Pipe) -> None:
        with contextlib.suppress(KeyError, ValueError):
            self._selector.unregister(pipe.server)
        pipe.server.close()

    def deliver_late(self, pipe: Pipe, data: bytes) -> None:
        """What was on its way when the network went arrives after all; the answer reaches nobody."""
        with contextlib.suppress(OSError):
            pipe.server.sendall(data)
            pipe.server.settimeout(0.2)
            while pipe.server.recv(65536):
                pass
        self.close_server(pipe)


def reset(client: socket.socket) -> None:
    """Close a connection in such a way that the other side is told at once (RST)."""
    with contextlib.suppress(OSError):
        client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    client.close()


def _received(end: socket.socket) -> bytes:
    try:
        return end.recv(65536)
    except OSError:
        return b""


def pause(seconds: float) -> None:
    """The proxy's thread sleeps, and so does everything that goes through it."""
    if seconds:
        time.sleep(seconds)


@contextlib.contextmanager
def listening(target: Path) -> Iterator[Proxy]:
    """A proxy before the server behind that socket, for the time of the context."""
    proxy = Proxy(target)
    try:
        yield proxy
    finally:
        proxy.stop()
