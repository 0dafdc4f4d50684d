"""Concurrent index builds against a real server: leftovers, other builders, old snapshots, name clashes."""

from __future__ import annotations

import contextlib
import re
import threading
from collections.abc import Callable, Iterator
from typing import Any

import psycopg
import pytest

from django_safemigrate.doing.observer import Observer
from django_safemigrate.values.errors import DefinitionConflict, LockUnavailable, SafeMigrateError
from tests.support.database import another_session, execute, rows, value
from tests.support.project import Project
from tests.support.traffic import holding, sending
from tests.support.waiting import seen_waiting, wait_for

pytestmark = pytest.mark.postgres

INDEX = 'migrations.AddIndex("order", models.Index(fields=["status"], name="shop_status")),'
VALID = "SELECT indisvalid FROM pg_index WHERE indexrelid = to_regclass('shop_status')"


def break_index(sql: str = "CREATE INDEX CONCURRENTLY shop_status ON shop_order (status)") -> None:
    """Leave an invalid index behind, as a build that was cancelled does."""
    with holding("UPDATE shop_order SET status = status WHERE id = 1"), another_session() as builder:
        builder.execute("SET lock_timeout = '50ms'")
        with pytest.raises(psycopg.errors.LockNotAvailable):
            builder.execute(sql)
    assert value(VALID) is False


def test_an_index_is_built_while_writes_go_on(live: Project) -> None:
    live.write("0002_index", INDEX, safe="Safe.before_deploy()")
    with (
        holding("UPDATE shop_order SET status = status WHERE id = 2") as old,
        sending("UPDATE shop_order SET status = 'paid' WHERE id = 1") as writes,
    ):
        live.when("waiting for", writes.then(old.rollback))
        live.safemigrate()
    assert value(VALID) is True
    assert not writes.errors
    assert writes.went_on


def test_a_leftover_invalid_index_is_dropped_and_built_again(live: Project) -> None:
    """Trap 11: IF NOT EXISTS would have accepted it."""
    break_index()
    live.write("0002_index", INDEX, safe="Safe.before_deploy()")
    output = live.safemigrate()
    assert "index shop_status is there, but invalid: an interrupted build left it; dropping it first" in output
    assert value(VALID) is True


def test_an_invalid_index_of_another_definition_is_not_ours_to_drop(live: Project) -> None:
    break_index("CREATE INDEX CONCURRENTLY shop_status ON shop_order (number)")
    live.write("0002_index", INDEX, safe="Safe.before_deploy()")
    with pytest.raises(DefinitionConflict) as error:
        live.safemigrate()
    assert error.value.returncode == 6
    assert value(VALID) is False


def test_somebody_elses_build_in_progress_is_waited_for(live: Project) -> None:
    """Trap 12: a build in progress is an invalid index, too."""
    live.write("0002_index", INDEX, safe="Safe.before_deploy()")
    with (
        holding("UPDATE shop_order SET status = status WHERE id = 1") as old,
        another_session(application_name="other builder") as builder,
    ):
        build = "CREATE INDEX CONCURRENTLY shop_status ON shop_order (status)"
        thread = threading.Thread(target=builder.execute, args=(build,))
        thread.start()
        wait_for(lambda: rows(VALID))
        live.when("waiting for another build", old.rollback)
        output = live.safemigrate()
        thread.join()
    assert "waiting for another build" in output
    assert "'other builder'" in output
    assert "dropping it first" not in output
    assert value(VALID) is True


