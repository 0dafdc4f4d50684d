"""Backfills by the workers of a task queue: ``celery``, and ``django_tasks`` for Django's own framework.

Celery's ``autodiscover_tasks()`` imports this module of every installed app, so the task for Celery is known where Celery is
there.
"""

from importlib.util import find_spec

if find_spec("celery") is not None:
    from . import celery as celery
