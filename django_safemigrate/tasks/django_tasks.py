"""The task for Django's tasks framework (``django.tasks``, Django 6.0).

    from django_safemigrate.tasks.django_tasks import work_on_backfills

    work_on_backfills.enqueue()

Each call is one worker that goes on until nothing is left; two calls are two workers. ``using()`` names another queue or
backend, and the task stays there.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.tasks import task
from django.tasks.backends.immediate import ImmediateBackend
from django.utils import timezone

from django_safemigrate.doing.backfill.shift import Left
from django_safemigrate.doing.backfill.slices import LATER, SECONDS, work_for


@task(takes_context=True)
def work_on_backfills(context: Any, seconds: float = SECONDS, using: str = "default", again: bool = True) -> str:
    """Work for so many seconds, and come again while there is work: at once, or later where all of it is held back and
    the backend can wait. ``again=False``: do not come again; for a task that is enqueued periodically."""
    this = context.task_result.task
    backend = this.get_backend()
    if isinstance(backend, ImmediateBackend):  # there is no queue: the caller is the worker
        return work_for(float("inf"), using).name.lower()
    patient = backend.supports_defer
    left = work_for(seconds, using) if patient else work_for(seconds, using, patience=seconds)
    if again and left is not Left.NOTHING:
        later = patient and left is Left.HELD_BACK
        next_one = this.using(run_after=timezone.now() + timedelta(seconds=LATER)) if later else this
        next_one.enqueue(seconds=seconds, using=using)
    return left.name.lower()
