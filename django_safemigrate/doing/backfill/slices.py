"""A worker's shift as a task of a queue: a short one, behind which the task puts itself into the queue again.

A queue is no place for a task that takes hours: its worker could not be replaced by a deploy, and the broker would take the
task for lost. And a task that waits keeps others from its worker: what is held back comes again later.
"""

from __future__ import annotations

import logging

from django.db import connections

from django_safemigrate.doing.sqlstate import connection_lost
from django_safemigrate.values.errors import DatabaseUnavailable
from django_safemigrate.values.settings import read_settings

from .shift import Left, Shift

# Seconds that a task may take; for which it waits for what is held back; and after which it comes again in that case.
SECONDS = 60.0
PATIENCE = 3.0
LATER = 15.0

logger = logging.getLogger("django_safemigrate")


def work_for(seconds: float, using: str, *, patience: float = PATIENCE) -> Left:
    """Work on all backfills of a database. One that fails keeps nobody from the others: it is logged, and raised at the end
    when there is nothing else to do. A server that is gone is logged, and comes back: what is left is held back until then.

    Raises ``DatabaseUnavailable`` for what will not pass by itself (a pool that lends sessions out, rights), and
    ``UsageError`` for settings that cannot be read.
    """
    connection = connections[using]
    shift = Shift(connection, read_settings(), seconds, patience, tell=logger.warning)
    try:
        left = shift.run()
    except DatabaseUnavailable as error:
        if error.__cause__ is None or not connection_lost(error.__cause__):
            raise
        logger.error("%s", error.fact)
        connection.close()
        return Left.HELD_BACK
    for name, failure in shift.failed.items():
        logger.error("The backfill %s failed: %s", name, failure)
        if left is Left.NOTHING:
            raise failure
    return left
