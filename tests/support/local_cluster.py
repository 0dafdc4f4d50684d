"""Run a command with ``DATABASE_URL`` naming a throw-away PostgreSQL server of a given major version.

python tests/support/local_cluster.py 15 -- python -m pytest

A server that ``DATABASE_URL`` names already is taken as it is. Otherwise one is started from the programs found on this
machine, as another user when run as root, since PostgreSQL refuses root; it is stopped and deleted at the end. Without such
programs a message says so, and the exit status is 0.
"""

from __future__ import annotations

import contextlib
import os
import pwd
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

# Where Debian, PostgreSQL's own packages, Homebrew and Fedora put them.
PLACES = (
    "/usr/lib/postgresql/{major}/bin",
    "/usr/pgsql-{major}/bin",
    "/opt/homebrew/opt/postgresql@{major}/bin",
    "/usr/local/opt/postgresql@{major}/bin",
)


def programs(major: str) -> Path | None:
    """The directory with ``initdb`` and ``pg_ctl`` of that version; None where there is none."""
    places = [Path(place.format(major=major)) for place in PLACES]
    if config := shutil.which("pg_config"):
        said = subprocess.run([config, "--bindir", "--version"], capture_output=True, text=True, check=False).stdout
        bindir, _, version = said.partition("\n")
        if version.startswith(f"PostgreSQL {major}."):
            places.append(Path(bindir))
    return next((place for place in places if (place / "initdb").exists() and (place / "pg_ctl").exists()), None)


def server_user() -> str | None:
    """Who is to run the server: None for whoever runs this, another user for root."""
    if os.geteuid() != 0:
        return None
    known = {entry.pw_name for entry in pwd.getpwall()}
    return "postgres" if "postgres" in known else "nobody"


@contextlib.contextmanager
def cluster(bindir: Path, **more: str) -> Iterator[str]:
    """A new server, on a Unix socket only, with ``more`` settings; yields the URL of its ``postgres`` database."""
    user = server_user()
    with tempfile.TemporaryDirectory(prefix="safemigrate-") as name:
        directory = Path(name)
        if user:
            shutil.chown(directory, user)
            directory.chmod(0o755)

        def run(program: str, *arguments: str) -> None:
            subprocess.run(
                [bindir / program, *arguments], user=user, cwd=directory, check=True, stdout=subprocess.DEVNULL
            )

        data = str(directory / "data")
        settings = "-c listen_addresses= -c fsync=off -c full_page_writes=off -c synchronous_commit=off"
        settings += "".join(f" -c {name}={setting}" for name, setting in more.items())
        log = str(directory / "log")
        run("initdb", "-D", data, "-U", "postgres", "-A", "trust", "-E", "UTF8", "--no-sync")
        run("pg_ctl", "-D", data, "-l", log, "-w", "-t", "170", "-o", f"-k {directory} {settings}", "start")
        try:
            yield f"postgresql://postgres@/postgres?host={directory}"
        finally:
            run("pg_ctl", "-D", data, "-m", "immediate", "-w", "stop")


def main(major: str, command: list[str]) -> int:
    if os.environ.get("DATABASE_URL"):
        return subprocess.run(command, check=False).returncode
    bindir = programs(major)
    if bindir is None:
        print(f"Skipped: there is no PostgreSQL {major} on this machine, and DATABASE_URL is not set.")
        return 0
    with cluster(bindir) as url:
        return subprocess.run(command, env={**os.environ, "DATABASE_URL": url}, check=False).returncode


if __name__ == "__main__":
    if len(sys.argv) < 4 or sys.argv[2] != "--":
        sys.exit(__doc__)
    sys.exit(main(sys.argv[1], sys.argv[3:]))
