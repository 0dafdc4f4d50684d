"""A primary and its standby for all tests here, and a reader on the standby that stops its replay."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import Any

import psycopg
import pytest
from django.db import connection as default

from django_safemigrate.catalog.query import Connection
from django_safemigrate.testing.postgres import database_settings
from tests.poolers.connections import connected
from tests.support.standby import Replicated, programs_with_basebackup, replicated
from tests.support.waiting import wait_for

SCHEMA = """
DROP TABLE IF EXISTS t, u;
CREATE TABLE t (id int PRIMARY KEY);
CREATE TABLE u (id int);
CREATE INDEX t_again ON t (id);
INSERT INTO t SELECT generate_series(1, 1000);
"""

Session = psycopg.Connection[Any]


@pytest.fixture(scope="session")
def pair(django_db_blocker: Any) -> Iterator[Replicated]:
    with django_db_blocker.unblock():
        default.ensure_connection()
        bindir = programs_with_basebackup(str(default.pg_version // 10000))
        default.close()
    if bindir is None:
        pytest.skip("there is no pg_basebackup on this machine")
    with replicated(bindir) as found:
        yield found


@pytest.fixture
def primary(pair: Replicated, django_db_blocker: Any) -> Iterator[Connection]:
    """Django's connection to a primary with new tables, which the standby has, too."""
    with django_db_blocker.unblock(), connected(**database_settings(pair.primary)) as connection:
        with connection.cursor() as cursor:
            cursor.execute(SCHEMA)
        wait_for(lambda: caught_up(pair))
        yield connection


@pytest.fixture
def reader(pair: Replicated, primary: Connection) -> Iterator[Session]:
    """A session on the standby that has read ``t`` by its index, and stays in its transaction until ``rollback()``."""
    with on(pair.standby, autocommit=False) as session:
        session.execute("SET enable_seqscan = off")
        session.execute("SELECT id FROM t WHERE id = 1")
        yield session


@contextlib.contextmanager
def on(url: str, **settings: Any) -> Iterator[Session]:
    with contextlib.closing(psycopg.connect(url, **{"autocommit": True, **settings})) as session:
        yield session


def caught_up(pair: Replicated) -> bool:
    """Whether the standby has replayed everything, asked of both servers themselves."""
    with on(pair.primary) as here, on(pair.standby) as there:
        written = here.execute("SELECT pg_current_wal_insert_lsn()").fetchone()
        assert written
        found = there.execute("SELECT %s::pg_lsn - pg_last_wal_replay_lsn() <= 40", [written[0]]).fetchone()
        return bool(found and found[0])
