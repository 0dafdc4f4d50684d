"""Several tables locked for one statement, before it, within one limit for all of them.

``lock_timeout`` counts for each lock anew (manual, "Client Connection Defaults"), so that a statement that locks two tables
may wait twice as long, holding the first of them while it waits for the second.
"""

from __future__ import annotations

import time
from collections.abc import Sequence

from django_safemigrate.catalog.query import Connection
from django_safemigrate.decisions.lock_policy import SHORTEST
from django_safemigrate.values.locks import RelationLock


def lock_tables(connection: Connection, locks: Sequence[RelationLock], timeout: float) -> None:
    """In the open transaction: take all of ``locks``, in their order, within ``timeout`` seconds altogether.

    Raises the server's 55P03 where that is not possible. Afterwards ``lock_timeout`` is what is left of the time.
    """
    until = time.monotonic() + timeout
    with connection.cursor() as cursor:
        for lock in locks:
            left = max(SHORTEST, until - time.monotonic())
            cursor.execute(
                f"SET LOCAL lock_timeout = {round(left * 1000)}; LOCK TABLE ONLY {lock.relation} IN {lock.mode.value} MODE",
                None,
            )
