"""A fill beside a streaming standby whose replay is held back: it waits, says why, and goes on when the standby is there."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.db import connection

from django_safemigrate.models import Backfill, RunnerLease
from django_safemigrate.testing.postgres import database_settings
from tests.conftest import ORDERS
from tests.standbys.conftest import caught_up, on, wait_until
from tests.support.backfills import begin, changed
from tests.support.database import execute, new_database, value
from tests.support.project import Project
from tests.support.standby import NAME, Replicated

pytestmark = pytest.mark.postgres

TIGHTEN = 'migrations.AlterField("order", "coupon", models.CharField(max_length=9, default="none")),'
ROWS = 6_000

# The fill takes seconds.
SLOWLY = """
    CREATE FUNCTION slowly() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN PERFORM pg_sleep(0.0002); RETURN NEW; END $$;
    CREATE TRIGGER slowly BEFORE UPDATE ON shop_order FOR EACH ROW EXECUTE FUNCTION slowly()
"""


@pytest.fixture
def behind(
    pair: Replicated, project: Project, tmp_path: Path, django_db_blocker: Any, settings: Any
) -> Iterator[Project]:
    """A database in use on the primary, with rows to fill; its standby may be 0.3 s behind."""
    settings.SAFEMIGRATE = {"THROTTLE": {"REPLICA_LAG": "300ms", "INTERVAL": "50ms"}, "LEASE": "2s"}
    with django_db_blocker.unblock():
        before = dict(connection.settings_dict)
        connection.close()
        connection.settings_dict.update(database_settings(pair.primary))
        try:
            with new_database(tmp_path):
                project.write("0001_initial", ORDERS, initial="True")
                project.safemigrate()
                execute(
                    "ALTER TABLE shop_order ALTER coupon DROP NOT NULL; INSERT INTO shop_order (number, status, gift) "
                    f"SELECT n, 'new', false FROM generate_series(1, {ROWS}) n; ANALYZE"
                )
                project.write(
                    "0002_null", 'migrations.AlterField("order", "coupon", models.CharField(max_length=9, null=True)),'
                )
                project.safemigrate()
                wait_until(lambda: caught_up(pair), 30)
                yield project
        finally:
            connection.close()
            connection.settings_dict.update(before)
            replay(pair, "resume")


def replay(pair: Replicated, what: str) -> None:
    with on(pair.standby) as there:
        there.execute(f"SELECT pg_wal_replay_{what}()")


class Shell:
    """Another shell, which looks at the fill while it is held back, and then has the standby go on."""

    def __init__(self, pair: Replicated, project: Project, *command: str) -> None:
        self.pair, self.project, self.command = pair, project, command
        self.counts: list[int] = []
        self.shown, self.leases = "", [0.0]

    def __call__(self) -> None:
        try:
            self._look()
            threading.Event().wait(3.0)  # longer than the lease
            self._look()
            self.shown = self.project.run(*self.command)
        finally:
            connection.close()  # that of this thread
            replay(self.pair, "resume")

    def _look(self) -> None:
        self.counts.append(value("SELECT count(*) FROM shop_order WHERE coupon IS NULL"))
        if RunnerLease.objects.exists():
            table = RunnerLease._meta.db_table
            self.leases.append(value(f"SELECT extract(epoch FROM expires - clock_timestamp())::float8 FROM {table}"))


@pytest.mark.slow
def test_a_run_waits_for_the_standby_and_goes_on(pair: Replicated, behind: Project) -> None:
    shell = Shell(pair, behind, "backfill", "list")
    behind.write("0003_tighten", TIGHTEN)
    execute(SLOWLY)
    wait_until(lambda: caught_up(pair), 30)
    behind.triggers["Fill shop_order.coupon"] = lambda: replay(pair, "pause")
    behind.triggers["filling, held back"] = threading.Timer(0.0, shell).start
    output = behind.safemigrate()
    assert f": standby '{NAME}' is " in output
    assert " behind (limit 300 ms)" in output
    assert f"waits: standby '{NAME}' is " in shell.shown
    assert 0 < shell.counts[0] <= ROWS
    assert shell.counts[0] == shell.counts[1], "nothing is written meanwhile"
    assert min(shell.leases[1:]) > 0, "its turn is kept alive"
    assert "OK shop.0003_tighten" in output
    assert value("SELECT count(*) FROM shop_order WHERE coupon IS NULL") == 0
    wait_until(lambda: caught_up(pair), 30)


@pytest.mark.slow
def test_a_worker_waits_for_the_standby_and_goes_on(pair: Replicated, behind: Project) -> None:
    begin(count=50_000, batch_rows=200)
    wait_until(lambda: caught_up(pair), 30)
    shell = Shell(pair, behind, "backfill", "list", "--json")
    behind.triggers["filling"] = lambda: replay(pair, "pause")
    behind.triggers["held back"] = threading.Timer(0.0, shell).start
    output = behind.run("backfill", "work")
    assert "Nothing is left to do." in output
    [one] = json.loads(shell.shown)["backfills"]
    assert one["reason"].startswith(f"standby '{NAME}' is ")
    assert 0 < one["share"] < 1
    assert changed() == [("done", 1, 50_000)]
    assert Backfill.objects.filter(done=None).count() == 0
