"""A database of its own for each test, so that "new" and "live" mean what they say."""

from __future__ import annotations

import contextlib
import itertools
import shutil
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg
from django.db import connection

from django_safemigrate.testing.postgres import cheapest_copy

_numbers = itertools.count(1)


def is_postgres() -> bool:
    return connection.vendor == "postgresql"


def rows(sql: str, params: Any = None) -> list[tuple[Any, ...]]:
    """All rows of a query on the test's database."""
    with connection.cursor() as cursor:
        cursor.execute(sql, params)
        return list(cursor.fetchall()) if cursor.description else []


def value(sql: str, params: Any = None) -> Any:
    return rows(sql, params)[0][0]


def execute(sql: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(sql, None)


@contextlib.contextmanager
def new_database(directory: Path, *, template: str = "", keep: bool = False) -> Iterator[str]:
    """Point ``connection`` at a new database for the time of the context: an empty one, or a copy of ``template``.

    Yields its name. It is dropped at the end, unless somebody wants to ``keep`` it until he calls ``drop_database``.
    """
    settings = connection.settings_dict
    before = settings["NAME"]
    connection.close()
    settings["NAME"] = name = _create(directory, template)
    try:
        yield name
    finally:
        connection.close()
        settings["NAME"] = before
        if not keep:
            drop_database(name)


def _create(directory: Path, template: str) -> str:
    if not is_postgres():
        path = directory / "test.sqlite3"
        if template:
            shutil.copyfile(template, path)
        return str(path)
    name = f"safemigrate_test_{next(_numbers)}"
    with maintenance() as admin:
        admin.execute(f"DROP DATABASE IF EXISTS {name}")
        if template:
            wait_for_ending_sessions(admin, template, seconds=60)  # nobody ends them for us
        admin.execute(f"CREATE DATABASE {name} TEMPLATE {template or 'template1'} {cheapest_copy(admin)}")
    return name


def drop_database(name: str) -> None:
    """That of a file goes with its directory."""
    if is_postgres():
        with maintenance() as admin:
            wait_for_ending_sessions(admin, name)
            deadline = time.monotonic() + 60
            while True:
                try:
                    admin.execute(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")
                    break
                except psycopg.errors.ObjectInUse:  # the server ends a session when that gets the processor
                    if time.monotonic() > deadline:
                        raise


def wait_for_ending_sessions(admin: psycopg.Connection[Any], database: str, *, seconds: float = 0.5) -> None:
    """Until nobody is in a database, or so long: a session that was closed is there for some milliseconds more.

    ``DROP DATABASE`` and ``CREATE DATABASE ... TEMPLATE`` that meet one look again only after a tenth of a second.
    """
    deadline = time.monotonic() + seconds
    inside = "SELECT FROM pg_stat_activity WHERE datname = %s AND backend_type = 'client backend'"
    while admin.execute(inside, [database]).fetchone() is not None and time.monotonic() < deadline:
        time.sleep(0.002)


@contextlib.contextmanager
def autovacuum() -> Iterator[None]:
    """For the time of the context it looks every second for what there is to do."""
    for name, setting in (("autovacuum", "on"), ("autovacuum_naptime", "1")):
        execute(f"ALTER SYSTEM SET {name} = {setting}")
    execute("SELECT pg_reload_conf()")
    try:
        yield
    finally:
        execute("ALTER SYSTEM SET autovacuum = off")
        execute("ALTER SYSTEM RESET autovacuum_naptime")
        execute("SELECT pg_reload_conf()")


def _parameters() -> dict[str, Any]:
    parameters = connection.get_connection_params()
    return {
        key: item for key, item in parameters.items() if key in {"dbname", "user", "password", "host", "port"} and item
    }


def maintenance() -> psycopg.Connection[Any]:
    """A session in the database of the settings, in autocommit."""
    return psycopg.connect(**_parameters(), autocommit=True)


@contextlib.contextmanager
def another_session(**settings: Any) -> Iterator[psycopg.Connection[Any]]:
    """A second session on the test's database, in autocommit unless told otherwise."""
    with contextlib.closing(psycopg.connect(**{**_parameters(), "autocommit": True, **settings})) as session:
        yield session
