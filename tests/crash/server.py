"""A PostgreSQL server that may be killed: a small one of our own, on a Unix socket."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg

from django_safemigrate.testing.postgres import pg_dump_path
from tests.support.local_cluster import programs, server_user
from tests.support.waiting import wait_for

# After a crash of the server alone nothing is lost without fsync, since the operating system keeps what was written. Full
# pages are for torn writes, which only the machine's crash makes. Nobody vacuums or analyzes behind a comparison's back.
SETTINGS = {
    "listen_addresses": "",
    "fsync": "off",
    "full_page_writes": "off",
    "autovacuum": "off",
    "shared_buffers": "16MB",
    "max_connections": "30",
    # As it is by default. With "minimal" a sequence that was made and used in one transaction goes back in a crash.
    "wal_level": "replica",
    "checkpoint_timeout": "1h",
    # Not off: a crash may lose commits then, which no runner can know.
    "synchronous_commit": "on",
}
# A socket's path has at most 107 bytes.
PLACE = "/dev/shm" if os.access("/dev/shm", os.W_OK) else None


class Server:
    """``crash()`` it, ``start()`` it again; ``admin`` is a session in its database ``postgres``."""

    def __init__(self, bindir: Path, directory: Path) -> None:
        self.bindir, self.directory, self.user = bindir, directory, server_user()
        if self.user:
            shutil.chown(directory, self.user)
            directory.chmod(0o755)
        self.socket = directory / ".s.PGSQL.5432"
        self._admin: psycopg.Connection[Any] | None = None
        data = str(directory / "data")
        self._run("initdb", "-D", data, "-U", "postgres", "-A", "trust", "-E", "UTF8", "--locale=C", "--no-sync")
        with (directory / "data" / "postgresql.conf").open("a") as file:
            file.writelines(f"{name} = '{setting}'\n" for name, setting in SETTINGS.items())
            file.write(f"unix_socket_directories = '{directory}'\n")
        self.start()
        self.version = str(self.admin.info.parameter_status("server_version"))
        # A copy of files: what is not in the server's own journal needs not be redone after a crash. Before 15 the only way.
        self._strategy = "STRATEGY file_copy" if self.admin.info.server_version >= 150000 else ""

    def _run(self, program: str, *arguments: str) -> None:
        command = [str(self.bindir / program), *arguments]
        done = subprocess.run(command, user=self.user, cwd=self.directory, capture_output=True, text=True, check=False)
        if done.returncode:
            raise RuntimeError(f"{' '.join(command)}: {done.stdout}{done.stderr}{self.log()[-2000:]}")

    def start(self) -> None:
        """Start it, and wait until it answers; after a crash, when what the journal of the server says is redone."""
        with (self.directory / "log").open("a") as log:
            self._process = subprocess.Popen(
                [self.bindir / "postgres", "-D", self.directory / "data"],
                user=self.user,
                cwd=self.directory,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        deadline = time.monotonic() + 60
        while True:
            try:
                self.connect().close()
                return
            except psycopg.OperationalError:
                if self._process.poll() is not None or time.monotonic() > deadline:
                    raise RuntimeError(f"The server does not start: {self.log()[-2000:]}") from None
                time.sleep(0.02)

    def crash(self) -> None:
        """Kill every process of it, as hard as it goes."""
        self.disconnect()
        # The children first would be a crash of one session; the others would have time to notice.
        self._process.send_signal(signal.SIGSTOP)
        wait_for(lambda: _state(self._process.pid) in {"T", ""})  # it starts no more of them
        children = _children(self._process.pid)
        for child in children:
            with contextlib.suppress(ProcessLookupError):
                os.kill(child, signal.SIGKILL)
        self._process.kill()
        self._process.wait()
        # No other one starts while one of these still has the memory that they share.
        wait_for(lambda: all(_state(child) in {"Z", "X", ""} for child in children))

    @property
    def running(self) -> bool:
        return self._process.poll() is None

    def stop(self) -> None:
        self.disconnect()
        if self.running:
            self._process.send_signal(signal.SIGQUIT)
            self._process.wait(30)

    def log(self) -> str:
        path = self.directory / "log"
        return path.read_text(errors="replace") if path.exists() else ""

    # Sessions

    def connect(self, database: str = "postgres", **settings: Any) -> psycopg.Connection[Any]:
        """A session past the proxy, in autocommit unless told otherwise."""
        parameters = {"host": str(self.directory), "port": 5432, "user": "postgres", "dbname": database}
        return psycopg.connect(**parameters, **{"autocommit": True, "application_name": "matrix", **settings})

    @property
    def admin(self) -> psycopg.Connection[Any]:
        if self._admin is None or self._admin.closed:
            self._admin = self.connect()
        return self._admin

    def disconnect(self) -> None:
        if self._admin is not None:
            self._admin.close()
            self._admin = None

    # Databases

    def create(self, name: str, template: str = "template0") -> None:
        self.drop(name)
        self.admin.execute(f"CREATE DATABASE {name} TEMPLATE {template} {self._strategy}")

    def drop(self, name: str) -> None:
        self.admin.execute(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")


def _state(pid: int) -> str:
    """The letter that Linux has for what it does; empty where it is gone, and on other systems."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except OSError:
        return ""


def _children(parent: int) -> list[int]:
    found = Path(f"/proc/{parent}/task/{parent}/children")
    if found.exists():
        return [int(pid) for pid in found.read_text().split()]
    said = subprocess.run(["pgrep", "-P", str(parent)], capture_output=True, text=True, check=False).stdout
    return [int(pid) for pid in said.split()]


def find_programs(major: str | None) -> Path | None:
    """The directory with ``postgres`` and ``initdb``: those of the wheel, or of that version on this machine."""
    if major:
        return programs(major)
    path = pg_dump_path()
    return path.parent if path else None


@contextlib.contextmanager
def killable_server(bindir: Path) -> Iterator[Server]:
    """A new server for the time of the context."""
    with tempfile.TemporaryDirectory(prefix="sm-crash-", dir=PLACE) as name:
        server = Server(bindir, Path(name))
        try:
            yield server
        finally:
            server.stop()
