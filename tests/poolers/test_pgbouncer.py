"""With a real pgbouncer: transaction and statement pools are refused, session pools pass."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator

import pytest

from django_safemigrate.catalog.query import Connection
from django_safemigrate.doing import direct
from django_safemigrate.doing.direct import require_direct
from django_safemigrate.values.errors import DatabaseUnavailable
from tests.poolers.connections import busy, connected, server
from tests.support.pgbouncer import SIZES, PgBouncer, pgbouncer, program

pytestmark = [
    pytest.mark.postgres,
    pytest.mark.slow,
    pytest.mark.skipif(program() is None, reason="there is no pgbouncer on this machine"),
]


@pytest.fixture(scope="module", params=[False, True], ids=["last used", "in turn"])
def bouncer(request: pytest.FixtureRequest) -> Iterator[PgBouncer]:
    with pgbouncer(server(), in_turn=request.param) as found:
        yield found


@contextlib.contextmanager
def via(bouncer: PgBouncer, mode: str, size: int) -> Iterator[Connection]:
    with connected(HOST=bouncer.host, PORT=str(bouncer.port), NAME=bouncer.name(mode, size)) as connection:
        yield connection


@pytest.mark.parametrize("mode", ["transaction", "statement"])
@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("traffic", [False, True], ids=["quiet", "busy"])
def test_a_pool_that_does_not_keep_sessions_is_refused(bouncer: PgBouncer, mode: str, size: int, traffic: bool) -> None:
    with contextlib.ExitStack() as stack:
        if traffic:
            stack.enter_context(busy(bouncer.host, bouncer.port, bouncer.name(mode, size)))
        for _ in range(5):
            with via(bouncer, mode, size) as connection, pytest.raises(DatabaseUnavailable, match="behind a proxy"):
                require_direct(connection)


@pytest.mark.parametrize("traffic", [False, True], ids=["quiet", "busy"])
def test_a_session_pool_passes(bouncer: PgBouncer, traffic: bool) -> None:
    with contextlib.ExitStack() as stack:
        if traffic:
            stack.enter_context(busy(bouncer.host, bouncer.port, bouncer.name("session", 5), clients=2))
        for _ in range(5):
            with via(bouncer, "session", 5) as connection:
                require_direct(connection)


def test_a_session_pool_of_one_passes_after_the_second_connection_was_given_up(
    bouncer: PgBouncer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(direct, "_ANSWER_TIMEOUT", 0.2)
    with via(bouncer, "session", 1) as connection:
        require_direct(connection)
