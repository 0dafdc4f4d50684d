"""How far the standbys are: what has streamed our WAL, and what of it they have replayed.

``pg_stat_replication`` (manual, "The Cumulative Statistics System") has a row for every WAL sender. It shows a role without
``pg_read_all_stats`` who is connected, and NULL for everything else. Its ``replay_lag`` is no measure of a replay that is
stuck: while nothing more is written it keeps for 10 s (``wal_receiver_status_interval`` of the standby) the lag of what was
replayed last, and after the end of the trouble it goes on to say the last lag that there was. ``replay_lsn`` is right: a
standby reports as soon as it has replayed all that it has.

A standby that hangs from another standby is known to that one only, and a slot that nobody is connected to has no row:
neither is seen here.
"""

from __future__ import annotations

from typing import Any

from django.db import DatabaseError

from django_safemigrate.values.standbys import Standby

from .query import Connection, rows

# insufficient_privilege, feature_not_supported: services with a replication of their own may not let us look.
_NOT_FOR_US = {"42501", "0A000"}

# Where the next record will begin, from which a standby that has all before it must not differ: at the end of a block
# that is behind the header of the next one, 24 bytes, 40 in the first block of a segment file (manual, "WAL Internals";
# access/xlog_internal.h). WAL that was not flushed yet counts: our own commit, with synchronous_commit = off.
_POSITION = """
    SELECT at - CASE WHEN at %% block IN (24, 40) THEN at %% block ELSE 0 END AS at
    FROM (SELECT (pg_current_wal_insert_lsn() - '0/0')::int8 AS at, current_setting('wal_block_size')::int8 AS block) now
"""


# A row for each: the columns of ``standby_of``. Subscribers and base backups are none.
STANDBYS = f"""
    SELECT r.application_name, host(r.client_addr) AS client, r.state, extract(epoch FROM r.replay_lag)::float8 AS lag,
           greatest(0, p.at - (r.replay_lsn - '0/0')::int8) AS behind, (r.replay_lsn - '0/0')::int8 AS replayed
    FROM pg_stat_replication r
    CROSS JOIN ({_POSITION}) p
    LEFT JOIN pg_replication_slots s ON s.active_pid = r.pid
    WHERE s.slot_type IS DISTINCT FROM 'logical' AND r.state IS DISTINCT FROM 'backup'
    ORDER BY r.application_name, r.pid
"""


def standby_of(
    name: str | None, client: str | None, state: str | None, lag: float | None, behind: int, replayed: int | None
) -> Standby:
    """A row of ``STANDBYS``."""
    return Standby(
        name or "",
        client,
        state,
        lag,
        behind if replayed is not None else None,  # greatest() passes over NULL
        replayed,
    )


def standbys(connection: Connection) -> tuple[Standby, ...]:
    """The standbys of this server, by name; none where there are none, or where the server does not let us ask.

    To be asked outside transactions. Takes no locks on tables.
    """
    return tuple(standby_of(*row) for row in _asked(connection, STANDBYS))


def position_to_replay(connection: Connection) -> int | None:
    """Up to where the WAL of this moment goes, in bytes; None where nobody is seen to replay it. One round trip.

    To be asked outside transactions.
    """
    found = _asked(
        connection,
        f"SELECT at FROM ({_POSITION}) p WHERE EXISTS (SELECT FROM pg_stat_replication WHERE replay_lsn IS NOT NULL)",
    )
    return int(found[0][0]) if found else None


def _asked(connection: Connection, sql: str) -> list[tuple[Any, ...]]:
    try:
        return rows(connection, sql)
    except DatabaseError as error:
        if getattr(error.__cause__, "sqlstate", None) in _NOT_FOR_US:
            return []
        raise
