"""What there is to see, and what to type next."""

from __future__ import annotations

import contextlib
from datetime import UTC, datetime
from typing import Any

import psycopg
import pytest
from django.db import connection
from django.db.migrations import Migration
from django.db.transaction import atomic

from django_safemigrate.decisions.assigning import Assigned
from django_safemigrate.decisions.planning import Planned, Status
from django_safemigrate.doing.lease import KEY
from django_safemigrate.doing.status import Going, Life, MigrationSeen, Pending, RunSeen, Seen, StepSeen, look_around
from django_safemigrate.doing.whats_next import whats_next
from django_safemigrate.models import MigrationRun, RunnerLease
from django_safemigrate.values.phases import Phase, Safe
from django_safemigrate.values.settings import Settings
from tests.support.database import _parameters, execute, value
from tests.support.project import Project

NOW = datetime(2026, 1, 2, 3, 4, tzinfo=UTC)


# On a server


@pytest.mark.postgres
def test_inside_a_transaction_it_sets_nothing(live: Project) -> None:
    """What is set there would stay until its end."""
    with atomic():
        assert look_around(connection, Settings()).runs
        assert value("SHOW transaction_read_only") == "off"


@pytest.fixture
def running(live: Project) -> MigrationRun:
    """A run that has not ended, whose session is this one."""
    execute(
        "UPDATE django_safemigrate_runnerlease SET owner = 'somebody', backend_pid = pg_backend_pid(), "
        "backend_start = (SELECT backend_start FROM pg_stat_activity WHERE pid = pg_backend_pid()), "
        "expires = clock_timestamp() + interval '1 hour'"
    )
    run = MigrationRun(what="before_deploy", who="somebody", backend_pid=0, started=NOW)
    run.save()
    return run


def life() -> Life | None:
    going = look_around(connection, Settings()).going
    return going.life if going else None


@pytest.mark.postgres
@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({}, Life.ALIVE),
        ({"expires": NOW}, Life.SILENT),
        ({"backend_start": NOW}, Life.LOST),  # the same number, another session
        ({"backend_pid": 0}, Life.LOST),
        ({"owner": "another"}, Life.LOST),
        # Its beginning is hidden from our role; and it has not got the lock of the runner.
        ({"backend_start": None}, Life.LOST),
    ],
)
def test_whether_a_run_is_alive(running: MigrationRun, change: dict[str, Any], expected: Life) -> None:
    RunnerLease.objects.update(**change)
    assert life() is expected


@pytest.mark.postgres
def test_where_the_session_is_hidden_the_lock_tells(running: MigrationRun) -> None:
    RunnerLease.objects.update(backend_start=None)
    execute(f"SELECT pg_advisory_lock({KEY})")
    assert life() is Life.ALIVE


@pytest.mark.postgres
def test_another_database_of_the_server_has_a_runner_of_its_own(live: Project) -> None:
    elsewhere = psycopg.connect(**{**_parameters(), "dbname": "postgres"}, autocommit=True)
    with contextlib.closing(elsewhere) as other:
        other.execute(f"SELECT pg_advisory_lock({KEY})")
        assert look_around(connection, Settings()).runner == ""


# What comes next

BEFORE, AFTER = Phase.BEFORE_DEPLOY, Phase.AFTER_DEPLOY


def planned(status: Status, until: datetime | None = None) -> Planned:
    return Planned(Migration("0002_a", "shop"), status, "", Assigned(Safe.always()), until)


def seen(before: Status | None = None, after: Status | None = None, **more: Any) -> Seen:
    pending = tuple(
        Pending(phase, (planned(status, more.pop("until", None)),) if status else ())
        for phase, status in ((BEFORE, before), (AFTER, after))
    )
    return Seen("default", "postgresql", NOW, **{"pending": pending, **more})


def run(what: str, outcome: str = "running") -> RunSeen:
    return RunSeen(1, what, "somebody", "", NOW, 1.0, outcome, "")


def half_done(*, backwards: bool = False, error: str = "", undo_to: str = "") -> MigrationSeen:
    step = StepSeen(1, "Step", "SELECT 1", "", False, 1.0, 1, 0.0, 0.0, None, error)
    return MigrationSeen("shop", "0002_a", backwards, (step,), undo_to)


@pytest.mark.parametrize(
    ("state", "command"),
    [
        (seen(), ""),
        (seen(Status.READY, Status.DELAYED), "manage.py safemigrate"),
        (seen(Status.DELAYED, Status.READY), "manage.py safemigrate --after-deploy"),
        (seen(Status.BLOCKED, Status.READY), "manage.py safemigrate --finish-earlier"),
        (seen(Status.DELAYED, Status.DELAYED), ""),
        (seen(why_not="Conflicting migrations"), ""),
        (seen(going=Going(run("before_deploy"), Life.ALIVE, 7, 9.0)), "manage.py safemigrate --status"),
        (seen(going=Going(run("before_deploy"), Life.SILENT, 7, -9.0)), "SELECT pg_terminate_backend(7)"),
        (seen(going=Going(run("before_deploy"), Life.LOST, 7, 9.0)), "manage.py safemigrate"),
        (seen(going=Going(run("after_deploy"), Life.LOST, 7, 9.0)), "manage.py safemigrate --after-deploy"),
        (seen(going=Going(run("abort"), Life.LOST, 7, 9.0)), "manage.py safemigrate --abort"),
        (
            seen(
                going=Going(run("backwards"), Life.LOST, 7, 9.0), half_done=(half_done(backwards=True, undo_to="zero"),)
            ),
            "manage.py safemigrate shop zero",
        ),
        (seen(half_done=(half_done(),), runs=(run("after_deploy", "failed"),)), "manage.py safemigrate --after-deploy"),
        (seen(half_done=(half_done(error="no"),)), "manage.py safemigrate"),
    ],
)
def test_the_next_command(state: Seen, command: str) -> None:
    words, found = whats_next(state)
    assert found == command
    assert words


def test_the_next_command_has_the_options_that_were_asked_with() -> None:
    assert whats_next(seen(Status.READY), " --database other")[1] == "manage.py safemigrate --database other"
