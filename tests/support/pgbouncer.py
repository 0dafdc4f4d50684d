"""A real pgbouncer in front of the test's server, where the program is installed."""

from __future__ import annotations

import contextlib
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from tests.support.local_cluster import server_user

# Of no port: it is a part of the socket's name. Nobody else can have taken it.
PORT = 6432
MODES = ("transaction", "statement", "session")
SIZES = (1, 5)


def program() -> str | None:
    """Where pgbouncer is; None where there is none. Debian keeps it away from users' PATH."""
    return shutil.which("pgbouncer") or shutil.which("pgbouncer", path="/usr/sbin:/usr/local/sbin")


@dataclass(frozen=True)
class PgBouncer:
    """Listens on a socket in the directory ``host``, of ``port``, with a database for each mode and size of pool, called as
    ``name`` says."""

    host: str
    port: int
    user: str

    @staticmethod
    def name(mode: str, size: int) -> str:
        return f"{mode}_{size}"


@contextlib.contextmanager
def pgbouncer(server: dict[str, str], *, in_turn: bool = False) -> Iterator[PgBouncer]:
    """Pools of sessions on the database that psycopg's parameters ``server`` name, as long as the context lasts.

    ``in_turn``: server sessions take turns, instead of the last one used being lent out first.
    """
    found = program()
    assert found, "no pgbouncer"
    user = server.get("user", "postgres")
    target = " ".join(f"{key}={value}" for key, value in server.items())
    pools = [
        f"{PgBouncer.name(mode, size)} = {target} pool_mode={mode} pool_size={size}" for mode in MODES for size in SIZES
    ]
    with tempfile.TemporaryDirectory(prefix="safemigrate-pgbouncer-") as name:
        directory = Path(name)
        config = directory / "pgbouncer.ini"
        config.write_text(
            "\n".join(
                [
                    "[databases]",
                    *pools,
                    "[pgbouncer]",
                    f"listen_addr =\nlisten_port = {PORT}\nunix_socket_dir = {directory}",
                    # Any user and any password; so each database names the server's user.
                    "auth_type = any\nquery_wait_timeout = 120",
                    f"server_round_robin = {int(in_turn)}",
                ]
            )
        )
        owner = _whose(server)
        if owner:
            shutil.chown(directory, owner)
        with (directory / "log").open("w") as log:
            process = subprocess.Popen([found, "-q", str(config)], user=owner, stdout=log, stderr=log)
        try:
            _wait_for(process, directory)
            yield PgBouncer(str(directory), PORT, user)
        finally:
            process.kill()  # a TERM of old versions waits for clients
            process.wait(20)


def _whose(server: dict[str, str]) -> str | None:
    """As whom to run it, which refuses root: None for whoever runs this, else whoever may enter the server's socket."""
    host = Path(server.get("host", ""))
    return host.owner() if server_user() and host.is_absolute() else server_user()


def _wait_for(process: subprocess.Popen[bytes], directory: Path) -> None:
    deadline = time.monotonic() + 60
    while True:
        try:
            with socket.socket(socket.AF_UNIX) as probe:
                probe.connect(str(directory / f".s.PGSQL.{PORT}"))
            return
        except OSError:
            if process.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError(f"pgbouncer does not answer: {(directory / 'log').read_text()}") from None
            time.sleep(0.02)
