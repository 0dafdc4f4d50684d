"""Rows filled in batches of blocks, a short transaction each.

A range of ``ctid`` reads just those blocks (TID range scans, PostgreSQL 14). The last block is fixed at the start of a
pass, so that a pass ends however much is written meanwhile; rows that an update has moved behind it are found by the next.
"""

from __future__ import annotations

import time

from django.db.transaction import atomic

from django_safemigrate.catalog.goals import reached
from django_safemigrate.catalog.query import Connection, value
from django_safemigrate.values.errors import SafeMigrateError
from django_safemigrate.values.events import FillProgress
from django_safemigrate.values.steps import Step

from .asking import Asker
from .timeouts import session_timeouts, set_local_timeouts

TARGET = 0.1  # seconds: how long a batch may hold the locks of its rows
FIRST, MOST = 16, 4096  # blocks
PASSES = 20


def run_in_batches(connection: Connection, asker: Asker, migration: str, step: Step) -> None:
    """Run a fill until no row is left.

    Raises ``LockUnavailable``, and ``SafeMigrateError`` when rows without a value keep coming.
    """
    for _ in range(PASSES):
        _one_pass(connection, asker, migration, step)
        assert step.goal is not None
        with session_timeouts(connection, lock=0):
            over = reached(step.goal, connection)
        if over:
            return
    raise SafeMigrateError(
        f"{migration}: {step.description}: rows without a value keep coming.",
        "Somebody writes NULL into the column while it is being filled.",
        "Deploy the release that no longer does everywhere, and run the same command again.",
    )


def _one_pass(connection: Connection, asker: Asker, migration: str, step: Step) -> None:
    end, block, size, account = _blocks(connection, step), 0, FIRST, asker.account
    while block < end:
        to = min(block + size, end)
        sql = f"{step.sql} AND ctid >= '({block},0)'::tid AND ctid < '({to},0)'::tid"

        def batch(timeout: float, sql: str = sql) -> int:
            with atomic(using=connection.alias):
                set_local_timeouts(connection, lock=max(timeout, TARGET))
                return asker.execute(sql)

        started, attempts, waited = time.monotonic(), account.attempts, account.waited
        account.rows = (account.rows or 0) + asker.run(migration, (), batch)
        took = time.monotonic() - started - (account.waited - waited)
        size = _next_size(size, took, refused=account.attempts > attempts + 1)
        block = to
        asker.report(FillProgress(migration, block, end))


def _next_size(size: int, took: float, *, refused: bool) -> int:
    """Twice as many blocks where there was time, half as many where there was not."""
    if refused or took > TARGET:
        return max(1, size // 2)
    return min(MOST, size * 2) if took < TARGET / 2 else size


def _blocks(connection: Connection, step: Step) -> int:
    """How many blocks the largest of the tables has."""
    return int(
        value(
            connection,
            "SELECT max(pg_relation_size(to_regclass(t))) / current_setting('block_size')::int + 1 FROM unnest(%s::text[]) t",
            [[lock.relation for lock in step.locks]],
        )
    )
