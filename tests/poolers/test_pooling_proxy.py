"""A transaction pool is noticed, however it chooses; a session pool passes."""

from __future__ import annotations

import contextlib
import random
from collections import deque
from collections.abc import Callable, Iterator

import psycopg
import pytest

from django_safemigrate.catalog.query import Connection
from django_safemigrate.doing import direct
from django_safemigrate.doing.direct import require_direct
from django_safemigrate.values.errors import DatabaseUnavailable
from tests.poolers.connections import busy, connected, server
from tests.support.pooling_proxy import PoolingProxy, Streams, pooling_proxy

pytestmark = [pytest.mark.postgres, pytest.mark.slow]


def any_of(free: deque[Streams]) -> Streams:
    free.rotate(random.randrange(len(free)))
    return free.pop()


CHOICES = {"last used": deque.pop, "in turn": deque.popleft, "any": any_of}


@contextlib.contextmanager
def proxy(
    mode: str = "transaction", size: int = 5, choice: str = "last used", *, own_keys: bool = True, full: bool = False
) -> Iterator[PoolingProxy]:
    """A proxy before the test's server; ``full``: all its server sessions are open already."""
    to = server()
    if "password" in to:
        pytest.skip("the proxy knows servers without passwords only")
    take: Callable[[deque[Streams]], Streams] = CHOICES[choice]
    with pooling_proxy(PoolingProxy(to["host"], int(to["port"]), mode, size, take, own_keys)) as found:
        if full:
            with contextlib.ExitStack() as clients:
                for _ in range(size):
                    clients.enter_context(clients.enter_context(client(found)).transaction()).connection.execute(
                        "SELECT 1"
                    )
        yield found


def client(through: PoolingProxy) -> psycopg.Connection[tuple[object, ...]]:
    host, port = through.address
    return psycopg.connect(**{**server(), "host": host, "port": str(port)}, autocommit=True, prepare_threshold=None)


@contextlib.contextmanager
def via(through: PoolingProxy) -> Iterator[Connection]:
    host, port = through.address
    with connected(HOST=host, PORT=str(port)) as connection:
        yield connection


def test_the_proxy_lends_its_sessions_for_a_transaction() -> None:
    """What the tests rest on: two clients share one session, and each has it for itself in a transaction."""
    pid = "SELECT pg_backend_pid()"
    with proxy(size=2) as pool, client(pool) as one, client(pool) as other:
        assert one.execute(pid).fetchone() == other.execute(pid).fetchone()
        with one.transaction(), other.transaction():
            assert one.execute(pid).fetchone() != other.execute(pid).fetchone()


@pytest.mark.parametrize("choice", CHOICES)
@pytest.mark.parametrize("size", [1, 2, 5])
@pytest.mark.parametrize("full", [False, True], ids=["new", "full"])
def test_a_transaction_pool_is_refused(choice: str, size: int, full: bool) -> None:
    with proxy(size=size, choice=choice, full=full) as pool:
        for _ in range(5):
            with via(pool) as connection, pytest.raises(DatabaseUnavailable, match="behind a proxy"):
                require_direct(connection)


@pytest.mark.parametrize("size", [1, 5])
def test_a_transaction_pool_under_traffic_is_refused(size: int) -> None:
    with proxy(size=size, choice="any") as pool, busy(*pool.address, server()["dbname"]):
        for _ in range(5):
            with via(pool) as connection, pytest.raises(DatabaseUnavailable, match="behind a proxy"):
                require_direct(connection)


def test_a_pool_that_passes_the_keys_of_its_servers_on_is_refused() -> None:
    with proxy(own_keys=False) as pool, via(pool) as connection, pytest.raises(DatabaseUnavailable):
        require_direct(connection)


def test_prepared_statements_do_not_get_in_the_way() -> None:
    with proxy() as pool:
        host, port = pool.address
        with (
            connected(HOST=host, PORT=str(port), OPTIONS={"prepare_threshold": 0}) as connection,
            pytest.raises(DatabaseUnavailable, match="behind a proxy"),
        ):
            require_direct(connection)


@pytest.mark.parametrize("choice", CHOICES)
@pytest.mark.parametrize("own_keys", [True, False], ids=["own keys", "keys of the server"])
def test_a_session_pool_passes(choice: str, own_keys: bool) -> None:
    with proxy("session", choice=choice, own_keys=own_keys, full=True) as pool:
        for _ in range(5):
            with via(pool) as connection:
                require_direct(connection)


def test_a_session_pool_without_a_second_session_passes(monkeypatch: pytest.MonkeyPatch) -> None:
    """This proxy lets the second client wait while it connects; pgbouncer does when it asks."""
    monkeypatch.setattr(direct, "_CONNECT_TIMEOUT", 2)  # the shortest that libpq knows
    with proxy("session", size=1) as pool, via(pool) as connection:
        require_direct(connection)


def test_it_costs_six_round_trips_where_there_is_no_sign_of_a_proxy() -> None:
    with proxy("session", own_keys=False) as pool, via(pool) as connection:
        connection.ensure_connection()
        before = pool.asked
        require_direct(connection)
        assert pool.asked - before == 6


def test_the_error_has_the_alias_to_write_and_the_command_to_run() -> None:
    with proxy(size=1) as pool, via(pool) as connection:
        with pytest.raises(DatabaseUnavailable) as refused:
            require_direct(connection)
        host, port = pool.address
        fact, reason, remedy = refused.value.fact, refused.value.reason, refused.value.next_command
    assert fact.startswith(f"Database 'default' ({server()['dbname']}) at {host}:{port} is behind a proxy")
    assert "session" in reason
    assert f'"PORT": "{server()["port"]}"' in remedy
    assert 'DATABASES["direct"] = {**DATABASES["default"], "HOST": ' in remedy
    assert remedy.endswith("and run: manage.py safemigrate --database direct")
