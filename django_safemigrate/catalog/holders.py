"""Who is in the way: the sessions that hold a lock which conflicts with one that we want.

``pg_locks`` is visible to every role. What the sessions do is not: without ``pg_read_all_stats`` the state and the age of
a transaction of another role are unknown (NULL), and so are they here (None). Its virtual transaction id is not.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django_safemigrate.values.events import Holder
from django_safemigrate.values.locks import LockMode, RelationLock

from .query import Connection, quoted, rows

# Behind a session that waits for one of these, readers or writers queue.
MODES_IN_THE_WAY = [mode.catalog_name for mode in LockMode if mode.makes_others_wait]

_COLUMNS = """
    pid, l.mode, l.relation::regclass::text, a.application_name, a.usename, a.state, a.backend_type,
    extract(epoch FROM clock_timestamp() - a.xact_start)::float8, l.virtualtransaction,
    extract(epoch FROM clock_timestamp() - a.state_change)::float8
"""


def holders(connection: Connection, locks: Sequence[RelationLock], *, ours: int | None) -> tuple[Holder, ...]:
    """Sessions that hold a lock in conflict with any of ``locks``, the longest transaction first.

    ``ours`` is the backend pid that does not count: the one that is going to ask.
    """
    found: list[Holder] = []
    for lock in locks:
        modes = [mode.catalog_name for mode in lock.mode.conflicts]
        found += _holders(
            rows(
                connection,
                f"""
                SELECT l.{_COLUMNS.strip()} FROM pg_locks l LEFT JOIN pg_stat_activity a ON a.pid = l.pid
                WHERE l.locktype = 'relation' AND l.granted AND l.relation = to_regclass(%s) AND l.mode = ANY (%s)
                  AND l.database = (SELECT oid FROM pg_database WHERE datname = current_database())
                  AND l.pid IS DISTINCT FROM %s
                """,
                [lock.relation, modes, ours],
            )
        )
    return tuple(sorted(found, key=lambda holder: -(holder.transaction_age or 0.0)))


def blockers_of(connection: Connection, pid: int) -> tuple[Holder, ...]:
    """The sessions for which the session ``pid`` waits at this moment, with one of the locks that each holds, if any.

    Uses ``pg_blocking_pids``, which takes the lock manager's locks for a moment: meant for now and then.
    """
    return _holders(
        rows(
            connection,
            f"""
            SELECT DISTINCT ON (b.pid) b.{_COLUMNS.strip()}
            FROM unnest(pg_blocking_pids(%s)) AS b(pid)
            LEFT JOIN pg_locks l ON l.pid = b.pid AND l.locktype = 'relation' AND l.granted
              AND l.database = (SELECT oid FROM pg_database WHERE datname = current_database())
            LEFT JOIN pg_stat_activity a ON a.pid = b.pid
            ORDER BY b.pid
            """,
            [pid],
        )
    )


def waiting_behind(connection: Connection, pid: int, seconds: float) -> list[tuple[int, str, float]]:
    """The sessions that wait for a table of which ``pid`` has a lock that stops readers or writers, or waits for one.

    Each with the (quoted) table and for how long, ``seconds`` at most: since when ``pid`` has asked.
    """
    return [
        (other, table, min(waited, seconds))
        for other, table, waited in rows(
            connection,
            f"""
            SELECT other.pid, {quoted("other.relation")},
                   extract(epoch FROM clock_timestamp() - coalesce(other.waitstart, clock_timestamp()))::float8
            FROM pg_locks ours JOIN pg_locks other
              ON other.relation = ours.relation AND other.database = ours.database AND other.pid <> ours.pid
            WHERE ours.pid = %s AND ours.locktype = 'relation' AND ours.mode = ANY (%s)
              AND other.locktype = 'relation' AND NOT other.granted
            """,
            [pid, MODES_IN_THE_WAY],
        )
    ]


def _holders(found: list[tuple[Any, ...]]) -> tuple[Holder, ...]:
    return tuple(
        Holder(
            pid=pid or None,  # pg_blocking_pids says 0 for a prepared transaction
            mode=LockMode.from_catalog(mode or ""),
            relation=relation or "",
            application_name=application or "",
            user=user or "",
            state=state or "",
            backend_type=backend or "",
            transaction_age=age,
            transaction=transaction or "",
            idle=idle,
        )
        for pid, mode, relation, application, user, state, backend, age, transaction, idle in found
    )
