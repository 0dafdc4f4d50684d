"""One runner at a time on a database, and what becomes of one that has lost its turn."""

from __future__ import annotations

import multiprocessing
import os
import re
import signal
import time
from collections.abc import Iterator
from typing import Any

import pytest
from django.db import connection

from django_safemigrate.doing.lease import KEY, POLL
from django_safemigrate.models import MigrationRun, MigrationStep, RunnerLease
from django_safemigrate.values.errors import LeaseLost, LockUnavailable
from tests.support import waiting
from tests.support.database import another_session, execute, rows, value
from tests.support.project import Project
from tests.support.traffic import holding

pytestmark = pytest.mark.postgres

# Seconds for processes that all begin at once, on a machine that is busy.
PATIENCE = 300

BEFORE = "Safe.before_deploy()"
ONCE = """
migrations.RunSQL("INSERT INTO shop_order (number, status, gift, coupon) VALUES ('once', 'new', false, '')"),
migrations.AddField("order", "note", models.IntegerField(null=True)),
migrations.AddIndex("order", models.Index(fields=["status"], name="shop_status")),
"""
HELD = (
    f"SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND objid = {KEY & 0xFFFFFFFF} AND granted "
    "AND database = (SELECT oid FROM pg_database WHERE datname = current_database())"
)


def run_in_a_process(project: Project, results: Any, *arguments: str) -> None:
    connection.connection = None  # the parent's, and not ours to close
    try:
        results.put((os.getpid(), project.safemigrate(*arguments)))
    except BaseException as error:
        results.put((os.getpid(), f"{type(error).__name__}: {error}"))


class Runners:
    """Processes that run ``safemigrate`` at the same time."""

    def __init__(self, project: Project) -> None:
        self.project, self.context = project, multiprocessing.get_context("fork")
        self.results = self.context.Queue()
        self.processes: list[Any] = []

    def start(self, count: int = 1, *arguments: str) -> list[int]:
        connection.close()
        new = [
            self.context.Process(target=run_in_a_process, args=(self.project, self.results, *arguments))
            for _ in range(count)
        ]
        for process in new:
            process.start()
        self.processes += new
        return [process.pid for process in new]

    def outputs(self, count: int) -> list[str]:
        found = [self.results.get(timeout=PATIENCE)[1] for _ in range(count)]
        for process in self.processes:
            process.join()
        return found

    def end(self) -> None:
        for process in self.processes:
            if process.is_alive():
                process.kill()
            process.join()


@pytest.fixture
def runners(live: Project) -> Iterator[Runners]:
    started = Runners(live)
    yield started
    started.end()


def wait_until(question: str) -> None:
    """In SQL."""
    waiting.wait_for(lambda: value(question))


ROUNDS = int(os.environ.get("ROUNDS", "2"))


@pytest.mark.slow
@pytest.mark.timeout(2 * PATIENCE)
@pytest.mark.parametrize("number", range(ROUNDS))
def test_ten_at_once_one_works_and_none_fails(live: Project, runners: Runners, number: int) -> None:
    """``ROUNDS=20`` for twenty of them. Nothing runs twice, and nobody finds half a thing."""
    live.write("0002_once", ONCE, safe=BEFORE)
    runners.start(10)
    outputs = runners.outputs(10)
    assert all("Error" not in output and "Traceback" not in output for output in outputs), outputs
    assert sum("OK shop.0002_once" in output for output in outputs) == 1
    assert sum("No migrations to apply" in output for output in outputs) == 9
    assert value("SELECT count(*) FROM shop_order WHERE number = 'once'") == 1
    assert value("SELECT bool_and(indisvalid) FROM pg_index WHERE indrelid = 'shop_order'::regclass") is True
    assert MigrationStep.objects.filter(done=None).count() == 0
    assert set(MigrationRun.objects.values_list("outcome", flat=True)) == {"done"}
    assert value(HELD) == 0


@pytest.mark.slow
@pytest.mark.timeout(2 * PATIENCE)
@pytest.mark.parametrize("number", range(ROUNDS))
def test_ten_at_once_on_a_new_database(database: None, project: Project, number: int) -> None:
    project.write("0001_initial", 'migrations.CreateModel("Order", [("id", models.BigAutoField(primary_key=True))]),')
    runners = Runners(project)
    try:
        runners.start(10)
        outputs = runners.outputs(10)
    finally:
        runners.end()
    assert all("Error" not in output for output in outputs), outputs
    assert sum("OK shop.0001_initial" in output for output in outputs) == 1


