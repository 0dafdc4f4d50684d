"""The decision: what counts as too much, in words with the measured value and the limit."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from django_safemigrate.decisions.throttling import Replay, reasons
from django_safemigrate.values.pressure import OldSnapshot, Pressure, Vacuum
from django_safemigrate.values.standbys import Standby
from django_safemigrate.values.throttling import ThrottleLimits

OFF = ThrottleLimits(replica_lag=None, wal_to_archive=None)
BUSY = Pressure(
    standbys=(Standby("replica1", None, "streaming", lag=12.0, behind=50 * 1024**2, replayed=100),),
    wal_to_archive=70,
    oldest=OldSnapshot("the transaction of pid 7 'report'", age=720.0, transactions=3),
    farthest=OldSnapshot("the replication slot 'old'", transactions=5_000_000),
    vacuums=(Vacuum("shop_order", 4321, "scanning heap", 0.4), Vacuum("shop_order_2025", 4322, "vacuuming indexes")),
    active_sessions=85,
)


def said(pressure: Pressure, limits: ThrottleLimits) -> list[str]:
    return reasons(pressure, limits, Replay(), 0.0)


@pytest.mark.parametrize(
    ("limits", "lines"),
    [
        (OFF, []),
        (replace(OFF, replica_lag=10.0), ["standby 'replica1' is 12 s behind (limit 10 s)"]),
        (replace(OFF, replica_lag=12.0), []),
        (replace(OFF, replica_lag_bytes=16 * 1024**2), ["standby 'replica1' has 50 MB of WAL to replay (limit 16 MB)"]),
        (replace(OFF, wal_to_archive=64), ["70 files of WAL wait for the archiver (limit 64)"]),
        (replace(OFF, wal_to_archive=70), []),
        (
            replace(OFF, snapshot_age=600.0),
            ["the transaction of pid 7 'report' has held back VACUUM for 12 min (limit 10 min)"],
        ),
        (
            replace(OFF, snapshot_transactions=1_000_000),
            ["the replication slot 'old' has held back VACUUM for 5000000 transactions (limit 1000000)"],
        ),
        (
            replace(OFF, autovacuum=True),
            [
                "an autovacuum works on shop_order (pid 4321, scanning heap 40%)",
                "an autovacuum works on shop_order_2025 (pid 4322, vacuuming indexes)",
            ],
        ),
        (replace(OFF, active_sessions=80), ["85 sessions are active (limit 80)"]),
    ],
)
def test_a_reason_names_what_how_much_and_the_limit(limits: ThrottleLimits, lines: list[str]) -> None:
    assert said(BUSY, limits) == lines


def test_what_nobody_knows_is_no_reason() -> None:
    everything = ThrottleLimits(0.001, 1, 0, 0.001, 0, True, 0)
    assert said(Pressure(), everything) == []
    hidden = Standby("replica1")
    receiver = Standby("receiver", None, "streaming")
    assert said(Pressure(standbys=(hidden, receiver), oldest=OldSnapshot("a slot", None, 0)), everything) == []


def standby(replayed: int, position: int, lag: float | None = None) -> Standby:
    return Standby("a", None, "streaming", lag, position - replayed, replayed)


def test_a_replay_that_is_stuck_is_measured_by_when_the_wal_was_where() -> None:
    replay = Replay()
    for second in range(10):
        stuck = standby(100, 100 + second)
        replay.note(100 + second, float(second), [stuck])
        assert replay.lag(stuck, float(second)) == max(0, second - 1)
    caught_up = standby(109, 109, lag=9.0)
    replay.note(109, 10.0, [caught_up])
    assert replay.lag(caught_up, 10.0) == 0.0, "what the server goes on to say counts no more"
    assert replay.lag(Standby("hidden"), 10.0) is None


def test_who_has_just_begun_to_look_believes_the_server() -> None:
    assert Replay().lag(standby(100, 200, lag=30.0), 0.0) == 30.0
    assert Replay().lag(standby(100, 200), 0.0) == 0.0


@given(st.lists(st.tuples(st.integers(0, 50), st.floats(0, 5), st.floats(0, 1)), min_size=1, max_size=60))
def test_the_lag_is_never_more_than_the_time_since_the_first_look_and_never_jumps_up(
    history: list[tuple[int, float, float]],
) -> None:
    replay, position, replayed, now, before = Replay(), 0, 0, 0.0, 0.0
    for written, passed, share in history:
        position, now = position + written, now + passed
        replayed += int((position - replayed) * share)
        one = standby(replayed, position)
        replay.note(position, now, [one])
        lag = replay.lag(one, now)
        assert lag is not None
        assert 0.0 <= lag <= now
        assert lag <= before + passed + 1e-9
        before = lag
