"""Backfills by Django's tasks framework: in the caller's process, and by real workers with their queue in the database."""

from __future__ import annotations

from contextlib import ExitStack
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import django
import pytest

from django_safemigrate.models import Backfill
from tests.support.backfills import PACED, at_once, begin, changed, pace
from tests.support.database import rows, value
from tests.support.project import Project
from tests.tasks.processes import run, wait_until, worker

if django.VERSION < (6, 0):
    pytest.skip("django.tasks came with Django 6.0", allow_module_level=True)

from django_safemigrate.tasks.django_tasks import work_on_backfills

pytestmark = pytest.mark.postgres


def test_the_immediate_backend_does_it_all_at_once(live: Project) -> None:
    begin(count=2_000)
    assert work_on_backfills.enqueue(seconds=0.001).return_value == "nothing"
    assert changed() == [("done", 1, 2_000)]


def test_workers_of_a_database_backend(live: Project, tmp_path: Path) -> None:
    """Two workers, tasks that come again, and one that waits for a paused backfill."""
    pytest.importorskip("django_tasks_db", reason="its queue is in a package of its own")
    log = tmp_path / "log"
    pace(0.1)
    begin(count=120_000, batch_rows=100, set_to=PACED)
    run("django", "migrate", "django_tasks_database")
    enqueue = "from django_safemigrate.tasks.django_tasks import work_on_backfills as w; w.enqueue(seconds=1)"
    for _ in range(2):
        run("django", "shell", "-c", enqueue)
    with ExitStack() as workers:
        for _ in range(2):
            workers.enter_context(worker(log, "django", "db_worker", "--interval", "0.1"))
        wait_until(lambda: value("SELECT count(*) FROM item WHERE state = 'done'") > 500, log)
        wait_until(lambda: value(OF_TASKS) > 4, log)
        Backfill.objects.update(paused=True)
        wait_until(_waiting, log)
        at_once()
        Backfill.objects.update(paused=False, batch_rows=200)
        rows("UPDATE django_tasks_database_dbtaskresult SET run_after = now() WHERE status = 'READY'")
        wait_until(lambda: Backfill.objects.filter(done=None).count() == 0, log)
        wait_until(lambda: value(f"{OF_TASKS} WHERE status <> 'SUCCESSFUL'") == 0, log)
    assert changed() == [("done", 1, 120_000)]


OF_TASKS = "SELECT count(*) FROM django_tasks_database_dbtaskresult"


def _waiting() -> bool:
    """Both are to come again, and later; what is to come at once has a date that is thousands of years away."""
    later = "run_after BETWEEN enqueued_at + interval '5 seconds' AND enqueued_at + interval '1 minute'"
    return bool(value(f"{OF_TASKS} WHERE status = 'READY' AND {later}") == 2)


class Backend:
    """One that cannot wait: it has no ``run_after``."""

    supports_defer = False


def test_a_backend_that_cannot_wait_is_given_the_task_again_at_the_end_of_its_time(live: Project) -> None:
    begin(count=500)
    Backfill.objects.update(paused=True)
    enqueued: list[dict[str, Any]] = []
    this = SimpleNamespace(get_backend=lambda: Backend(), enqueue=lambda **arguments: enqueued.append(arguments))
    context = SimpleNamespace(task_result=SimpleNamespace(task=this))
    assert work_on_backfills.func(context, seconds=0.5) == "held_back"
    assert enqueued == [{"seconds": 0.5, "using": "default"}]
    assert work_on_backfills.func(context, seconds=0.5, again=False) == "held_back"
    assert len(enqueued) == 1
