"""What the server shows of what it has on its hands: to a superuser, and to a role that may see little."""

from __future__ import annotations

import contextlib
import threading
import time
from collections.abc import Iterator
from typing import Any

import psycopg
import pytest
from django.db import OperationalError, connection
from django.test.utils import CaptureQueriesContext

from django_safemigrate.catalog.pressure import Gauge, Gauges, Reading
from django_safemigrate.catalog.query import Connection, executing, rows
from django_safemigrate.testing.postgres import database_settings, pg_dump_path
from tests.poolers.connections import connected
from tests.support.database import another_session, autovacuum, execute
from tests.support.local_cluster import cluster, programs
from tests.support.waiting import seen, wait_for

pytestmark = pytest.mark.postgres


def read(gauge: Gauge, session: Connection | None = None, table: str = '"t"') -> Reading:
    return Gauges([gauge], table).read(session or connection)


@contextlib.contextmanager
def working(*statements: str) -> Iterator[None]:
    """A session that executes statements, the last of them for as long as the context."""
    with another_session() as session:
        *first, last = statements or ["SELECT pg_sleep(600)"]
        for sql in first:
            session.execute(sql)

        def run() -> None:
            with contextlib.suppress(psycopg.errors.QueryCanceled):
                session.execute(last)

        thread = threading.Thread(target=run)
        thread.start()
        try:
            seen("SELECT FROM pg_stat_activity WHERE pid = %s AND state = 'active'", session.info.backend_pid)
            yield
        finally:
            session.cancel()
            thread.join()


@pytest.fixture
def plain(database: None) -> Iterator[Connection]:
    """A role without rights."""
    execute("DROP ROLE IF EXISTS plain_reader")
    execute("CREATE ROLE plain_reader LOGIN PASSWORD 'plain'")
    try:
        with connected(USER="plain_reader", PASSWORD="plain") as session:
            yield session
    finally:
        execute("DROP OWNED BY plain_reader")
        execute("DROP ROLE plain_reader")


def test_nothing_is_asked_where_nothing_is_wanted(database: None) -> None:
    assert Gauges([], '"t"').read(connection) == Reading(read(Gauge.VACUUMS).pressure)


def test_everything_is_one_round_trip(database: None) -> None:
    gauges = Gauges(Gauge, '"t"')
    gauges.read(connection)
    with CaptureQueriesContext(connection) as queries:
        reading = gauges.read(connection)
    assert len(queries) == 1
    assert reading.gaps == {}
    assert reading.pressure.standbys == ()
    assert reading.pressure.wal_to_archive == 0


def test_sessions_at_work_are_counted_without_ours(database: None) -> None:
    before = read(Gauge.SESSIONS).pressure.active_sessions
    assert before is not None
    with working(), working():
        wait_for(lambda: (read(Gauge.SESSIONS).pressure.active_sessions or 0) == before + 2)
    with another_session():
        wait_for(lambda: read(Gauge.SESSIONS).pressure.active_sessions == before)


def test_what_other_roles_do_is_hidden_from_a_plain_role(plain: Connection) -> None:
    with working():
        reading = read(Gauge.SESSIONS, plain)
    assert reading.gaps == {
        Gauge.SESSIONS: "sessions of other roles are hidden from this role (GRANT pg_read_all_stats shows them)"
    }
    with working():
        assert Gauge.SNAPSHOTS in read(Gauge.SNAPSHOTS, plain).gaps


def oldest() -> Any:
    return read(Gauge.SNAPSHOTS).pressure.oldest


def test_a_snapshot_that_is_kept(database: None) -> None:
    wait_for(lambda: oldest() is None)  # the server's own workers come and go
    with another_session(application_name="the report") as session:
        started = time.monotonic()
        session.execute("BEGIN ISOLATION LEVEL REPEATABLE READ")
        session.execute("SELECT 1")
        pid = session.info.backend_pid
        time.sleep(0.3)
        assert oldest().who == f"the transaction of pid {pid} 'the report'"
        assert 0.3 <= oldest().age <= time.monotonic() - started
        for _ in range(3):
            execute("SELECT txid_current()")
        farthest = read(Gauge.SNAPSHOTS).pressure.farthest
        assert farthest is not None
        assert farthest.transactions >= 3
        session.execute("ROLLBACK")
        wait_for(lambda: oldest() is None)


def test_a_transaction_that_has_written_and_sits_idle_holds_back_vacuum_without_a_snapshot(database: None) -> None:
    with another_session() as session:
        session.execute("BEGIN")
        session.execute("SELECT txid_current()")
        assert oldest().who == f"the transaction of pid {session.info.backend_pid}"


def test_transactions_of_other_databases_hold_back_nothing_here(database: None) -> None:
    execute("CREATE TABLE t ()")
    with another_session(dbname="postgres") as session:
        session.execute("BEGIN ISOLATION LEVEL REPEATABLE READ")
        session.execute("SELECT 1")
        # The server's own workers come and go in ours.
        assert f"pid {session.info.backend_pid}" not in str(oldest())


AT_WORK = "SELECT count(*) FROM pg_stat_progress_vacuum WHERE datname = current_database()"


@pytest.fixture
def vacuumed(database: None) -> Iterator[None]:
    """An autovacuum that takes minutes is at work on a partition of ``t``."""
    execute("CREATE TABLE t (id int) PARTITION BY RANGE (id)")
    execute(
        "CREATE TABLE t_1 PARTITION OF t FOR VALUES FROM (0) TO (1000000) WITH (autovacuum_vacuum_threshold = 1, "
        "autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_cost_delay = 100, autovacuum_vacuum_cost_limit = 1)"
    )
    execute("INSERT INTO t SELECT generate_series(1, 200000)")
    execute("DELETE FROM t")
    with autovacuum():
        wait_for(lambda: rows(connection, AT_WORK) != [(0,)])
        yield


