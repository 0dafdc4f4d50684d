"""A step does not hold its lock while a synchronous standby that stands still has not replayed it."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator

import pytest
from django.db import connections

from django_safemigrate.catalog.query import Connection, executing
from django_safemigrate.decisions.lock_policy import LockPolicy
from django_safemigrate.doing.asking import Asker
from django_safemigrate.doing.observer import observing
from django_safemigrate.doing.step_runner import run_step
from tests.standbys.conftest import Session, caught_up, on, wait_until
from tests.standbys.test_replay_guard import step
from tests.support.standby import NAME, Replicated

pytestmark = pytest.mark.postgres


@pytest.fixture
def default(primary: Connection) -> Iterator[Connection]:
    """``atomic()`` goes by the alias."""
    before = connections[primary.alias]
    connections[primary.alias] = primary
    yield primary
    connections[primary.alias] = before


@pytest.fixture
def synchronous(pair: Replicated, primary: Connection) -> Iterator[None]:
    """Whoever commits waits until the standby has replayed it."""
    with on(pair.primary) as session:
        session.execute(f"ALTER SYSTEM SET synchronous_standby_names = '{NAME}'")
        session.execute("SELECT pg_reload_conf()")
        executing(primary)("SET synchronous_commit = remote_apply")
        try:
            wait_until(lambda: session.execute("SELECT sync_state FROM pg_stat_replication").fetchone() == ("sync",))
            yield
        finally:
            session.execute("ALTER SYSTEM RESET synchronous_standby_names")
            session.execute("SELECT pg_reload_conf()")
            wait_until(lambda: session.execute("SELECT sync_state FROM pg_stat_replication").fetchone() == ("async",))


def test_nobody_waits_for_our_commit(pair: Replicated, default: Connection, synchronous: None, reader: Session) -> None:
    """The reader on the standby is gone after 2 s; until then its replay stands still."""
    leaving = threading.Timer(2.0, reader.rollback)
    leaving.start()
    latencies: list[float] = []
    over = threading.Event()

    def read() -> None:
        with on(pair.primary) as application:
            while not over.wait(0.01):
                started = time.monotonic()
                application.execute("SELECT count(*) FROM t")
                latencies.append(time.monotonic() - started)

    application = threading.Thread(target=read)
    application.start()
    try:
        with observing(default) as observer:
            asker = Asker(LockPolicy(), default, observer, lambda event: None, executing(default))
            run_step(default, asker, "shop.0002_more", step())
            time.sleep(0.2)
    finally:
        leaving.cancel()
        over.set()
        application.join()
    assert max(latencies) < 1.0
    assert not caught_up(pair), "the standby had nothing to wait for"
