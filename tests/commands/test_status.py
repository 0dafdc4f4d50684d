"""``--status``, asked from another process than the one that runs, and after it."""

from __future__ import annotations

import json
import os
import re
import signal
import threading
from collections.abc import Iterator
from typing import Any

import pytest
from django.core.management.base import CommandError
from django.db import connection

from django_safemigrate.doing import status as looking
from django_safemigrate.doing.lease import KEY
from django_safemigrate.values.durations import parse_duration
from tests.doing.test_one_runner import Runners, wait_until
from tests.support.database import another_session, execute, is_postgres, rows, value
from tests.support.project import Project
from tests.support.traffic import holding

BEFORE, AFTER = "Safe.before_deploy()", "Safe.after_deploy()"
ADD = 'migrations.AddField("order", "{}", models.IntegerField(null=True)),'
INDEX = 'migrations.AddIndex("order", models.Index(fields=["status"], name="shop_status")),'
READ = "SELECT * FROM shop_order LIMIT 1"
SNAPSHOT = "SET TRANSACTION ISOLATION LEVEL REPEATABLE READ; SELECT count(*) FROM django_migrations"
IN_HAND = "SELECT count(*) FROM django_safemigrate_migrationstep WHERE done IS NULL AND started IS NOT NULL"
# The session of a run that was killed is away from there a moment after its locks are.
GONE = """
SELECT NOT EXISTS (SELECT FROM django_safemigrate_runnerlease JOIN pg_stat_activity ON pid = backend_pid)
"""
# How long something took, on whatever machine.
TOOK = r"[\d.]+ m?s"
BUILDING = "SELECT count(*) FROM pg_stat_progress_create_index WHERE phase = 'waiting for old snapshots'"


@pytest.fixture
def runners(live: Project) -> Iterator[Runners]:
    started = Runners(live)
    yield started
    started.end()


def status(project: Project, *arguments: str) -> dict[str, Any]:
    """What ``--json`` says, when it has changed nothing."""
    [line] = project.safemigrate("--status", "--json", *arguments).splitlines()
    data: dict[str, Any] = json.loads(line)
    assert data["event"] == "status"
    return data


# Nothing goes on


def test_nothing_was_ever_run(database: None, project: Project) -> None:
    project.write("0001_initial", 'migrations.CreateModel("Order", [("id", models.BigAutoField(primary_key=True))]),')
    output = project.safemigrate("--status")
    kept = "Nothing has been run by safemigrate here yet" if is_postgres() else "No runs are written down on sqlite"
    assert output.startswith(kept)
    assert "The database is new" in output
    assert output.endswith("Next: before the deploy:\n  manage.py safemigrate\n")
    tables = "pg_tables WHERE schemaname = 'public'" if is_postgres() else "sqlite_master"
    assert rows(f"SELECT 1 FROM {tables}") == []


def test_what_is_pending_in_each_phase_and_the_next_command(live: Project) -> None:
    assert "Nothing is pending." in live.safemigrate("--status")
    live.write("0002_a", ADD.format("a"), safe=BEFORE)
    live.write("0003_drop", 'migrations.RemoveField("order", "gift"),', safe=AFTER)
    output = live.safemigrate("--status")
    assert "before deploy (manage.py safemigrate): 1 ready, 1 delayed, 0 blocked\n    ready   shop.0002_a" in output
    assert "after deploy (manage.py safemigrate --after-deploy): 0 ready, 2 delayed, 0 blocked" in output
    assert "in neither phase yet:\n    delayed shop.0003_drop is behind shop.0002_a" in output
    assert output.endswith("Next: before the deploy:\n  manage.py safemigrate\n")
    live.safemigrate()
    data = status(live)
    assert [one["name"] for one in data["pending"][1]["ready"]] == ["shop.0003_drop"]
    assert data["next_command"] == "manage.py safemigrate --after-deploy"


