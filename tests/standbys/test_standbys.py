"""Who counts as a standby, and what a role may see of it."""

from __future__ import annotations

import contextlib
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.db import connection

from django_safemigrate.catalog.query import Connection, executing, rows, value
from django_safemigrate.catalog.standbys import position_to_replay, standbys
from django_safemigrate.testing.postgres import database_settings
from django_safemigrate.values.standbys import Standby
from tests.poolers.connections import connected
from tests.standbys.conftest import on
from tests.support.local_cluster import server_user
from tests.support.standby import NAME, Replicated
from tests.support.waiting import wait_for

pytestmark = pytest.mark.postgres


@contextlib.contextmanager
def as_role(pair: Replicated, *commands: str) -> Iterator[Connection]:
    """A connection of the role ``plain``, after some commands of a superuser's, which are taken back by their opposite."""
    with on(pair.primary) as admin:
        admin.execute("CREATE ROLE plain LOGIN")
        for command in commands:
            admin.execute(command)
        try:
            with connected(**database_settings(pair.primary.replace("postgres@", "plain@"))) as found:
                yield found
        finally:
            admin.execute("GRANT EXECUTE ON FUNCTION pg_stat_get_wal_senders() TO PUBLIC")
            admin.execute("DROP ROLE plain")


def test_a_standby_is_seen(primary: Connection) -> None:
    seen: list[Standby] = []

    def caught_up() -> bool:  # now and then the server writes something by itself
        seen[:] = standbys(primary)
        return seen[0].behind == 0

    wait_for(caught_up)
    (found,) = seen
    assert found.replayed
    assert (found.application_name, found.state, found.client, found.behind) == (NAME, "streaming", None, 0)
    assert found.visible
    assert str(found).startswith(f"'{NAME}', streaming")


def test_to_a_plain_role_a_standby_is_a_name(pair: Replicated, primary: Connection) -> None:
    with as_role(pair) as role:
        (found,) = standbys(role)
        assert (found.application_name, found.visible, found.replayed, found.behind) == (NAME, False, None, None)
        assert str(found) == f"'{NAME}', not visible to this role"
        assert position_to_replay(role) is None


def test_a_role_with_pg_read_all_stats_sees_it(pair: Replicated, primary: Connection) -> None:
    with as_role(pair, "GRANT pg_read_all_stats TO plain") as role:
        assert [found.visible for found in standbys(role)] == [True]
        assert position_to_replay(role) is not None


def test_where_the_function_is_refused_nobody_is_seen(pair: Replicated, primary: Connection) -> None:
    refused = "REVOKE EXECUTE ON FUNCTION pg_stat_get_wal_senders() FROM PUBLIC"
    with as_role(pair, refused) as role:
        assert standbys(role) == ()
        assert position_to_replay(role) is None
        assert value(role, "SELECT 1") == 1


def test_who_receives_and_does_not_replay_has_no_position(pair: Replicated, primary: Connection) -> None:
    with tempfile.TemporaryDirectory(prefix="safemigrate-wal-") as name:
        if user := server_user():
            shutil.chown(name, user)
        receiver = subprocess.Popen(
            [pair.bindir / "pg_receivewal", "-d", pair.primary, "-D", name, "--no-sync"],
            user=server_user(),
            cwd=Path(name),
            stderr=subprocess.DEVNULL,
        )
        try:
            wait_for(lambda: "pg_receivewal" in {found.application_name for found in standbys(primary)})
            assert {found.application_name: found.replayed is None for found in standbys(primary)} == {
                NAME: False,
                "pg_receivewal": True,
            }
        finally:
            receiver.kill()
            receiver.wait(10)
    wait_for(lambda: len(standbys(primary)) == 1)


def test_a_subscriber_is_no_standby(pair: Replicated, primary: Connection) -> None:
    """A slot that is logical; the WAL level of these servers allows none, so the two views are stand-ins."""
    executing(primary)(
        "CREATE SCHEMA stand_in;"
        "CREATE VIEW stand_in.pg_replication_slots AS SELECT pid AS active_pid, 'logical'::text AS slot_type "
        "FROM pg_stat_replication; SET search_path = stand_in, pg_catalog, public"
    )
    try:
        assert standbys(primary) == ()
    finally:
        executing(primary)("RESET search_path; DROP SCHEMA stand_in CASCADE")


def test_a_server_without_standbys(database: None) -> None:
    assert rows(connection, "SELECT FROM pg_stat_replication") == []
    assert standbys(connection) == ()
    assert position_to_replay(connection) is None
