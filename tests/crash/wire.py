"""PostgreSQL's message framing, as far as a proxy needs it: where a message ends, and where a unit of work does.

https://www.postgresql.org/docs/current/protocol-message-formats.html
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass

SSL_REQUEST, GSS_REQUEST, CANCEL_REQUEST = 80877103, 80877104, 80877102


@dataclass(frozen=True)
class Message:
    """One message; ``data`` is all of its bytes, ``kind`` its type byte (empty for what a session begins with)."""

    kind: bytes
    data: bytes

    @property
    def body(self) -> bytes:
        return self.data[len(self.kind) + 4 :]


class Framing:
    """Cuts a stream of bytes into messages. ``startup``: the first message has no type byte (those of a client)."""

    def __init__(self, *, startup: bool) -> None:
        self._startup, self._rest = startup, b""

    def feed(self, data: bytes) -> Iterator[Message]:
        self._rest += data
        while True:
            head = 0 if self._startup else 1
            if len(self._rest) < head + 4:
                return
            (length,) = struct.unpack_from("!i", self._rest, head)
            if len(self._rest) < head + length:
                return
            message = Message(self._rest[:head], self._rest[: head + length])
            self._rest = self._rest[head + length :]
            # A request for encryption is answered, and then the real first message comes.
            if self._startup and request_code(message) not in {SSL_REQUEST, GSS_REQUEST}:
                self._startup = False
            yield message


def request_code(message: Message) -> int:
    """Of a message without a type: which protocol, or which request instead of a session."""
    code: int = struct.unpack_from("!i", message.data, 4)[0]
    return code


def statement(messages: list[Message]) -> str:
    """The SQL of a unit of work: a simple query, or what was parsed in it."""
    texts = []
    for message in messages:
        if message.kind == b"Q":
            texts.append(message.body.rstrip(b"\0"))
        elif message.kind == b"P":
            texts.append(message.body.split(b"\0")[1])
    return "; ".join(text.decode(errors="replace") for text in texts) or "(prepared)"
