"""A small proxy between clients and a PostgreSQL server, which lends its server sessions out for a while at a time.

For tests that need a pooler where there is no pgbouncer. Frames messages as the manual says ("Message Formats"): a byte of
type, four bytes of length that count themselves. Knows when a transaction is over by the last byte of ReadyForQuery ("I").
Only for servers that ask for no password; without cancel requests, COPY and Flush.
"""

from __future__ import annotations

import asyncio
import contextlib
import random
import struct
import threading
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

_SSL, _GSS, _CANCEL = 80877103, 80877104, 80877102
_ASKS = b"QSF"  # Query, Sync and FunctionCall: each is answered by one ReadyForQuery

Streams = tuple[asyncio.StreamReader, asyncio.StreamWriter]


async def _message(reader: asyncio.StreamReader) -> tuple[bytes, bytes]:
    head = await reader.readexactly(5)
    return head[:1], head + await reader.readexactly(struct.unpack("!I", head[1:])[0] - 4)


@dataclass
class PoolingProxy:
    """``mode`` is what a server session is lent out for: a "transaction", or a whole client "session".

    ``take`` chooses the next one of those that are free: by default the last one used, as pgbouncer does. With ``own_keys``
    clients are given cancel keys of the proxy's, as pgbouncer does, otherwise that of the server session they see first.
    ``asked`` counts what clients asked, connecting not included.
    """

    host: str
    port: int
    mode: str = "transaction"
    size: int = 5
    take: Callable[[deque[Streams]], Streams] = deque.pop
    own_keys: bool = True
    address: tuple[str, int] = ("127.0.0.1", 0)
    asked: int = 0
    _free: deque[Streams] = field(default_factory=deque)
    _opened: int = 0
    _greetings: dict[Streams, list[bytes]] = field(default_factory=dict)

    async def serve(self, listening: threading.Event, over: asyncio.Event) -> None:
        self._room = asyncio.Condition()
        self._clients: set[asyncio.Task[None]] = set()
        server = await asyncio.start_server(self._client, *self.address)
        self.address = server.sockets[0].getsockname()
        listening.set()
        await over.wait()
        server.close()
        for task in list(self._clients):
            task.cancel()
        await asyncio.gather(*self._clients, return_exceptions=True)
        for _, writer in self._free:
            writer.close()

    async def _client(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._clients.add(task)
        try:
            with contextlib.suppress(asyncio.IncompleteReadError, ConnectionError, asyncio.CancelledError):
                startup = await self._startup(reader, writer)
                if startup:
                    await self._talk(startup, reader, writer)
        finally:
            self._clients.discard(task)
            writer.close()

    async def _startup(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bytes:
        while True:
            head = await reader.readexactly(8)
            length, code = struct.unpack("!II", head)
            body = await reader.readexactly(length - 8)
            if code == _CANCEL:
                return b""
            if code not in {_SSL, _GSS}:
                return head + body
            writer.write(b"N")

    async def _talk(self, startup: bytes, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Greet the client, and pass its messages on, each transaction to the server session that it is lent."""
        lent: Streams | None = await self._lend(startup)
        assert lent is not None
        key = struct.pack("!cIII", b"K", 12, random.getrandbits(31) | 1 << 30, random.getrandbits(31))
        for message in self._greetings[lent]:
            writer.write(key if self.own_keys and message[:1] == b"K" else message)
        if self.mode == "transaction":
            lent = await self._give_back(lent)
        try:
            while True:
                kind, message = await _message(reader)
                if kind == b"X":
                    return
                if lent is None:
                    lent = await self._lend(startup)
                lent[1].write(message)
                if kind not in _ASKS:
                    continue
                self.asked += 1
                while kind != b"Z":
                    kind, message = await _message(lent[0])
                    writer.write(message)
                await writer.drain()
                if message[-1:] == b"I" and self.mode == "transaction":
                    lent = await self._give_back(lent)
        finally:
            if lent is not None:  # in a transaction, or of a client that kept it: nobody else is to have it
                lent[1].close()
                self._opened -= 1
                async with self._room:
                    self._room.notify()

    async def _lend(self, startup: bytes) -> Streams:
        async with self._room:
            await self._room.wait_for(lambda: self._free or self._opened < self.size)
            if self._free:
                return self.take(self._free)
            self._opened += 1
        return await self._open(startup)

    async def _give_back(self, streams: Streams) -> None:
        async with self._room:
            self._free.append(streams)
            self._room.notify()

    async def _open(self, startup: bytes) -> Streams:
        if self.host.startswith("/"):
            streams = await asyncio.open_unix_connection(Path(self.host) / f".s.PGSQL.{self.port}")
        else:
            streams = await asyncio.open_connection(self.host, self.port)
        streams[1].write(startup)
        greeting, kind = [], b""
        while kind != b"Z":
            kind, message = await _message(streams[0])
            if kind == b"E":
                raise ConnectionError(message)
            greeting.append(message)
        self._greetings[streams] = greeting
        return streams


@contextlib.contextmanager
def pooling_proxy(proxy: PoolingProxy) -> Iterator[PoolingProxy]:
    """Have ``proxy`` serve on the loopback interface for the time of the context; then its ``address`` is known."""
    listening, over = threading.Event(), asyncio.Event()
    loop = asyncio.new_event_loop()

    def run() -> None:
        try:
            loop.run_until_complete(proxy.serve(listening, over))
        finally:
            loop.close()

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    assert listening.wait(60)
    try:
        yield proxy
    finally:
        loop.call_soon_threadsafe(over.set)
        thread.join()
