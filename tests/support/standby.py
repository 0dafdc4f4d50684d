"""A server and a hot standby that streams from it, both thrown away at the end."""

from __future__ import annotations

import contextlib
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from django_safemigrate.testing.postgres import pg_dump_path
from tests.support.local_cluster import cluster, programs, server_user

NAME = "replica1"


def programs_with_basebackup(major: str) -> Path | None:
    """Where the programs of a server are, ``pg_basebackup`` among them: of that version, or those of the wheel."""
    wheel = pg_dump_path()
    for place in (programs(major), wheel and wheel.parent):
        if place and all((place / name).exists() for name in ("initdb", "pg_ctl", "pg_basebackup", "pg_receivewal")):
            return place
    return None


@dataclass
class Replicated:
    """The URLs of ``primary`` and ``standby``; the directory of each is that of its socket. ``bindir`` has the programs."""

    primary: str
    standby: str
    bindir: Path
    data: Path

    def stop(self) -> None:
        """End the standby; its WAL sender is gone from the primary soon after."""
        self._pg_ctl("-m", "immediate", "stop")

    def start(self) -> None:
        """Begin or go on to stream. A reader stops the replay for as long as it reads."""
        settings = {
            "listen_addresses": "",
            "fsync": "off",
            "hot_standby": "on",
            "max_standby_streaming_delay": "-1",
            "cluster_name": NAME,
        }
        options = " ".join(f"-c {name}={value}" for name, value in settings.items())
        self._pg_ctl("-l", str(self.data.parent / "log"), "-o", f"-k {self.data.parent} {options}", "start")

    def _pg_ctl(self, *arguments: str) -> None:
        self.run("pg_ctl", "-D", str(self.data), "-w", "-t", "170", *arguments)

    def run(self, program: str, *arguments: str) -> None:
        """Run one of the server's programs to its end."""
        subprocess.run(
            [self.bindir / program, *arguments],
            user=server_user(),
            cwd=self.data.parent,
            check=True,
            stdout=subprocess.DEVNULL,
        )


@contextlib.contextmanager
def replicated(bindir: Path) -> Iterator[Replicated]:
    """A primary, with all commits asynchronous, and a standby made by ``pg_basebackup``."""
    with cluster(bindir) as primary, tempfile.TemporaryDirectory(prefix="safemigrate-standby-") as name:
        directory = Path(name)
        user = server_user()
        if user:
            shutil.chown(directory, user)
            directory.chmod(0o755)
        standby = f"postgresql://postgres@/postgres?host={directory}"
        pair = Replicated(primary, standby, bindir, directory / "data")
        pair.run("pg_basebackup", "-d", primary, "-D", str(pair.data), "-R", "-X", "stream", "-c", "fast", "--no-sync")
        pair.start()
        try:
            yield pair
        finally:
            pair.stop()
