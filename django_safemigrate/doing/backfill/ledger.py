"""What is known of a backfill, and who works on which part of it: our tables ``Backfill`` and ``BackfillChunk``.

A chunk is a range of keys that belongs to one worker at a time. Its ``token`` is the fence: it grows with everybody who
takes the chunk over, and each batch looks for its own in its transaction, and locks the row. So nobody writes who has lost
his chunk, and no row is done twice by a batch that commits. No signals of models are sent.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import Enum

from django.db import Error
from django.db.models import F
from django.db.transaction import atomic
from django.utils import timezone

from django_safemigrate.catalog.keys import Order, Place, estimated_rows, kept, order_of
from django_safemigrate.catalog.query import Connection, rows
from django_safemigrate.models import Backfill, BackfillChunk, MigrationStep

# Rows of a chunk: many batches, and few enough for several workers to end at about the same time.
CHUNK_LEAST, CHUNK_MOST, CHUNKS, BATCHES = 1_000, 50_000, 32, 10

# The first half of an advisory lock: a number that nobody else will use by chance.
_VERIFYING = int.from_bytes(hashlib.sha256(b"django_safemigrate backfill").digest()[:4], "big", signed=True)

_CHUNK = f'"{BackfillChunk._meta.db_table}"'
_BACKFILL = f'"{Backfill._meta.db_table}"'
_STARTED = "(SELECT backend_start FROM pg_stat_activity WHERE pid = pg_backend_pid())"


class ChunkLost(Exception):
    """Somebody else has taken the chunk over."""


class Nothing(Enum):
    """Why there is no chunk to take."""

    WAIT = "others work on the last ones"
    VERIFY = "all of this pass is done"
    OVER = "it is over"


@dataclass
class Chunk:
    """A chunk in our hands. ``cursor``: what is done, up to there."""

    row: int
    backfill: int
    token: int
    number: int
    cursor: Place | None
    upto: Place
    size: int
    scanned: int

    @property
    def is_over(self) -> bool:
        return self.cursor == self.upto


@dataclass(frozen=True)
class Worker:
    """``who``, for people; ``sessions``: those of it in the database besides the one that works, which are no traffic.
    ``lease``: after how many seconds without a sign of life its chunk may be taken."""

    who: str
    sessions: Sequence[int] = ()
    lease: float = 30.0


def register(
    connection: Connection, step: int, name: str, table: str, *, background: bool = False, new_rows_stay: bool = False
) -> Backfill:
    """The backfill of a step (its row in the journal); it is begun where it is not known yet, with its end as of now.

    ``new_rows_stay``: of rows that keep coming it leaves the last ones as they are, instead of never coming to its end.
    """
    backfills = Backfill.objects.using(connection.alias)
    known = backfills.filter(step=step).first()
    if known is not None:
        return known
    order = order_of(connection, table)
    made = Backfill(
        step_id=step,
        name=name,
        table=table,
        key=kept(order),
        end=order.last(connection),
        estimate=max(0, estimated_rows(connection, table)),
        background=background,
        new_rows_stay=new_rows_stay,
        started=timezone.now(),
    )
    return backfills.bulk_create([made])[0]


def take(
    connection: Connection, backfill: int, order: Order, worker: Worker, *, done: Chunk | None = None, batch: int = 0
) -> Chunk | Nothing:
    """A chunk for us: one that nobody has any more, or a new one, of ten batches (rows) at least.

    ``done``: the one before, which is over. Both at once, so that others see at every moment whose sessions ours are. Raises
    ``ChunkLost`` where that one was taken over.
    """
    with atomic(using=connection.alias):
        found = _locked(connection, backfill)
        if done is not None:
            _close(connection, done)
        if found is None:
            return Nothing.OVER
        mine = _take_over(connection, backfill, worker, "c.number = 1")
        if mine is None and found.frontier != found.end:
            assert found.end is not None
            upto, size = order.ahead(connection, found.frontier, found.end, _chunk_rows(found.estimate, batch))
            mine = _hand_out(connection, backfill, worker, found.frontier, upto, size)
        if mine is None:  # rows that others had locked come last
            mine = _take_over(connection, backfill, worker, "c.number > 1")
        if mine is None:
            others = BackfillChunk.objects.using(connection.alias).filter(backfill=backfill)
            return Nothing.WAIT if others.exists() else Nothing.VERIFY
        return mine


def _chunk_rows(estimate: int, batch: int) -> int:
    """Of a table with about so many rows; 0: nobody knows."""
    return min(CHUNK_MOST, max(CHUNK_LEAST, BATCHES * batch, estimate // CHUNKS)) if estimate else CHUNK_MOST


def _locked(connection: Connection, backfill: int) -> Backfill | None:
    """Its row, which nobody else changes before the end of the transaction; None where it is over or given up."""
    open_ones = Backfill.objects.using(connection.alias).filter(done=None, step__closed=None)
    return open_ones.select_for_update(of=("self",), no_key=True).filter(pk=backfill).first()


def _take_over(connection: Connection, backfill: int, worker: Worker, which: str) -> Chunk | None:
    """A chunk that nobody has, or whose worker is gone or silent; of those that meet a condition."""
    found = rows(
        connection,
        f"""
        UPDATE {_CHUNK} SET token = token + 1, worker = %s, session = pg_backend_pid(), session_start = {_STARTED},
          sessions = to_jsonb(pg_backend_pid() || %s::int[]), touched = clock_timestamp(), not_before = NULL
        WHERE id = (
          SELECT c.id FROM {_CHUNK} c
          WHERE c.backfill_id = %s AND {which} AND (c.not_before IS NULL OR c.not_before <= clock_timestamp())
            AND (c.worker = '' OR c.touched < clock_timestamp() - %s * interval '1 second' OR NOT EXISTS (
              SELECT FROM pg_stat_activity a
              WHERE a.pid = c.session AND (a.backend_start = c.session_start) IS NOT FALSE))
          ORDER BY c.number, c.id LIMIT 1 FOR UPDATE SKIP LOCKED)
        RETURNING {_TAKEN}
        """,
        [worker.who, list(worker.sessions), backfill, worker.lease],
    )
    return _chunk(*found[0]) if found else None


def _hand_out(
    connection: Connection, backfill: int, worker: Worker, after: Place | None, upto: Place, size: int
) -> Chunk:
    """A new chunk that is ours from the beginning, and the frontier behind it."""
    [found] = rows(
        connection,
        f"""
        WITH handed_out AS (UPDATE {_BACKFILL} SET frontier = %s::jsonb WHERE id = %s)
        INSERT INTO {_CHUNK} (backfill_id, number, after, upto, size, rows, scanned, rate, batch_rows, token, worker,
                              session, session_start, sessions, touched)
        VALUES (%s, 1, %s::jsonb, %s::jsonb, %s, 0, 0, 0, 0, 1, %s, pg_backend_pid(), {_STARTED},
                to_jsonb(pg_backend_pid() || %s::int[]), clock_timestamp())
        RETURNING {_TAKEN}
        """,
        [
            json.dumps(upto),
            backfill,
            backfill,
            None if after is None else json.dumps(after),
            json.dumps(upto),
            size,
            worker.who,
            list(worker.sessions),
        ],
    )
    return _chunk(*found)


_TAKEN = "id, backfill_id, token, number, coalesce(cursor, after)::text, upto::text, size, scanned"


def _chunk(
    row: int, backfill: int, token: int, number: int, cursor: str | None, upto: str, size: int, scanned: int
) -> Chunk:
    at = None if cursor is None else json.loads(cursor)
    return Chunk(row, backfill, token, number, at, json.loads(upto), size, scanned)


def _close(connection: Connection, chunk: Chunk) -> None:
    """It is over: its counts go to the backfill. Raises ``ChunkLost``."""
    found = rows(
        connection,
        f"""
        WITH over AS (DELETE FROM {_CHUNK} WHERE id = %s AND token = %s RETURNING rows, scanned, size, number)
        UPDATE {_BACKFILL} b SET rows = b.rows + over.rows,
          scanned = b.scanned + CASE WHEN over.number = 1 THEN greatest(over.scanned, over.size) ELSE 0 END
        FROM over WHERE b.id = %s RETURNING b.id
        """,
        [chunk.row, chunk.token, chunk.backfill],
    )
    if not found:
        raise ChunkLost


# Between batches


def release(connection: Connection, chunk: Chunk) -> None:
    """Somebody else may go on with it."""
    mine = BackfillChunk.objects.using(connection.alias).filter(pk=chunk.row, token=chunk.token)
    mine.update(worker="", session=None, session_start=None, sessions=[], rate=0.0)


def say_why(connection: Connection, backfill: int, reason: str) -> None:
    """Why nothing goes on at this moment; empty: it does."""
    Backfill.objects.using(connection.alias).filter(pk=backfill).update(reason=reason)


def say_error(connection: Connection, backfill: int, error: str) -> None:
    """Why a worker has failed."""
    Backfill.objects.using(connection.alias).filter(pk=backfill).update(error=error)


# Passes


def begin_pass(connection: Connection, seen: Backfill, after: Place | None, end: Place | None) -> None:
    """Another pass, if nobody else has begun it since ``seen``."""
    with atomic(using=connection.alias):
        if _is_as_seen(connection, seen):
            Backfill.objects.using(connection.alias).filter(pk=seen.pk).update(
                frontier=after, end=end, number=F("number") + 1, rows_before=F("rows"), scanned=0
            )


def finish(connection: Connection, seen: Backfill) -> None:
    """It is done, if nobody has begun another pass since ``seen``."""
    with atomic(using=connection.alias):
        if _is_as_seen(connection, seen):
            Backfill.objects.using(connection.alias).filter(pk=seen.pk).update(done=timezone.now(), reason="", error="")


@contextlib.contextmanager
def one_verifier(connection: Connection, backfill: int) -> Iterator[bool]:
    """Whether it is up to us to look whether anything is left: one reader of the whole table is enough."""
    ours = rows(connection, "SELECT pg_try_advisory_lock(%s, %s)", [_VERIFYING, backfill % 2**31])[0][0]
    try:
        yield bool(ours)
    finally:
        if ours:
            with contextlib.suppress(Error):  # a session that is gone has no locks
                rows(connection, "SELECT pg_advisory_unlock(%s, %s)", [_VERIFYING, backfill % 2**31])


def _is_as_seen(connection: Connection, seen: Backfill) -> bool:
    now = _locked(connection, seen.pk)
    return now is not None and (now.number, now.frontier) == (seen.number, seen.frontier)


def step_of(connection: Connection, backfill: int) -> MigrationStep:
    """The row of the journal that a backfill belongs to."""
    return MigrationStep.objects.using(connection.alias).get(backfill=backfill)
