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
from tests.standbys.conftest import caught_up, on
from tests.support.backfills import begin, changed
from tests.support.database import execute, new_database, value
from tests.support.project import Project
from tests.support.standby import NAME, Replicated
from tests.support.waiting import wait_for

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
                wait_for(lambda: caught_up(pair))
                yield project
        finally:
            connection.close()
            connection.settings_dict.update(before)
            replay(pair, "resume")


def replay(pair: Replicated, what: str) -> None:
    with on(pair.standby) as there:
        there.execute(f"SELECT pg_wal_replay_{what}()")


class Shell:
    """Another shell, which looks at the fill while it is held back, and then has the standby go on.

    ``lease``: where the run has one, it looks for longer than that.
    """

    def __init__(self, pair: Replicated, project: Project, *command: str, lease: float = 0.0) -> None:
        self.pair, self.project, self.command, self.lease = pair, project, command, lease
        self.counts: list[int] = []
        self.shown = ""

    def __call__(self) -> None:
        try:
            begun = self._look()
            wait_for(lambda: self.lease == 0.0 or self._look() > begun + self.lease)
            self._look()
            self.shown = self.project.run(*self.command)
        finally:
            connection.close()  # that of this thread
            replay(self.pair, "resume")

    def _look(self) -> float:
        """Until when the run has its turn."""
        self.counts.append(value("SELECT count(*) FROM shop_order WHERE coupon IS NULL"))
        return float(value(f"SELECT extract(epoch FROM expires)::float8 FROM {RunnerLease._meta.db_table}"))


@pytest.mark.slow
def test_a_run_waits_for_the_standby_and_goes_on(pair: Replicated, behind: Project) -> None:
    shell = Shell(pair, behind, "backfill", "list", lease=2.0)  # it is renewed, or ``shell`` waits in vain
    behind.write("0003_tighten", TIGHTEN)
    execute(SLOWLY)
    wait_for(lambda: caught_up(pair))
    behind.triggers["Fill shop_order.coupon"] = lambda: replay(pair, "pause")
    behind.triggers["filling, held back"] = threading.Timer(0.0, shell).start
    output = behind.safemigrate()
    assert f": standby '{NAME}' is " in output
    assert " behind (limit 300 ms)" in output
    assert f"waits: standby '{NAME}' is " in shell.shown
    assert 0 < shell.counts[0] <= ROWS
    assert len(shell.counts) > 2
    assert len(set(shell.counts)) == 1, "nothing is written meanwhile"
    assert "OK shop.0003_tighten" in output
    assert value("SELECT count(*) FROM shop_order WHERE coupon IS NULL") == 0
    wait_for(lambda: caught_up(pair))


@pytest.mark.slow
def test_a_worker_waits_for_the_standby_and_goes_on(pair: Replicated, behind: Project) -> None:
    begin(count=50_000, batch_rows=200)
    execute(SLOWLY.replace("shop_order", "item").replace("EACH ROW", "EACH STATEMENT").replace("0.0002", "0.005"))
    wait_for(lambda: caught_up(pair))
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
