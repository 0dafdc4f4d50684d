"""An autovacuum in the way makes way, without anybody's waiting for us meanwhile.

The server cancels an ordinary autovacuum for whoever has waited ``deadlock_timeout`` (1 s by default) for a lock that it
holds, whatever its mode; one that prevents wraparound it does not (manual, "Routine Vacuuming"). A request for ACCESS
EXCLUSIVE must not wait that long, since readers and writers queue behind it. One for SHARE UPDATE EXCLUSIVE may: it conflicts
with the vacuum, and with nothing that an application does.
"""

from __future__ import annotations

from django.db import DatabaseError
from django.db.transaction import atomic

from django_safemigrate.catalog.query import Connection, rows, value
from django_safemigrate.values.locks import LockMode, RelationLock

from .locking import lock_tables
from .sqlstate import INSUFFICIENT_PRIVILEGE, LOCK_REFUSED, sqlstate
from .timeouts import set_local_timeouts

# Seconds, where the role may set it: the vacuum is cancelled at once.
QUICK = 0.01


def make_way(connection: Connection, table: str, margin: float, *, quickly: bool) -> bool:
    """Wait for SHARE UPDATE EXCLUSIVE on ``table`` (as SQL names it) until the server has cancelled the autovacuum.

    Waits ``deadlock_timeout`` and ``margin`` seconds at most; ``quickly`` says that the role may set ``deadlock_timeout``.
    False where the vacuum stays: it prevents wraparound, or the role may not lock the table.
    """
    milliseconds = value(connection, "SELECT setting::int FROM pg_settings WHERE name = 'deadlock_timeout'")
    usual = QUICK if quickly else milliseconds / 1000
    try:
        with atomic(using=connection.alias):
            set_local_timeouts(connection, lock=usual + margin)
            if quickly:
                rows(connection, "SELECT set_config('deadlock_timeout', %s, true)", [f"{round(QUICK * 1000)}ms"])
            lock_tables(connection, [RelationLock(table, LockMode.SHARE_UPDATE_EXCLUSIVE)], usual + margin)
    except DatabaseError as error:
        if sqlstate(error) not in {*LOCK_REFUSED, INSUFFICIENT_PRIVILEGE}:
            raise
        return False
    return True
