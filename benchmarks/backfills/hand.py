"""A change by hand, in a process of its own: the SQL of an expert, without any framework.

    python -m benchmarks.backfills.hand URL CHANGE before|after update|batches busy|alone

``update``: a fill is one UPDATE without limits. ``batches``: a loop by the primary key. How large its batches are and how
long it rests behind them is decided by what decides it for ``safemigrate``, so that they are the same batches. Prints how
many rows the fills have changed, and in how many seconds, as JSON.
"""

from __future__ import annotations

import json
import sys
import time

import psycopg

from django_safemigrate.decisions.pacing import Pacing

from .changes import CHANGES, Fill, Item, Together

LOCK_TIMEOUT, REST, ATTEMPTS = "50ms", 0.2, 1000


def main(url: str, change: str, phase: str, method: str, others: str) -> None:
    chosen = CHANGES[change]
    items = chosen.by_hand_before if phase == "before" else chosen.by_hand_after
    rows, seconds = 0, 0.0
    with psycopg.connect(url, autocommit=True, application_name="runner", prepare_threshold=None) as connection:
        for item in items:
            began = time.monotonic()
            changed = _do(connection, item, method, busy=others == "busy")
            if isinstance(item, Fill):
                rows, seconds = rows + changed, seconds + time.monotonic() - began
    print(json.dumps({"rows": rows, "seconds": seconds}))


def _do(connection: psycopg.Connection, item: Item, method: str, *, busy: bool) -> int:
    if isinstance(item, Together):
        _together(connection, item)
        return 0
    if isinstance(item, Fill):
        if method == "batches":
            return _in_batches(connection, item, busy=busy)
        return connection.execute(f"UPDATE {item.table} SET {item.values} WHERE {item.wrong}").rowcount
    connection.execute(item.statement)
    return 0


def _together(connection: psycopg.Connection, item: Together) -> None:
    for _ in range(ATTEMPTS):
        try:
            with connection.transaction():
                connection.execute(f"SET LOCAL lock_timeout = '{LOCK_TIMEOUT}'")
                for statement in item.statements:
                    connection.execute(statement)
            return
        except (psycopg.errors.LockNotAvailable, psycopg.errors.DeadlockDetected):
            time.sleep(REST)
    raise TimeoutError(f"no lock after {ATTEMPTS} attempts: {item.statements[0]}")


def _in_batches(connection: psycopg.Connection, fill: Fill, *, busy: bool) -> int:
    (end,) = connection.execute(f"SELECT max(id) FROM {fill.table}").fetchone() or (0,)
    changed, cursor, pacing = 0, 0, Pacing()
    while cursor < end:
        found = connection.execute(
            f"SELECT id FROM {fill.table} WHERE id > {cursor} AND id <= {end} ORDER BY id OFFSET {pacing.rows - 1} LIMIT 1"
        ).fetchone()
        upto = found[0] if found else end
        began = time.monotonic()
        changed += connection.execute(
            f"UPDATE {fill.table} SET {fill.values} WHERE ({fill.wrong}) AND id > {cursor} AND id <= {upto}"
        ).rowcount
        took, cursor = time.monotonic() - began, upto
        pacing.took(took, full=found is not None, busy=busy)
        time.sleep(pacing.rest_after(took, busy=busy))
    return changed


if __name__ == "__main__":
    main(*sys.argv[1:])
