from __future__ import annotations

import psycopg
import pytest

from django_safemigrate.values.locks import LockMode, RelationLock
from tests.support.database import another_session, execute

# Table 13.2 of the manual ("Conflicting Lock Modes"), read row by row: what cannot be held beside the mode.
MANUAL = {
    "ACCESS SHARE": "AccessExclusive",
    "ROW SHARE": "Exclusive AccessExclusive",
    "ROW EXCLUSIVE": "Share ShareRowExclusive Exclusive AccessExclusive",
    "SHARE UPDATE EXCLUSIVE": "ShareUpdateExclusive Share ShareRowExclusive Exclusive AccessExclusive",
    "SHARE": "RowExclusive ShareUpdateExclusive ShareRowExclusive Exclusive AccessExclusive",
    "SHARE ROW EXCLUSIVE": "RowExclusive ShareUpdateExclusive Share ShareRowExclusive Exclusive AccessExclusive",
    "EXCLUSIVE": "RowShare RowExclusive ShareUpdateExclusive Share ShareRowExclusive Exclusive AccessExclusive",
    "ACCESS EXCLUSIVE": "AccessShare RowShare RowExclusive ShareUpdateExclusive Share ShareRowExclusive Exclusive "
    "AccessExclusive",
}


@pytest.mark.parametrize("mode", LockMode)
def test_conflicts_are_those_of_the_manual(mode: LockMode) -> None:
    assert {other.catalog_name for other in mode.conflicts} == {f"{name}Lock" for name in MANUAL[mode.value].split()}


def test_conflicts_go_both_ways() -> None:
    pairs = {(one, other) for one in LockMode for other in one.conflicts}
    assert pairs == {(other, one) for one, other in pairs}


@pytest.mark.postgres
def test_conflicts_are_those_of_the_server(database: None) -> None:
    execute("CREATE TABLE t ()")
    with another_session(autocommit=False) as holder, another_session(autocommit=False) as asker:
        for held in LockMode:
            holder.execute(f"LOCK TABLE t IN {held.value} MODE")
            assert held.conflicts == {mode for mode in LockMode if not _granted(asker, mode)}, held
            holder.rollback()


def _granted(session: psycopg.Connection[object], mode: LockMode) -> bool:
    try:
        session.execute(f"LOCK TABLE t IN {mode.value} MODE NOWAIT")
    except psycopg.errors.LockNotAvailable:
        return False
    finally:
        session.rollback()
    return True


@pytest.mark.postgres
def test_catalog_names_are_those_of_pg_locks(database: None) -> None:
    execute("CREATE TABLE t ()")
    with another_session(autocommit=False) as session:
        for mode in LockMode:
            session.execute(f"LOCK TABLE t IN {mode.value} MODE")
            shown = session.execute(
                "SELECT mode FROM pg_locks WHERE relation = 't'::regclass AND pid = pg_backend_pid()"
            ).fetchall()
            assert shown == [(mode.catalog_name,)]
            assert LockMode.from_catalog(mode.catalog_name) is mode
            session.rollback()


def test_a_mode_that_tables_do_not_know_is_none() -> None:
    assert LockMode.from_catalog("SIReadLock") is None


def test_readers_and_writers_notice_share_and_stronger() -> None:
    noticed = {mode.value for mode in LockMode if mode.makes_others_wait}
    assert noticed == {"SHARE", "SHARE ROW EXCLUSIVE", "EXCLUSIVE", "ACCESS EXCLUSIVE"}


def test_a_lock_reads_as_a_promise() -> None:
    assert str(RelationLock('"Order"', LockMode.SHARE)) == 'SHARE on "Order"'
