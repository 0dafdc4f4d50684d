"""What the server does: on this the rules of the guard rest."""

from __future__ import annotations

import time

import psycopg
import pytest

from django_safemigrate.catalog.query import Connection, executing
from django_safemigrate.catalog.standbys import position_to_replay, standbys
from tests.standbys.conftest import Session, caught_up, on, wait_until
from tests.support.standby import Replicated

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
        time.sleep(0.3)
        assert not caught_up(pair)
        reader.rollback()
    wait_until(lambda: [found.replayed for found in standbys(primary)] >= [position], 2.0)


def test_readers_on_the_standby_queue_behind_the_replay(pair: Replicated, primary: Connection, reader: Session) -> None:
    executing(primary)("ALTER TABLE t ADD COLUMN a int")
    with on(pair.standby, options="-c statement_timeout=300ms") as later:
        time.sleep(0.2)
        with pytest.raises(psycopg.errors.QueryCanceled):
            later.execute("SELECT id FROM t WHERE id = 2")


def test_replay_lag_does_not_tell(primary: Connection, reader: Session) -> None:
    """Nothing else is written: it says what it said before. The position tells at once, also that all is well again."""
    executing(primary)("ALTER TABLE t ADD COLUMN a int")
    time.sleep(1.0)
    (stuck,) = standbys(primary)
    assert stuck.lag is None or stuck.lag < 0.5
    assert stuck.behind
    position = position_to_replay(primary)
    reader.rollback()
    took = wait_until(lambda: standbys(primary)[0].replayed == position, 2.0)
    assert took < 1.0
    (well,) = standbys(primary)
    assert well.behind == 0


def test_a_position_behind_the_header_of_a_block_is_reached(pair: Replicated, primary: Connection) -> None:
    """The next record would begin 40 bytes into the new segment file, and nobody writes one."""
    for _ in range(3):
        executing(primary)("SELECT pg_switch_wal()")
        position = position_to_replay(primary)
        assert position is not None
        wait_until(lambda wanted=position: (standbys(primary)[0].replayed or 0) >= wanted, 5.0)  # type: ignore[misc]
        executing(primary)("CREATE TABLE IF NOT EXISTS written (); DROP TABLE written")
