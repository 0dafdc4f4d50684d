"""Backfills by the workers of a task queue: ``celery``, and ``django_tasks`` for Django's own framework.

Celery's ``autodiscover_tasks()`` imports this module of every installed app, so the task for Celery is known where Celery is
in use. Nobody else imports it: whoever has it installed, and uses another queue, does not pay for it.
"""

import sys

if "celery" in sys.modules:
    from . import celery as celery
