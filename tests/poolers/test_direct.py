"""Connections whose sessions are kept pass, whatever they look like, and nothing is left behind."""

from __future__ import annotations

from collections.abc import Iterator

import psycopg
import pytest
from django.db import OperationalError
from django.db.transaction import atomic

from django_safemigrate.catalog.query import value
from django_safemigrate.doing.direct import require_direct
from tests.poolers.connections import connected, server
from tests.support.waiting import wait_for

pytestmark = [pytest.mark.postgres, pytest.mark.slow]


@pytest.fixture
def role() -> Iterator[str]:
    """A role that may have one connection at a time."""
    with psycopg.connect(**server(), autocommit=True) as admin:
        admin.execute("CREATE ROLE one_session LOGIN CONNECTION LIMIT 1")
        yield "one_session"
        admin.execute("DROP ROLE one_session")


def test_a_direct_connection_passes_and_keeps_its_session() -> None:
    with connected() as connection:
        pid = value(connection, "SELECT pg_backend_pid()")
        for _ in range(20):
            require_direct(connection)
        assert value(connection, "SELECT pg_backend_pid()") == pid


def test_it_connects_first_where_that_was_not_done() -> None:
    with connected() as connection:
        require_direct(connection)
        assert connection.is_usable()


def test_no_transaction_no_session_and_no_lock_is_left() -> None:
    left = (
        "SELECT state, (SELECT count(*) FROM pg_locks l WHERE l.pid = a.pid) FROM pg_stat_activity a "
        "WHERE application_name = 'looks' AND state IS DISTINCT FROM 'active'"
    )
    with (
        connected(OPTIONS={"application_name": "looks"}) as connection,
        psycopg.connect(**server(), autocommit=True) as other,
    ):
        require_direct(connection)
        wait_for(
            lambda: other.execute(left).fetchall() == [("idle", 0)]
        )  # the server ends the second one a moment later


def test_without_autocommit_no_transaction_is_left_either() -> None:
    with connected(AUTOCOMMIT=False) as connection:
        require_direct(connection)
        assert connection.connection.info.transaction_status == psycopg.pq.TransactionStatus.IDLE


def test_inside_a_transaction_it_passes() -> None:
    with connected() as connection, atomic(using=connection.alias):
        pid = value(connection, "SELECT pg_backend_pid()")
        require_direct(connection)
        assert value(connection, "SELECT pg_backend_pid()") == pid


def test_a_role_that_may_have_no_second_connection_passes(role: str) -> None:
    with connected(USER=role) as connection:
        connection.ensure_connection()
        with pytest.raises(psycopg.OperationalError):
            psycopg.connect(**{**server(), "user": role})
        require_direct(connection)


def test_djangos_own_pool_passes_also_with_a_single_connection() -> None:
    pytest.importorskip("psycopg_pool")
    with connected(OPTIONS={"pool": {"min_size": 1, "max_size": 1, "timeout": 5}}) as connection:
        require_direct(connection)


def test_what_the_connection_raises_is_raised() -> None:
    with connected(PORT="1", HOST="127.0.0.1") as connection, pytest.raises(OperationalError):
        require_direct(connection)


def test_a_session_that_was_ended_is_an_error_of_the_connection() -> None:
    with connected() as connection, psycopg.connect(**server(), autocommit=True) as admin:
        pid = value(connection, "SELECT pg_backend_pid()")
        admin.execute("SELECT pg_terminate_backend(%s, 60000)", [pid])
        with pytest.raises(OperationalError):
            require_direct(connection)
