"""A streaming standby whose replay is held back."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator

import pytest

from django_safemigrate.catalog.pressure import Gauge, Gauges
from django_safemigrate.catalog.query import Connection, executing
from django_safemigrate.doing.backfill.throttles import Throttle
from django_safemigrate.values.throttling import ThrottleLimits
from tests.standbys.conftest import on
from tests.support.standby import NAME, Replicated
from tests.support.waiting import wait_for

pytestmark = pytest.mark.postgres


@pytest.fixture
def held_back(pair: Replicated, primary: Connection) -> Iterator[Connection]:
    """The primary of a standby that replays nothing, until ``pg_wal_replay_resume()``."""
    with on(pair.standby) as there:
        there.execute("SELECT pg_wal_replay_pause()")
        wait_for(lambda: there.execute("SELECT pg_get_wal_replay_pause_state()").fetchone() == ("paused",))
        try:
            yield primary
        finally:
            there.execute("SELECT pg_wal_replay_resume()")


def resume(pair: Replicated) -> None:
    with on(pair.standby) as there:
        there.execute("SELECT pg_wal_replay_resume()")


def test_the_lag_in_seconds_grows_and_goes(pair: Replicated, held_back: Connection) -> None:
    throttle = Throttle(held_back, ThrottleLimits(replica_lag=1.0, wal_to_archive=None, interval=0.05), '"t"')
    try:
        started = time.monotonic()
        assert throttle.reason() == ""
        executing(held_back)("UPDATE t SET id = id")
        wait_for(throttle.reason)
        lag = re.fullmatch(rf"standby '{NAME}' is ([\d.]+) s behind \(limit 1 s\)", throttle.reason())
        assert lag
        assert 1.0 <= float(lag[1]) <= time.monotonic() - started + 0.1  # it is rounded
        resume(pair)
        wait_for(lambda: not throttle.reason())
    finally:
        throttle.close()


def test_the_lag_in_bytes(pair: Replicated, held_back: Connection) -> None:
    limits = ThrottleLimits(replica_lag=None, replica_lag_bytes=10_000, wal_to_archive=None, interval=0.0)
    throttle = Throttle(held_back, limits, '"t"')
    try:
        assert throttle.reason() == ""
        executing(held_back)("UPDATE t SET id = id")
        wait_for(lambda: f"standby '{NAME}' has " in throttle.reason())
        assert throttle.reason().endswith(" kB of WAL to replay (limit 10000 bytes)")
        resume(pair)
        wait_for(lambda: not throttle.reason())
    finally:
        throttle.close()


def test_a_standby_that_is_ignored_is_no_reason(held_back: Connection) -> None:
    limits = ThrottleLimits(replica_lag=0.01, replica_lag_bytes=1, interval=0.0)
    throttle = Throttle(held_back, limits, '"t"', ignored=[NAME])
    try:
        executing(held_back)("UPDATE t SET id = id")
        time.sleep(0.2)
        assert throttle.reason() == ""
    finally:
        throttle.close()


def test_a_standby_with_feedback_holds_back_vacuum(pair: Replicated, primary: Connection) -> None:
    """A snapshot on the standby: nobody knows its age in seconds, but since how many transactions it is there."""
    with on(pair.standby) as there:
        there.execute("ALTER SYSTEM SET hot_standby_feedback = on")
        there.execute("ALTER SYSTEM SET wal_receiver_status_interval = '1s'")  # so often
        there.execute("SELECT pg_reload_conf()")
    try:
        with on(pair.standby, autocommit=False) as reader:
            reader.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
            reader.execute("SELECT id FROM t LIMIT 1")

            def transactions() -> int:
                executing(primary)("SELECT txid_current()")
                farthest = Gauges([Gauge.SNAPSHOTS], '"t"').read(primary).pressure.farthest
                return farthest.transactions if farthest else 0

            wait_for(lambda: transactions() > 20)
    finally:
        with on(pair.standby) as there:
            there.execute("ALTER SYSTEM RESET hot_standby_feedback")
            there.execute("ALTER SYSTEM RESET wal_receiver_status_interval")
            there.execute("SELECT pg_reload_conf()")
