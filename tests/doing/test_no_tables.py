"""A database that has none of our own tables: nothing is known there, and nothing is written down."""

from __future__ import annotations

import getpass
import os

import pytest
from django.db import connection
from django.utils import timezone

from django_safemigrate.doing import journal
from django_safemigrate.doing.lease import owner
from django_safemigrate.models import MigrationRun, MigrationStep, RunnerLease, SafeMigration
from django_safemigrate.values.phases import Phase


def test_nothing_is_known_and_nothing_is_written(database: None) -> None:
    journal.begin_first_run(connection, timezone.now())
    assert not journal.in_first_run(connection)
    assert journal.detected(connection) == {}
    assert not journal.has_recorded_a_deploy(connection)
    assert journal.release_before(connection, "2") == ""
    journal.end_first_run(connection)
    assert connection.introspection.table_names() == []


def test_with_them_it_is(database: None) -> None:
    journal.ensure_tables(connection)
    journal.begin_first_run(connection, timezone.now())
    assert journal.in_first_run(connection)
    journal.end_first_run(connection)
    assert not journal.in_first_run(connection)
    for number, release in enumerate(("1", "2")):
        MigrationRun.objects.create(
            what=Phase.BEFORE_DEPLOY.value,
            release=release,
            backend_pid=number,
            started=timezone.now(),
            outcome=MigrationRun.Outcome.DONE,
        )
    assert journal.has_recorded_a_deploy(connection)
    assert [journal.release_before(connection, release) for release in ("2", "3")] == ["1", "2"]


def test_people_see_names() -> None:
    assert str(SafeMigration(app="shop", name="0002_note")) == "shop.0002_note"
    assert str(MigrationRun(what="undoing", who="ann@host, process 7")) == "undoing by ann@host, process 7"
    assert str(RunnerLease(owner="ann@host, process 7")) == "ann@host, process 7"
    assert str(MigrationStep(app="shop", name="0002_note", operation="1", number=3)) == "shop.0002_note 1/3"


def test_a_user_without_a_name(monkeypatch: pytest.MonkeyPatch) -> None:
    """In a container whose user is in no file: ``getpass`` raises."""

    def getuser() -> str:
        raise KeyError("uid not found: 1000")

    monkeypatch.setattr(getpass, "getuser", getuser)
    assert owner().startswith("somebody@")
    assert owner().endswith(f", process {os.getpid()}")