def test_the_second_says_for_whom_it_waits_and_finds_nothing_to_do(live: Project, runners: Runners) -> None:
    live.write("0002_once", ONCE, safe=BEFORE)
    with holding("SELECT * FROM shop_order LIMIT 1") as report:
        [first] = runners.start()
        wait_until("SELECT count(*) FROM django_safemigrate_migrationstep WHERE done IS NULL AND started IS NOT NULL")
        live.when("Somebody else runs migrations on this database", report.rollback)
        output = live.safemigrate()
    assert f"process {first}" in output
    assert "No migrations to apply" in output
    assert "OK shop.0002_once" in runners.outputs(1)[0]


def test_one_that_is_killed_is_taken_over_at_once(live: Project, runners: Runners) -> None:
    """Trap 25: its session ends with it, and so does its lock; nobody waits for the lease to expire."""
    live.write("0002_once", ONCE, safe=BEFORE)
    with holding("SELECT * FROM shop_order LIMIT 1"):
        [first] = runners.start()
        wait_until("SELECT count(*) FROM django_safemigrate_migrationstep WHERE done IS NULL AND started IS NOT NULL")
        os.kill(first, signal.SIGKILL)
        wait_until(f"SELECT ({HELD}) = 0")
    token = RunnerLease.objects.get().token
    output = live.safemigrate()
    assert f"process {first}) did not come to its end: going on where it stopped" in output
    assert "OK shop.0002_once" in output
    assert RunnerLease.objects.get().token == token + 1
    assert value("SELECT count(*) FROM shop_order WHERE number = 'once'") == 1
    assert list(MigrationRun.objects.order_by("-id").values_list("outcome", flat=True)[:2]) == ["done", "lost"]


def test_whoever_was_replaced_cannot_go_on(live: Project) -> None:
    """The fence: somebody else has raised the lease's key, and the step in hand is rolled back."""
    live.write("0002_once", ONCE, safe=BEFORE)

    def take_over() -> None:
        with another_session() as session:
            session.execute("UPDATE django_safemigrate_runnerlease SET token = token + 1, owner = 'another'")

    with holding("SELECT * FROM shop_order LIMIT 1") as report:
        live.when("not asking yet", lambda: (take_over(), report.rollback()))
        with pytest.raises(LeaseLost) as error:
            live.safemigrate()
    assert error.value.returncode == 10
    assert error.value.fact == "Another runner has taken over."
    assert "note" not in {
        name for (name,) in rows("SELECT attname FROM pg_attribute WHERE attrelid = 'shop_order'::regclass")
    }
    assert "OK shop.0002_once" in live.safemigrate()
    assert value("SELECT count(*) FROM shop_order WHERE number = 'once'") == 1


def test_a_lease_without_a_lock_is_waited_for_until_it_expires(live: Project, settings: Any) -> None:
    """Its owner's session is there, and has lost the lock to somebody's pg_advisory_unlock_all."""
    settings.SAFEMIGRATE = {"LEASE": "1s"}

    def expire_soon() -> None:
        with another_session() as session:
            session.execute(
                "UPDATE django_safemigrate_runnerlease SET expires = clock_timestamp() + interval '1 second'"
            )

    live.when("sleepy", expire_soon)
    with another_session() as other:
        other.execute(
            "UPDATE django_safemigrate_runnerlease SET owner = 'sleepy', backend_pid = pg_backend_pid(), "
            "backend_start = (SELECT backend_start FROM pg_stat_activity WHERE pid = pg_backend_pid()), "
            "expires = clock_timestamp() + interval '1 hour'"
        )
        assert re.search(r"waiting for [\d.]+ m?s: sleepy", live.safemigrate())


def test_a_lock_whose_holder_shows_no_sign_of_life_is_an_error_that_names_it(live: Project) -> None:
    """Trap 25: a connection pool may have kept the lock of a runner that is long gone."""
    with another_session(application_name="leaked") as other:
        other.execute(f"SELECT pg_advisory_lock({KEY})")
        with pytest.raises(LockUnavailable) as error:
            live.safemigrate("--max-wait", "300ms")
    assert "shows no sign of life: session" in error.value.fact
    assert "(leaked)" in error.value.fact
    wait_until(f"SELECT ({HELD}) = 0")  # the server has heard that the other session has ended


