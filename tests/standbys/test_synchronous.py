"""A step does not hold its lock while a synchronous standby that stands still has not replayed it."""

from __future__ import annotations

import threading
from collections.abc import Iterator

import pytest
from django.db import connections

from django_safemigrate.catalog.query import Connection, executing
from django_safemigrate.decisions.lock_policy import LockPolicy
from django_safemigrate.doing.asking import Asker
from django_safemigrate.doing.observer import observing
from django_safemigrate.doing.step_runner import run_step
from tests.standbys.conftest import Session, caught_up, on
from tests.standbys.test_replay_guard import step
from tests.support.standby import NAME, Replicated
from tests.support.waiting import wait_for

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
            wait_for(lambda: session.execute("SELECT sync_state FROM pg_stat_replication").fetchone() == ("sync",))
            yield
        finally:
            session.execute("ALTER SYSTEM RESET synchronous_standby_names")
            session.execute("SELECT pg_reload_conf()")
            wait_for(lambda: session.execute("SELECT sync_state FROM pg_stat_replication").fetchone() == ("async",))


def test_nobody_waits_for_our_commit(pair: Replicated, default: Connection, synchronous: None, reader: Session) -> None:
    """As long as there is the reader on the standby, its replay stands still: a commit that waited for it had no end."""
    leaving = threading.Timer(90.0, reader.rollback)
    leaving.start()
    answers: list[object] = []
    over = threading.Event()

    def read() -> None:
        with on(pair.primary) as application:
            while not over.wait(0.01):
                answers.append(application.execute("SELECT count(*) FROM t").fetchone())

    application = threading.Thread(target=read)
    application.start()
    try:
        with observing(default) as observer:
            asker = Asker(LockPolicy(), default, observer, lambda event: None, executing(default))
            run_step(default, asker, "shop.0002_more", step())
            before = len(answers)
            wait_for(lambda: len(answers) > before + 3)
            assert not caught_up(pair), "the standby had nothing to wait for"
    finally:
        leaving.cancel()
        over.set()
        application.join()
