"""What a worker looks at once in a second: whether it may go on, what others have set, and how far all of them are."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from django_safemigrate.catalog.query import Connection, rows
from django_safemigrate.models import Backfill, BackfillChunk, MigrationStep

# Whoever has asked the server for something so many seconds ago uses the database.
RECENT = 10


@dataclass(frozen=True)
class Control:
    """``over``: done, or its migration is closed. ``busy``: sessions that are not workers have used the database of late.

    ``reason``: why nothing goes on, as some worker has said. ``rows`` were changed, ``scanned`` of ``estimate`` passed (in
    this pass), ``rate`` in a second by ``workers``.
    """

    over: bool
    paused: bool
    batch_rows: int | None
    busy: bool
    reason: str
    rows: int
    scanned: int
    estimate: int
    rate: float
    workers: int


def look(connection: Connection, backfill: int, sessions: Sequence[int] = ()) -> Control:
    """As things are now. ``sessions``: our own besides this one. Costs one statement."""
    [found] = rows(connection, _LOOK, [list(sessions), RECENT, backfill])
    return Control(*found)


_LOOK = f"""
    SELECT b.done IS NOT NULL OR s.closed IS NOT NULL, b.paused, b.batch_rows,
           EXISTS (
             SELECT FROM pg_stat_activity a
             WHERE a.datname = current_database() AND a.backend_type = 'client backend'
               AND a.pid <> ALL (pg_backend_pid() || %s::int[])
               AND coalesce(a.state_change, 'infinity') > clock_timestamp() - %s * interval '1 second'
               AND NOT EXISTS (SELECT FROM "{BackfillChunk._meta.db_table}" w WHERE w.sessions @> to_jsonb(a.pid))),
           b.reason,
           (b.rows + coalesce(c.rows, 0))::bigint, (b.scanned + coalesce(c.scanned, 0))::bigint, b.estimate,
           coalesce(c.rate, 0), coalesce(c.workers, 0)
    FROM "{Backfill._meta.db_table}" b JOIN "{MigrationStep._meta.db_table}" s ON s.id = b.step_id
    LEFT JOIN LATERAL (
      SELECT sum(rows) AS rows, sum(scanned) FILTER (WHERE number = 1) AS scanned, sum(rate) AS rate,
             count(DISTINCT worker) FILTER (WHERE worker <> '') AS workers
      FROM "{BackfillChunk._meta.db_table}" WHERE backfill_id = b.id) c ON true
    WHERE b.id = %s
"""