def test_an_earlier_release_that_is_not_finished(live: Project) -> None:
    live.write("0002_drop", 'migrations.RemoveField("order", "gift"),', safe=AFTER)
    live.write("0003_a", ADD.format("a"), safe=BEFORE)
    assert status(live)["next_command"] == "manage.py safemigrate --finish-earlier"


def test_a_delay_that_is_not_over(live: Project) -> None:
    live.write(
        "0002_drop", 'migrations.RemoveField("order", "gift"),', safe="Safe.after_deploy(delay=timedelta(days=2))"
    )
    live.safemigrate()
    assert re.search(r"Next: nothing before \d{4}-\d\d-\d\d \d\d:\d\d UTC\n$", live.safemigrate("--status"))


def test_of_one_app_only(live: Project) -> None:
    live.write("0002_a", ADD.format("a"), safe=BEFORE)
    assert status(live, "auth")["pending"][0]["ready"] == []
    assert len(status(live, "shop")["pending"][0]["ready"]) == 1
    with pytest.raises(CommandError, match="no installed app"):
        live.safemigrate("--status", "nothing")


def test_files_that_are_broken_hide_nothing_else(live: Project) -> None:
    live.write("0002_a", ADD.format("a"), safe=BEFORE)
    live.write("0002_b", ADD.format("b"), safe=BEFORE, dependencies="[('shop', '0001_initial')]")
    output = live.safemigrate("--status")
    assert "Conflicting migrations: 0002_a, 0002_b in shop." in output
    assert ("The last run:" in output) is (is_postgres())
    live.write("0002_b", ADD.format("b"), safe="'now'", dependencies="[('shop', '0002_a')]")
    assert "which is not a Safe" in live.safemigrate("--status")


def test_where_the_package_is_switched_off_the_journal_is_shown_all_the_same(live: Project, settings: Any) -> None:
    settings.SAFEMIGRATE = {"MODE": "disabled"}
    assert "Nothing is pending." in live.safemigrate("--status")


@pytest.mark.postgres
def test_the_last_ten_runs(live: Project) -> None:
    for number in range(11):
        live.safemigrate(*(["--after-deploy"] if number % 2 else []))
    live.write("0002_broken", 'migrations.RunSQL("SELECT 1 / 0"),', safe=BEFORE)
    with pytest.raises(CommandError):
        live.safemigrate()
    data = status(live)
    assert len(data["runs"]) == 10
    assert (data["runs"][0]["outcome"], data["runs"][1]["what"]) == ("failed", "before_deploy")
    output = live.safemigrate("--status")
    assert re.search(rf"UTC +before deploy +\S+, process \d+ +failed +{TOOK} +shop.0002_broken could not be", output)


@pytest.mark.postgres
def test_a_step_that_failed_with_its_error(live: Project) -> None:
    live.write("0002_broken", ADD.format("a") + 'migrations.RunSQL("SELECT 1 / 0"),', safe=BEFORE)
    with pytest.raises(CommandError):
        live.safemigrate()
    output = live.safemigrate("--status")
    assert "shop.0002_broken: 1 of 2 steps done, of those that are known so far" in output
    assert re.search(r"1\. Add column a to shop_order: done", output)
    assert re.search(rf"2\. Raw SQL operation: not done, begun {TOOK} ago\n +division by zero", output)
    assert output.endswith(
        "Next: once the reason of the error is gone, go on with shop.0002_broken:\n  manage.py safemigrate\n"
    )
    [one] = status(live)["half_done"]
    assert [step["done"] for step in one["steps"]] == [True, False]
    live.migrate("--fake", "shop")
    assert status(live)["half_done"] == []  # recorded past the journal


@pytest.mark.postgres
def test_a_migration_that_is_half_undone(live: Project) -> None:
    live.write("0002_broken", 'migrations.RunSQL("SELECT 1", "SELECT 1 / 0"),' + ADD.format("a"), safe=BEFORE)
    live.safemigrate()
    with pytest.raises(CommandError):
        live.safemigrate("shop", "0001")
    output = live.safemigrate("--status")
    assert "shop.0002_broken is being undone: 1 of 2 steps undone" in output
    assert output.endswith("Next: go on undoing shop.0002_broken:\n  manage.py safemigrate shop 0001_initial\n")


