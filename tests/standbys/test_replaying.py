"""What the server does: on this the rules of the guard rest."""

from __future__ import annotations

import time

import psycopg
import pytest

from django_safemigrate.catalog.query import Connection, executing
from django_safemigrate.catalog.standbys import position_to_replay, standbys
from tests.standbys.conftest import Session, caught_up, on
from tests.support.standby import Replicated
from tests.support.waiting import wait_for

pytestmark = pytest.mark.postgres


@pytest.mark.parametrize(
    ("sql", "stops"),
    [
        ("ALTER TABLE t ADD COLUMN a int", True),
        ("ALTER TABLE t ADD CONSTRAINT positive CHECK (id > 0) NOT VALID", True),
        ("DROP INDEX CONCURRENTLY t_again", True),
        ("ALTER TABLE u ADD COLUMN a int", False),
        ("CREATE INDEX CONCURRENTLY more ON t (id)", False),
        ("ALTER INDEX t_again RENAME TO t_once_more", False),
        ("COMMENT ON TABLE t IS 'Read'", False),
        ("UPDATE t SET id = -id", False),
    ],
)
def test_a_reader_of_the_table_stops_the_replay_of_access_exclusive(
    pair: Replicated, primary: Connection, reader: Session, sql: str, stops: bool
) -> None:
    executing(primary)(sql)
    position = position_to_replay(primary)
    assert position is not None
    if stops:
        wait_for(lambda: waits_for_a_lock(pair))
        assert not caught_up(pair)
        reader.rollback()
    wait_for(lambda: [found.replayed for found in standbys(primary)] >= [position])


def waits_for_a_lock(pair: Replicated) -> bool:
    """Whether the replay has come to where it waits for a reader."""
    with on(pair.standby) as there:
        stopped = "SELECT FROM pg_locks WHERE mode = 'AccessExclusiveLock' AND NOT granted"
        return there.execute(stopped).fetchone() is not None


def test_readers_on_the_standby_queue_behind_the_replay(pair: Replicated, primary: Connection, reader: Session) -> None:
    executing(primary)("ALTER TABLE t ADD COLUMN a int")
    wait_for(lambda: waits_for_a_lock(pair))
    with on(pair.standby, options="-c statement_timeout=300ms") as later, pytest.raises(psycopg.errors.QueryCanceled):
        later.execute("SELECT id FROM t WHERE id = 2")


def test_replay_lag_does_not_tell(pair: Replicated, primary: Connection, reader: Session) -> None:
    """Nothing else is written: it says what it said before. The position tells at once, also that all is well again."""
    with on(pair.standby) as there:  # nor does the standby say anything by itself
        there.execute("ALTER SYSTEM SET wal_receiver_status_interval = '1h'")
        there.execute("SELECT pg_reload_conf()")
    try:
        executing(primary)("ALTER TABLE t ADD COLUMN a int")
        wait_for(lambda: waits_for_a_lock(pair))

        def says_what_it_said() -> bool:
            (before,) = standbys(primary)
            time.sleep(1.0)
            (stuck,) = standbys(primary)
            assert stuck.behind
            return stuck.lag is None or (before.lag is not None and stuck.lag <= before.lag)

        wait_for(says_what_it_said)
        position = position_to_replay(primary)
        assert position is not None
        reader.rollback()
        wait_for(lambda: (standbys(primary)[0].replayed or 0) >= position)
        wait_for(lambda: standbys(primary)[0].behind == 0)
    finally:
        with on(pair.standby) as there:
            there.execute("ALTER SYSTEM RESET wal_receiver_status_interval")
            there.execute("SELECT pg_reload_conf()")


def test_a_position_behind_the_header_of_a_block_is_reached(pair: Replicated, primary: Connection) -> None:
    """The next record would begin 40 bytes into the new segment file, and nobody writes one."""
    for _ in range(3):
        executing(primary)("SELECT pg_switch_wal()")
        position = position_to_replay(primary)
        assert position is not None
        wait_for(lambda wanted=position: (standbys(primary)[0].replayed or 0) >= wanted)  # type: ignore[misc]
        executing(primary)("CREATE TABLE IF NOT EXISTS written (); DROP TABLE written")