def test_waiting_for_another_runner_holds_nothing_that_an_index_build_waits_for(
    live: Project, runners: Runners
) -> None:
    """Trap 26: whoever waits inside pg_advisory_lock() holds a snapshot, and the two wait for each other."""
    live.write("0002_index", 'migrations.AddIndex("order", models.Index(fields=["status"], name="i")),', safe=BEFORE)
    snapshot = "SET TRANSACTION ISOLATION LEVEL REPEATABLE READ; SELECT count(*) FROM django_migrations"
    blockers: list[tuple[object, ...]] = []
    builds = "pg_stat_progress_create_index WHERE datname = current_database()"

    def look_and_let_go() -> None:
        with another_session() as look:

            def found() -> list[tuple[object, ...]]:
                return look.execute(f"SELECT unnest(pg_blocking_pids(pid)) FROM {builds}").fetchall()

            waiting.wait_for(
                lambda: found() == readers
            )  # it waits for those who only ask something, too, and not for long
            time.sleep(3 * POLL)
            blockers.extend(found())
        report.rollback()

    with holding(snapshot) as report:
        readers = [(report.info.backend_pid,)]
        runners.start()
        wait_until(f"SELECT count(*) FROM {builds} AND phase LIKE 'waiting%'")
        live.when("Somebody else runs migrations on this database", look_and_let_go)
        second = live.safemigrate()
        [first] = runners.outputs(1)
    assert blockers == readers
    assert "OK shop.0002_index" in first
    assert "No migrations to apply" in second


def test_code_that_closes_the_connection_does_not_lose_the_turn(live: Project) -> None:
    live.write(
        "0002_closing",
        "migrations.RunPython(lambda apps, editor: editor.connection.close(), atomic=False),\n"
        'migrations.AddField("order", "note", models.IntegerField(null=True)),',
        safe=BEFORE,
        atomic="False",
    )
    assert "OK shop.0002_closing" in live.safemigrate()
    assert value(HELD) == 0


def test_a_run_ends_in_the_journal_with_its_error(live: Project) -> None:
    live.write("0002_broken", 'migrations.RunSQL("SELECT 1 / 0"),', safe=BEFORE)
    with pytest.raises(Exception, match="division by zero"):
        live.safemigrate()
    run = MigrationRun.objects.latest("id")
    assert (run.what, run.outcome) == ("before_deploy", "failed")
    assert "division by zero" in run.error
    step = MigrationStep.objects.latest("id")
    assert (step.run_id, step.attempts, step.done) == (run.pk, 1, None)
    assert "division by zero" in step.error


def test_what_a_step_has_cost_is_in_the_journal(live: Project) -> None:
    live.write("0002_note", 'migrations.AddField("order", "note", models.IntegerField(null=True)),', safe=BEFORE)
    with holding("SELECT * FROM shop_order LIMIT 1") as report:
        live.when("not asking yet", report.rollback, after=1.0)
        started = time.monotonic()
        live.safemigrate()
    step = MigrationStep.objects.latest("id")
    assert step.attempts >= 1
    assert 1.0 <= step.waited < time.monotonic() - started
    assert step.started < step.done
    assert step.run == MigrationRun.objects.latest("id")


def test_a_fill_says_how_many_rows(live: Project) -> None:
    live.write(
        "0002_fill",
        'migrations.AddField("order", "a", models.FloatField(db_default=models.functions.Random())),',
        safe=BEFORE,
    )
    execute("ALTER TABLE shop_order ALTER COLUMN coupon DROP NOT NULL")
    output = live.safemigrate()
    assert ", 1000 rows" in output
    assert MigrationStep.objects.exclude(rows=None).get().rows == 1000


def test_whoever_is_replaced_during_a_statement_hears_so(live: Project, settings: Any) -> None:
    """The keeper notices, and ends the statement: it is not the migration that is wrong."""
    settings.SAFEMIGRATE = {"LEASE": "400ms"}
    live.write("0002_index", 'migrations.AddIndex("order", models.Index(fields=["status"], name="i")),', safe=BEFORE)

    def take_over() -> None:
        with another_session() as session:
            session.execute("UPDATE django_safemigrate_runnerlease SET token = token + 1, owner = 'another'")

    snapshot = "SET TRANSACTION ISOLATION LEVEL REPEATABLE READ; SELECT count(*) FROM django_migrations"
    with holding(snapshot):
        live.when("waiting for", take_over)
        with pytest.raises(LeaseLost):
            live.safemigrate()


def test_a_migration_of_a_new_database_is_recorded_with_what_it_does(
    database: None, project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Django's executor records one with deferred statements only afterwards: killed in between, it could not run again."""
    from django.db.migrations.recorder import MigrationRecorder

    project.write(
        "0001_initial",
        'migrations.CreateModel("Order", [("id", models.BigAutoField(primary_key=True)), '
        '("status", models.CharField(max_length=9, db_index=True))]),',
    )
    record = MigrationRecorder.record_applied

    def killed(self: MigrationRecorder, app: str, name: str) -> None:
        if app == "shop":
            raise KeyboardInterrupt
        record(self, app, name)

    monkeypatch.setattr(MigrationRecorder, "record_applied", killed)
    with pytest.raises(KeyboardInterrupt):
        project.safemigrate()
    assert rows("SELECT to_regclass('shop_order')") == [(None,)]
    monkeypatch.setattr(MigrationRecorder, "record_applied", record)
    assert "OK shop.0001_initial" in project.safemigrate()
