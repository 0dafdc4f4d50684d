"""A batch of a fill: the fence, the rows, the cursor and the counts in one transaction, at once or one after the other."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

from django.utils import timezone

from django_safemigrate.catalog.keys import Place
from django_safemigrate.catalog.query import Connection, rows
from django_safemigrate.models import BackfillChunk

from .ledger import Chunk, ChunkLost

# Rows that others have locked are tried again so many seconds later.
AGAIN = 0.05

_CHUNK = f'"{BackfillChunk._meta.db_table}"'


def at_once(
    connection: Connection,
    chunk: Chunk,
    update: str,
    cursor: Place,
    *,
    lock_timeout: float,
    passed: int,
    batch: int,
    rate: float,
) -> int:
    """All of a batch in one round trip, outside a transaction: the fence, ``update``, the cursor and the counts.

    How many rows were changed. One string of statements is one transaction (manual, "Multiple Statements in a Simple Query").
    Raises ``ChunkLost``.
    """
    ops: Any = connection.ops
    settings = ops.compose_sql(f"SELECT {_SETTINGS}", [_milliseconds(lock_timeout)])
    mine = ops.compose_sql(f"SELECT id FROM {_CHUNK} WHERE id = %s AND token = %s FOR UPDATE", [chunk.row, chunk.token])
    advanced = ops.compose_sql(
        f"UPDATE {_CHUNK} SET cursor = %s::jsonb, rows = rows + counted.number, scanned = scanned + %s, batch_rows = %s, "
        f"rate = %s, touched = clock_timestamp() FROM mine, counted WHERE {_CHUNK}.id = mine.id RETURNING counted.number",
        [json.dumps(cursor), passed, batch, rate],
    )
    filled = f"{update} AND EXISTS (SELECT FROM mine) RETURNING 1"
    with connection.cursor() as executing:
        executing.execute(
            f"{settings};\nWITH mine AS ({mine}), filled AS ({filled}), "
            f"counted AS (SELECT count(*) AS number FROM filled) {advanced}",
            None,
        )
        executing.nextset()
        found = executing.fetchall()
    if not found:
        raise ChunkLost
    return int(found[0][0])


# It goes by the index, also where the planner does not know how few rows it is about.
_SETTINGS = (
    "set_config('lock_timeout', %s, true), set_config('statement_timeout', '0', true), "
    "set_config('enable_seqscan', 'off', true), set_config('jit', 'off', true)"
)


def _milliseconds(seconds: float) -> str:
    return f"{max(1, round(seconds * 1000))}ms"


def fence(connection: Connection, chunk: Chunk, lock_timeout: float) -> None:
    """At the beginning: nobody can take the chunk before the end. Sets the transaction's timeouts. Raises ``ChunkLost``."""
    found = rows(
        connection,
        f"SELECT {_SETTINGS} FROM {_CHUNK} WHERE id = %s AND token = %s FOR UPDATE",
        [_milliseconds(lock_timeout), chunk.row, chunk.token],
    )
    if not found:
        raise ChunkLost


def advance(
    connection: Connection, chunk: Chunk, cursor: Place, *, changed: int, passed: int, batch: int, rate: float
) -> None:
    """At the end: the cursor and the counts. As SQL, since Django takes longer to write such a statement than to run it."""
    with connection.cursor() as executing:
        executing.execute(
            f"UPDATE {_CHUNK} SET cursor = %s::jsonb, rows = rows + %s, scanned = scanned + %s, batch_rows = %s, rate = %s, "
            "touched = clock_timestamp() WHERE id = %s",
            [json.dumps(cursor), changed, passed, batch, rate, chunk.row],
        )


def come_back(connection: Connection, chunk: Chunk, after: Place | None, upto: Place) -> None:
    """Rows in this range are locked by others: it is a chunk of its own, for later."""
    BackfillChunk.objects.using(connection.alias).bulk_create(
        [
            BackfillChunk(
                backfill_id=chunk.backfill,
                number=chunk.number + 1,
                after=after,
                upto=upto,
                not_before=timezone.now() + timedelta(seconds=AGAIN),
            )
        ]
    )
