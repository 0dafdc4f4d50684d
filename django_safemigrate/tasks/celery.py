"""The task for Celery's workers. Needs the extra ``celery``.

    from django_safemigrate.tasks.celery import work_on_backfills

    work_on_backfills.delay()

Each call is one worker that goes on until nothing is left; two calls are two workers.
"""

from __future__ import annotations

from typing import Any

from celery import shared_task

from django_safemigrate.doing.backfill.shift import Left
from django_safemigrate.doing.backfill.slices import LATER, SECONDS, work_for


def _work_on_backfills(task: Any, seconds: float = SECONDS, using: str = "default", again: bool = True) -> str:
    """Work for so many seconds, and come again while there is work: at once, or later where all of it is held back.

    ``again=False``: do not come again; for a task that is sent periodically. A worker that is killed loses nothing: the task
    is acknowledged at its end (``acks_late``), and what it had not committed was not done.
    """
    if task.request.is_eager:  # there is no queue: the caller is the worker
        return work_for(float("inf"), using).name.lower()
    left = work_for(seconds, using)
    if again and left is not Left.NOTHING:
        task.apply_async(
            kwargs={"seconds": seconds, "using": using}, countdown=LATER if left is Left.HELD_BACK else None
        )
    return left.name.lower()


work_on_backfills = shared_task(
    _work_on_backfills,
    bind=True,
    name="django_safemigrate.work_on_backfills",
    acks_late=True,
    reject_on_worker_lost=True,
    ignore_result=True,
)
