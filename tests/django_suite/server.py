"""The PostgreSQL that both runs talk to, one after the other."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator

import psycopg

from django_safemigrate.testing.postgres import server_url
from tests.support.local_cluster import cluster, programs


@contextlib.contextmanager
def server(major: str) -> Iterator[str]:
    """The one that DATABASE_URL names; else one from this machine's programs of that version; else the embedded one."""
    bindir = None if os.environ.get("DATABASE_URL") else programs(major)
    with server_url() if bindir is None else cluster(bindir) as url:
        yield url


def version(url: str) -> str:
    with psycopg.connect(url) as connection:
        return connection.info.parameter_status("server_version") or "of an unknown version"


def has_postgis(url: str) -> bool:
    with psycopg.connect(url) as connection:
        query = "SELECT FROM pg_available_extensions WHERE name = 'postgis'"
        return connection.execute(query).fetchone() is not None
