"""Connections of Django's to wherever a test wants them, and clients that keep a pool busy."""

from __future__ import annotations

import contextlib
import random
import threading
from collections.abc import Iterator
from typing import Any

import psycopg
from django.db import connection
from django.db.utils import ConnectionHandler

from django_safemigrate.catalog.query import Connection


def server() -> dict[str, str]:
    """psycopg's parameters for the test's server."""
    settings = connection.settings_dict
    named = {"host": "HOST", "port": "PORT", "user": "USER", "password": "PASSWORD", "dbname": "NAME"}
    found = {name: str(settings[key]) for name, key in named.items() if settings[key]}
    return {"host": "localhost", "port": "5432", "user": "postgres", **found}


@contextlib.contextmanager
def connected(**settings: Any) -> Iterator[Connection]:
    """A connection as of an entry of DATABASES like the test's, with some of its ``settings`` changed."""
    own = ConnectionHandler({"default": {**connection.settings_dict, **settings}})["default"]
    try:
        yield own
    finally:
        own.close()
        own.close_pool()


@contextlib.contextmanager
def busy(host: str, port: int, database: str, *, clients: int = 6) -> Iterator[None]:
    """Clients of a pool that do one short transaction after the other."""
    over = threading.Event()
    where: dict[str, Any] = {**server(), "host": host, "port": port, "dbname": database}

    def transact() -> None:
        with psycopg.connect(**where, autocommit=True, prepare_threshold=None) as session:
            while not over.is_set():
                session.execute(f"SELECT pg_sleep({random.random() * 0.005})")

    threads = [threading.Thread(target=transact, daemon=True) for _ in range(clients)]
    for thread in threads:
        thread.start()
    try:
        yield
    finally:
        over.set()
        for thread in threads:
            thread.join()
