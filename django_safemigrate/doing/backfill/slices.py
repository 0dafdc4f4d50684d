"""A worker's shift as a task of a queue: a short one, behind which the task puts itself into the queue again.

A queue is no place for a task that takes hours: its worker could not be replaced by a deploy, and the broker would take the
task for lost. And a task that waits keeps others from its worker: what is held back comes again later.
"""

from __future__ import annotations

import logging

from django.db import connections

from django_safemigrate.values.settings import read_settings

from .shift import Left, Shift

# Seconds that a task may take; for which it waits for what is held back; and after which it comes again in that case.
SECONDS = 60.0
PATIENCE = 3.0
LATER = 15.0

logger = logging.getLogger("django_safemigrate")


def work_for(seconds: float, using: str, *, patience: float = PATIENCE) -> Left:
    """Work on all backfills of a database. One that fails keeps nobody from the others: it is logged, and raised at the end
    when there is nothing else to do. Raises what the connection raises, too, and ``UsageError`` for settings that cannot be
    read."""
    shift = Shift(connections[using], read_settings(), seconds, patience, tell=logger.warning)
    left = shift.run()
    for name, error in shift.failed.items():
        logger.error("The backfill %s failed: %s", name, error)
        if left is Left.NOTHING:
            raise error
    return left