# While a run goes on


@pytest.mark.postgres
def test_a_run_that_waits_behind_a_reader(live: Project, runners: Runners) -> None:
    live.write("0002_a", ADD.format("a"), safe=BEFORE)
    with holding(READ) as reader:
        pid = reader.info.backend_pid
        [process] = runners.start()
        wait_until(IN_HAND)
        output = live.safemigrate("--status")
        going = status(live)["going"]
        reader.rollback()
    assert f"process {process}" in output
    assert "alive (session" in output
    assert "shop.0002_a, step 1, for" in output
    assert f"pid {pid} 'report'" in output
    assert "nobody waits behind it" in output
    assert "Half done" not in output
    assert output.endswith("Next: let it work:\n  manage.py safemigrate --status\n")
    assert (going["life"], going["step"]["number"], going["run"]["what"]) == ("alive", 1, "before_deploy")
    assert [holder["pid"] for holder in going["in_the_way"]] == [pid]
    assert "OK shop.0002_a" in runners.outputs(1)[0]
    assert status(live)["going"] is None


@pytest.mark.postgres
def test_an_index_build_that_waits_for_an_old_snapshot(live: Project, runners: Runners) -> None:
    live.write("0002_index", INDEX, safe=BEFORE)
    with holding(SNAPSHOT) as report:
        runners.start()
        wait_until(BUILDING)
        output = live.safemigrate("--status")
        data = status(live)
        report.rollback()
    assert "Build index shop_status on shop_order" in output
    assert re.search(rf"waiting for old snapshots\n +waiting for {TOOK} for:\n +pid \d+ 'report'", output)
    assert data["going"]["build"]["phase"] == "waiting for old snapshots"
    assert data["going"]["asking"] > 0
    assert "OK shop.0002_index" in runners.outputs(1)[0]


@pytest.mark.postgres
def test_who_waits_behind_it(live: Project, runners: Runners) -> None:
    """Code that keeps a lock: our own requests are over in milliseconds."""
    execute("CREATE TABLE gate AS SELECT true AS closed")
    waiting = "BEGIN WHILE EXISTS (SELECT FROM gate) LOOP PERFORM pg_sleep(0.01); END LOOP; END"
    live.write("0002_code", f'migrations.RunSQL("LOCK TABLE shop_order; DO $${waiting}$$"),', safe=BEFORE)
    runners.start()
    wait_until("SELECT count(*) FROM pg_locks WHERE relation = 'shop_order'::regclass AND mode = 'AccessExclusiveLock'")
    with another_session(autocommit=False) as other:
        thread = threading.Thread(target=lambda: other.execute(READ))
        thread.start()
        try:
            wait_until("SELECT count(*) FROM pg_locks WHERE NOT granted AND relation = 'shop_order'::regclass")
            going = status(live)["going"]
            output = live.safemigrate("--status")
        finally:
            execute("DELETE FROM gate")
            thread.join()
        assert [(one["pid"], one["table"]) for one in going["behind"]] == [(other.info.backend_pid, "shop_order")]
    assert "waiting behind it for shop_order: 1, the longest for" in output
    runners.outputs(1)


@pytest.mark.postgres
def test_it_changes_nothing_and_leaves_nothing_behind(live: Project, runners: Runners) -> None:
    """Where the server lets nobody write, it says the same."""
    live.write("0002_a", ADD.format("a"), safe=BEFORE)
    with holding(READ) as reader:
        runners.start()
        wait_until(IN_HAND)
        execute("SET default_transaction_read_only = on")
        assert status(live)["going"]["life"] == "alive"
        execute("RESET default_transaction_read_only")
        assert [value(f"SHOW {name}") for name in ("transaction_read_only", "lock_timeout")] == ["off", "0"]
        reader.rollback()
    runners.outputs(1)