@pytest.mark.slow
def test_an_autovacuum_on_the_table_or_a_partition_of_it(vacuumed: None) -> None:
    wait_for(lambda: "scanning heap" in [vacuum.phase for vacuum in read(Gauge.VACUUMS).pressure.vacuums])
    (vacuum,) = read(Gauge.VACUUMS).pressure.vacuums
    assert (vacuum.table, vacuum.phase) == ('"t_1"', "scanning heap")
    assert vacuum.share is not None
    assert 0 <= vacuum.share < 1
    assert read(Gauge.VACUUMS, table='"t_1"').pressure.vacuums
    execute("CREATE TABLE another (id int)")
    assert read(Gauge.VACUUMS, table='"another"').pressure.vacuums == ()


def test_a_vacuum_of_somebodys_is_no_autovacuum_and_no_old_snapshot(database: None) -> None:
    execute("CREATE TABLE t AS SELECT generate_series(1, 200000) AS id")
    with working("SET vacuum_cost_delay = 100", "SET vacuum_cost_limit = 1", "VACUUM t"):
        wait_for(lambda: rows(connection, AT_WORK) == [(1,)])
        assert read(Gauge.VACUUMS).pressure.vacuums == ()
        wait_for(lambda: oldest() is None)
        assert rows(connection, AT_WORK) == [(1,)], "it has ended meanwhile"


# The archiver, on a server of its own: archiving cannot be switched on without starting anew.


@pytest.fixture
def archiving(django_db_blocker: Any) -> Iterator[Connection]:
    """A server whose archiver fails as long as there is a file ``stop`` among its data."""
    with django_db_blocker.unblock():
        connection.ensure_connection()
        wheel = pg_dump_path()
        bindir = programs(str(connection.pg_version // 10000)) or (wheel and wheel.parent)
        connection.close()
        if bindir is None:
            pytest.skip("the server's programs are not on this machine")
        with (
            cluster(bindir, archive_mode="on", archive_command="'test ! -e stop'") as url,
            connected(**database_settings(url)) as session,
        ):
            yield session


def to_archive(session: Connection) -> int | None:
    return read(Gauge.ARCHIVER, session).pressure.wal_to_archive


def write_wal(session: Connection, files: int) -> None:
    for _ in range(files):
        executing(session)("SELECT pg_switch_wal()")
        executing(session)("CREATE TABLE IF NOT EXISTS written (); DROP TABLE written")


@pytest.mark.slow
def test_files_that_wait_for_the_archiver(archiving: Connection) -> None:
    write_wal(archiving, 2)
    wait_for(lambda: to_archive(archiving) == 0)
    executing(archiving)("COPY (SELECT 1) TO PROGRAM 'touch stop'")
    write_wal(archiving, 5)
    wait_for(lambda: to_archive(archiving) == 5)
    executing(archiving)("CREATE ROLE plain LOGIN")
    with connected(**{**archiving.settings_dict, "USER": "plain"}) as plain:
        reading = read(Gauge.ARCHIVER, plain)
        assert (reading.pressure.wal_to_archive, reading.gaps) == (5, {}), "by the name of what was archived last"
        executing(archiving)("SELECT pg_stat_reset_shared('archiver')")
        wait_for(lambda: read(Gauge.ARCHIVER, plain).pressure.wal_to_archive is None)
        assert "this role may not count the files" in read(Gauge.ARCHIVER, plain).gaps[Gauge.ARCHIVER]
        assert to_archive(archiving) == 5
    executing(archiving)("COPY (SELECT 1) TO PROGRAM 'rm stop'")
    write_wal(archiving, 1)  # the archiver, which rests after three failures, is told
    wait_for(lambda: to_archive(archiving) == 0, 90)


@pytest.mark.parametrize("gauge", Gauge)
def test_a_question_that_is_refused_leaves_the_others(plain: Connection, gauge: Gauge) -> None:
    """A service may have taken any of these views away from everybody."""
    view = {
        Gauge.STANDBYS: "pg_stat_replication",
        Gauge.ARCHIVER: "pg_stat_archiver",
        Gauge.SNAPSHOTS: "pg_prepared_xacts",
        Gauge.VACUUMS: "pg_stat_progress_vacuum",
        Gauge.SESSIONS: "pg_stat_activity",
    }[gauge]
    execute(f"REVOKE SELECT ON {view} FROM PUBLIC")
    gauges = Gauges(Gauge, '"t"')
    reading = gauges.read(plain)
    assert reading.gaps[gauge] == f"permission denied for view {view}"
    refused = [one for one, gap in reading.gaps.items() if gap.startswith("permission denied")]
    assert len(refused) < len(Gauge)
    with CaptureQueriesContext(plain) as queries:
        assert gauges.read(plain).gaps == reading.gaps
    assert len(queries) == 1, "it is not asked again"


def test_a_lost_session_is_nobodys_refusal(database: None) -> None:
    with connected(NAME=connection.settings_dict["NAME"]) as session:
        gauges = Gauges(Gauge, '"t"')
        gauges.read(session)
        [(pid,)] = rows(session, "SELECT pg_backend_pid()")
        execute(f"SELECT pg_terminate_backend({pid}, 60000)")  # when it is gone
        with pytest.raises(OperationalError):
            gauges.read(session)
