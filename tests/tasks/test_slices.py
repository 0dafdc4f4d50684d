"""The shift that a task of a queue is: what it does when the server is gone, and when nobody may work there."""

from __future__ import annotations

import os
import subprocess
import sys
import threading

import pytest
from django.db import connection

from django_safemigrate.doing.backfill.shift import Left
from django_safemigrate.doing.backfill.slices import work_for
from django_safemigrate.models import Backfill
from django_safemigrate.values.errors import DatabaseUnavailable
from tests.support.backfills import PACED, at_once, begin, changed, pace
from tests.support.database import another_session, execute, value
from tests.support.project import Project
from tests.support.waiting import wait_for
from tests.tasks.processes import ROOT

pytestmark = pytest.mark.postgres


def test_whoever_has_celery_and_another_queue_does_not_import_it() -> None:
    """Where it is in use, the worker of ``test_celery`` finds the task."""
    program = "import sys, django_safemigrate.tasks; print('celery' in sys.modules)"
    assert subprocess.check_output([sys.executable, "-c", program], cwd=ROOT, text=True) == "False\n"


@pytest.mark.parametrize("number", range(int(os.environ.get("ROUNDS", "2"))))
def test_a_session_that_is_lost_is_no_end(live: Project, caplog: pytest.LogCaptureFixture, number: int) -> None:
    """Wherever that happens: in a batch, or between two."""
    pace(0.05)
    begin(count=20_000, batch_rows=20, set_to=PACED)
    pid = value("SELECT pg_backend_pid()")
    ended: list[bool] = []

    def end() -> None:
        with another_session() as session:
            done = "SELECT count(*) FROM item WHERE state = 'done'"
            wait_for(lambda: session.execute(done).fetchone() != (0,))
            row = session.execute("SELECT pg_terminate_backend(%s)", [pid]).fetchone()
            ended.append(bool(row and row[0]))

    thread = threading.Thread(target=end)
    thread.start()
    left = work_for(600.0, "default")
    thread.join()
    assert ended == [True]
    assert left is Left.HELD_BACK
    assert "cannot be reached" in caplog.text
    at_once()
    Backfill.objects.update(batch_rows=1_000)
    assert work_for(600.0, "default") is Left.NOTHING
    assert changed() == [("done", 1, 20_000)]


def test_a_role_without_rights_ends_it(live: Project) -> None:
    begin(count=100)
    execute("DROP ROLE IF EXISTS plain_worker")
    execute("CREATE ROLE plain_worker LOGIN")
    execute("GRANT SELECT ON ALL TABLES IN SCHEMA public TO plain_worker")
    try:
        execute("SET ROLE plain_worker")
        with pytest.raises(DatabaseUnavailable, match="permission denied"):
            work_for(60.0, "default")
    finally:
        execute("RESET ROLE")
        execute("DROP OWNED BY plain_worker")
        execute("DROP ROLE plain_worker")
    connection.close()
