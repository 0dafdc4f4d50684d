"""Databases that live as long as a check, on the server of the project, and the sessions that work in them.

No connection of the project is touched: each thread that works in a scratch database has a wrapper of its own behind the
alias for as long as it does, so that routers and managers see the alias that they know.
"""

from __future__ import annotations

import contextlib
import itertools
import os
import secrets
import shutil
import tempfile
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from copy import deepcopy
from pathlib import Path
from typing import Any, TypeVar

from django.db import Error, connections
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.utils import load_backend

from .postgres import cheapest_copy

T = TypeVar("T")

_numbers = itertools.count(1)
# Seconds that a session which was closed may take to be gone: DROP DATABASE that meets it looks again only after a tenth of a
# second, and CREATE DATABASE ... TEMPLATE fails after five seconds.
_ENDING, _TEMPLATE_ENDING = 0.5, 60.0


class Scratch:
    """The server behind an alias, as a place for databases. A context manager: what it made is dropped at its end.

    Making one costs nothing; one that is kept for many checks saves the making of the package's own tables (``bases``, by
    extensions).
    """

    def __init__(self, alias: str = "default", server: dict[str, Any] | None = None) -> None:
        """``server``: what of ``DATABASES[alias]`` is to be another than it is, as for a server of its own."""
        self.alias = alias
        self.settings: dict[str, Any] = {**deepcopy(connections[alias].settings_dict), **(server or {})}
        self.settings.setdefault("OPTIONS", {}).pop("pool", None)
        self.settings["CONN_MAX_AGE"] = None
        self.vendor = load_backend(self.settings["ENGINE"]).DatabaseWrapper.vendor
        self.bases: dict[tuple[str, ...], str] = {}
        self._made: set[str] = set()
        self._token = secrets.token_hex(3)  # processes of other machines may have our number
        self._stack = contextlib.ExitStack()

    def __enter__(self) -> Scratch:
        self._directory = Path(self._stack.enter_context(tempfile.TemporaryDirectory(prefix="zero-downtime-")))
        return self

    def __exit__(self, *exception: object) -> None:
        with self._stack:
            for name in list(self._made):
                self._stack.callback(self._drop_surely, name)  # one that cannot be dropped keeps none of the others

    @property
    def on_postgres(self) -> bool:
        return bool(self.vendor == "postgresql")

    def create(self, template: str | None = None) -> str:
        """A new database, a copy of ``template`` where there is one; its name."""
        number = next(_numbers)
        if not self.on_postgres:
            name = str(self._directory / f"{number}.sqlite3")
            if template:
                shutil.copy(template, name)
        else:
            name = f"zero_downtime_{os.getpid()}_{self._token}_{number}"
            self._made.add(name)  # before it is there: whoever interrupts us may do so at any moment
            copy = f' TEMPLATE "{template}"' if template else ""
            try:
                with self._maintaining(left=template, within=_TEMPLATE_ENDING) as cursor:
                    cursor.execute(f'CREATE DATABASE "{name}"{copy} {cheapest_copy(cursor.connection)}')
            except Error:
                self._made.discard(name)
                raise
        self._made.add(name)
        return name

    def drop(self, name: str) -> None:
        if self.on_postgres:
            with self._maintaining(left=name) as cursor:
                cursor.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')
        else:
            Path(name).unlink(missing_ok=True)
        self._made.discard(name)

    def _drop_surely(self, name: str) -> None:
        """Also where somebody interrupts just this."""
        try:
            self.drop(name)
        except Exception:
            raise
        except BaseException:
            self.drop(name)
            raise

    @contextlib.contextmanager
    def database(self, template: str | None = None) -> Iterator[str]:
        """The name of a database for the time of the context."""
        name = self.create(template)
        try:
            yield name
        finally:
            self.drop(name)

    @contextlib.contextmanager
    def connected(self, name: str, *, lock_timeout: float | None = None) -> Iterator[BaseDatabaseWrapper]:
        """In this thread the alias leads to that database for the time of the context."""
        before = connections[self.alias]
        connection = self._wrapper(name, lock_timeout)
        connections[self.alias] = connection
        try:
            yield connection
        finally:
            connections[self.alias] = before
            connection.close()

    def _wrapper(self, name: str, lock_timeout: float | None) -> BaseDatabaseWrapper:
        settings = {**deepcopy(self.settings), "NAME": name}
        if self.on_postgres and lock_timeout is not None:
            options = settings["OPTIONS"].get("options", "")
            settings["OPTIONS"]["options"] = f"{options} -c lock_timeout={max(1, round(lock_timeout * 1000))}".strip()
        wrapper: BaseDatabaseWrapper = load_backend(settings["ENGINE"]).DatabaseWrapper(settings, self.alias)
        return wrapper

    @contextlib.contextmanager
    def _maintaining(self, *, left: str | None, within: float = _ENDING) -> Iterator[Any]:
        """A cursor of the server's maintenance database, once sessions that end have gone from the database ``left``."""
        admin = self._wrapper(self.settings["NAME"], None)
        with admin._nodb_cursor() as cursor:  # Django's own way to a server's maintenance database
            deadline = time.monotonic() + within
            while left and time.monotonic() < deadline:
                cursor.execute(
                    "SELECT FROM pg_stat_activity WHERE datname = %s AND backend_type = 'client backend'", [left]
                )
                if not cursor.rowcount:
                    break
                time.sleep(0.002)
            yield cursor


class Worker:
    """A thread with a session of its own, which does what it is asked for, one thing after the other."""

    def __init__(self, scratch: Scratch, name: str, *, lock_timeout: float | None = None) -> None:
        self._stack = contextlib.ExitStack()
        self._pool = ThreadPoolExecutor(1)
        self.connection = self.do(lambda: self._stack.enter_context(scratch.connected(name, lock_timeout=lock_timeout)))

    def pid(self) -> int:
        """Of the session in the server, to be asked for by its own thread. PostgreSQL only."""
        self.connection.ensure_connection()
        return int(self.connection.connection.info.backend_pid)

    def do(self, work: Callable[[], T]) -> T:
        """Have it done, and wait for its end."""
        return self._pool.submit(work).result()

    def close(self) -> None:
        self.do(self._stack.close)
        self._pool.shutdown()