def test_a_build_that_ends_while_we_look_is_no_leftover(live: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    """Invalid when we look at the index, and without a builder when we ask for him: then it was valid already."""
    live.write("0002_index", INDEX, safe="Safe.before_deploy()")
    holders = Observer.holders
    with (
        holding("UPDATE shop_order SET status = status WHERE id = 1") as old,
        another_session() as builder,
    ):
        build = "CREATE INDEX CONCURRENTLY shop_status ON shop_order (status)"
        thread = threading.Thread(target=builder.execute, args=(build,))
        thread.start()
        wait_for(lambda: rows(VALID))

        def afterwards(self: Observer, locks: Any) -> Any:
            old.rollback()
            thread.join()
            return holders(self, locks)

        monkeypatch.setattr(Observer, "holders", afterwards)
        output = live.safemigrate()
    assert "dropping it first" not in output
    assert value(VALID) is True


def test_same_name_other_definition_is_an_error_that_shows_both(live: Project) -> None:
    """Trap 20."""
    execute("CREATE INDEX shop_status ON shop_order (number)")
    live.write("0002_index", INDEX, safe="Safe.before_deploy()")
    with pytest.raises(DefinitionConflict) as error:
        live.safemigrate()
    assert error.value.fact == "Index shop_status exists already, with another definition."
    assert "found:  CREATE INDEX shop_status ON public.shop_order USING btree (number)" in error.value.reason
    assert 'wanted: CREATE INDEX "shop_status" ON "shop_order" ("status")' in error.value.reason
    assert "DROP INDEX CONCURRENTLY public.shop_status" in error.value.next_command


def test_an_index_of_that_name_in_another_schema_is_another_index(live: Project) -> None:
    """Trap 16: another tenant's."""
    execute("CREATE SCHEMA tenant; CREATE TABLE tenant.t (status int); CREATE INDEX shop_status ON tenant.t (status)")
    live.write("0002_index", INDEX, safe="Safe.before_deploy()")
    live.safemigrate()
    assert rows("SELECT schemaname FROM pg_indexes WHERE indexname = 'shop_status' ORDER BY 1") == [
        ("public",),
        ("tenant",),
    ]


def test_an_index_of_that_name_in_another_schema_is_not_dropped(live: Project) -> None:
    """Trap 16, when ours is gone already: the search path leads to the other one."""
    execute("CREATE SCHEMA other; CREATE TABLE other.t (status int); CREATE INDEX shop_status ON other.t (status)")
    live.write("0002_index", INDEX, safe="Safe.before_deploy()")
    live.write("0003_gone", 'migrations.RemoveIndex("order", "shop_status"),', safe="Safe.before_deploy()")
    live.safemigrate("shop", "0002")
    execute("DROP INDEX public.shop_status; SET search_path = public, other")
    try:
        assert "done already" in live.safemigrate()
    finally:
        execute("RESET search_path")
    assert rows("SELECT schemaname FROM pg_indexes WHERE indexname = 'shop_status'") == [("other",)]


def test_waiting_for_an_old_snapshot_is_shown_and_bounded(live: Project) -> None:
    """Trap 17."""
    live.write("0002_index", INDEX, safe="Safe.before_deploy()")
    with holding("UPDATE shop_order SET status = status WHERE id = 1"), pytest.raises(LockUnavailable) as error:
        live.safemigrate("--max-wait", "1s")
    assert "'report'" in error.value.reason
    output = live.safemigrate()  # the unfinished index is dropped and built again
    assert value(VALID) is True
    assert "OK shop.0002_index" in output


def test_the_wait_of_a_build_names_whom_it_waits_for(live: Project) -> None:
    live.write("0002_index", INDEX, safe="Safe.before_deploy()")
    with holding("UPDATE shop_order SET status = status WHERE id = 1") as other:
        live.when("'report'", other.rollback)
        output = live.safemigrate()
    assert "waiting for" in output
    assert "'report'" in output


@pytest.mark.parametrize(
    "index",
    [
        'models.Index(fields=["status", "-number"], name="shop_status")',
        'models.Index(fields=["number"], include=["status"], name="shop_status")',
        'models.Index(fields=["number"], opclasses=["varchar_pattern_ops"], name="shop_status")',
        'models.Index(fields=["number"], condition=models.Q(gift=True, status="new"), name="shop_status")',
        'models.Index(models.functions.Lower("number"), models.F("status").desc(nulls_last=True), name="shop_status")',
        '__import__("django.contrib.postgres.indexes", fromlist=["x"]).BrinIndex(fields=["id"], name="shop_status")',
        '__import__("django.contrib.postgres.indexes", fromlist=["x"]).HashIndex(fields=["number"], name="shop_status")',
    ],
)
def test_every_kind_of_index_is_stocks_and_recognised_again(live: Project, index: str) -> None:
    """Trap 15: INCLUDE, opclasses, conditions, order and methods survive; the second run sees its own work."""
    text = "SELECT pg_get_indexdef(to_regclass('shop_status')::oid)"
    live.write("0002_index", f'migrations.AddIndex("order", {index}),', safe="Safe.before_deploy()")
    live.migrate()
    stock = value(text)
    live.migrate("shop", "0001")
    live.safemigrate()
    assert value(text) == stock
    execute("DELETE FROM django_migrations WHERE name = '0002_index'")
    assert "done already" in live.safemigrate()
    live.safemigrate("shop", "0001")
    assert rows("SELECT to_regclass('shop_status')") == [(None,)]


def test_operations_that_are_concurrent_already(live: Project) -> None:
    live.write(
        "0002_index",
        'AddIndexConcurrently("order", models.Index(fields=["status"], name="shop_status")),',
        atomic="False",
    )
    live.write("0003_index", 'RemoveIndexConcurrently("order", "shop_status"),', atomic="False")
    live.safemigrate("shop", "0002")
    assert value(VALID) is True
    live.safemigrate()
    assert rows(VALID) == []
    live.safemigrate("shop", "0001")
    assert rows(VALID) == []


@contextlib.contextmanager
def deadlocking() -> Iterator[Callable[[], None]]:
    """To be called when a build has begun, which waits for somebody's write: has it lose a deadlock with another session.

    The server looks for one a second after somebody begins to wait. So the other session waits for what the build holds
    before the build waits for the old snapshot of that session.
    """
    with (
        holding("UPDATE shop_order SET status = status WHERE id = 1") as first,
        holding("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ; SELECT 1") as other,
    ):
        other.execute("SET deadlock_timeout = '10min'")  # so that it is the build that the server ends

        def let_go() -> None:
            seen_waiting(other.info.backend_pid)
            first.rollback()

        def lock_what_the_build_holds() -> None:
            thread = threading.Thread(target=let_go)
            thread.start()
            other.execute("LOCK TABLE shop_order IN SHARE UPDATE EXCLUSIVE MODE")
            other.rollback()
            thread.join()

        yield lock_what_the_build_holds


def test_a_build_that_loses_a_deadlock_is_made_again(live: Project) -> None:
    live.write("0002_index", INDEX, safe="Safe.before_deploy()")
    with deadlocking() as lock_what_the_build_holds:
        live.when("waiting for", lock_what_the_build_holds)
        output = live.safemigrate()
    assert "index shop_status is there, but invalid" in output
    assert "2 attempts" in output
    assert value(VALID) is True


def test_a_build_in_raw_sql_that_loses_a_deadlock_says_what_it_has_left_behind(live: Project) -> None:
    live.write(
        "0002_index",
        'migrations.RunSQL("CREATE INDEX CONCURRENTLY by_hand ON shop_order (status)"),',
        safe="Safe.before_deploy()",
        atomic="False",
    )
    us = value("SELECT pg_backend_pid()")
    with deadlocking() as lock_what_the_build_holds:
        live.when("1. ", lambda: (seen_waiting(us), lock_what_the_build_holds()))
        with pytest.raises(SafeMigrateError, match=r"left an invalid index behind: public\.by_hand") as error:
            live.safemigrate()
    assert "DROP INDEX CONCURRENTLY public.by_hand;" in error.value.next_command
    execute("DROP INDEX CONCURRENTLY public.by_hand")
    assert "OK shop.0002_index" in live.safemigrate()


def test_a_session_with_nothing_but_an_old_snapshot_is_named(live: Project) -> None:
    live.write("0002_index", INDEX, safe="Safe.before_deploy()")
    with holding("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ; SELECT 1") as other:
        live.when("has an old snapshot", other.rollback)
        output = live.safemigrate()
    assert re.search(r"waiting for old snapshots: pid \d+ 'report' .*, has an old snapshot", output)
    assert value(VALID) is True