@pytest.mark.postgres
def test_somebody_who_has_locked_the_journal_is_not_waited_for(live: Project) -> None:
    assert parse_duration(looking.PATIENCE) < 5
    refused = pytest.raises(CommandError, match="The journal cannot be read")
    with holding("LOCK TABLE django_safemigrate_migrationrun"), refused as error:
        live.safemigrate("--status")  # somebody has it all the time
    assert error.value.returncode == 5


@pytest.mark.postgres
def test_with_an_ordinary_role(live: Project, runners: Runners) -> None:
    """Without ``pg_read_all_stats`` the server hides what other roles do, and how far they are; not whom they wait for."""
    live.write("0002_index", INDEX, safe=BEFORE)
    execute("DROP ROLE IF EXISTS onlooker")
    execute("CREATE ROLE onlooker; GRANT SELECT ON ALL TABLES IN SCHEMA public TO onlooker")
    try:
        with holding(SNAPSHOT) as report:
            pid = report.info.backend_pid
            [process] = runners.start()
            wait_until(BUILDING)
            execute("SET ROLE onlooker")
            output = live.safemigrate("--status")
            data = status(live)
            execute("RESET ROLE")
            report.rollback()
        runners.outputs(1)
    finally:
        connection.close()
        execute("DROP OWNED BY onlooker; DROP ROLE onlooker")
    assert data["going"]["life"] == "alive"
    assert data["going"]["build"] is None
    assert f"process {process}" in output
    assert f"pid {pid} 'report'" in output
    assert "state not visible" in output


@pytest.mark.postgres
def test_the_turn_is_taken_and_no_run_in_the_journal_yet(live: Project) -> None:
    with another_session(application_name="ci") as other:
        other.execute(f"SELECT pg_advisory_lock({KEY})")
        output = live.safemigrate("--status")
        assert f"session {other.info.backend_pid} of" in output
        assert "(ci) has the turn of the runner" in output


# After a run that did not end


@pytest.mark.postgres
def test_a_run_that_was_killed_is_lost_and_the_next_one_goes_on(live: Project, runners: Runners) -> None:
    live.write("0002_two", ADD.format("a") + INDEX + ADD.format("b"), safe=BEFORE)
    with holding(READ):
        [process] = runners.start()
        wait_until(IN_HAND)
        os.kill(process, signal.SIGKILL)
        wait_until(GONE)
        output = live.safemigrate("--status")
        data = status(live)
    assert "A run was lost:" in output
    assert "its session is gone" in output
    assert "The next safemigrate takes over at once, and goes on where it stopped: shop.0002_two, step 1 (Add" in output
    assert "shop.0002_two: 0 of 1 steps done" in output
    assert re.search(rf"process {process} +lost", output)
    assert output.endswith("Next: go on where the lost run stopped:\n  manage.py safemigrate\n")
    assert (data["going"]["life"], data["next_command"]) == ("lost", "manage.py safemigrate")
    live.safemigrate()
    data = status(live)
    assert data["going"] is None
    assert [run["outcome"] for run in data["runs"][:2]] == ["done", "lost"]
    assert data["half_done"] == []


@pytest.mark.postgres
def test_a_runner_whose_process_is_stopped(live: Project, runners: Runners, settings: Any) -> None:
    settings.SAFEMIGRATE = {"LEASE": "1s"}
    live.write("0002_a", ADD.format("a"), safe=BEFORE)
    with holding(READ) as reader:
        [process] = runners.start()
        wait_until(IN_HAND)
        os.kill(process, signal.SIGSTOP)
        wait_until("SELECT expires < clock_timestamp() FROM django_safemigrate_runnerlease")
        output = live.safemigrate("--status")
        os.kill(process, signal.SIGCONT)
        reader.rollback()
    assert "has not renewed its lease: its process hangs, or is gone" in output
    assert re.search(r"SELECT pg_terminate_backend\(\d+\)\n$", output)
    assert "OK shop.0002_a" in runners.outputs(1)[0]
