#!/usr/bin/env python
"""Measure the table in docs/locks.md: what queries see while ALTER TABLE waits for a long query, by how it asks.

python docs/lock_queue.py

On the server in ``DATABASE_URL`` or on an embedded one. Queries are due at fixed times and their wait counts from there.
"""

from __future__ import annotations

import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path

import psycopg

sys.path.insert(0, str(Path(__file__).parents[1]))

from django_safemigrate.testing.postgres import server_url

ROWS, QUERIES_A_SECOND, CLIENTS = 200_000, 200, 20
READER_SECONDS, BEFORE, AFTER = 5.0, 1.0, 2.0
ALTER = "ALTER TABLE orders ADD COLUMN priority integer NOT NULL DEFAULT 0"
LONG_READER = "SELECT EXISTS (SELECT FROM pg_locks WHERE relation = 'orders'::regclass AND granted AND pid = {pid})"

Ask = Callable[[psycopg.Connection, int], int]


def without_limit(connection: psycopg.Connection, reader: int) -> int:
    connection.execute(ALTER)
    return 1


def again_after(timeout: float, *, look: bool = False) -> Ask:
    """Ask for ``timeout`` seconds at most, rest five times as long, and ask again; with ``look``, only when nobody is old."""

    def ask(connection: psycopg.Connection, reader: int) -> int:
        connection.execute(f"SET lock_timeout = '{timeout * 1000:.0f}ms'")
        requests = 0
        while True:
            while look and connection.execute(LONG_READER.format(pid=reader)).fetchone() == (True,):
                time.sleep(0.05)
            requests += 1
            try:
                connection.execute(ALTER)
            except psycopg.errors.LockNotAvailable:
                time.sleep(max(0.05, 5 * timeout))
            else:
                return requests

    return ask


WAYS: dict[str, Ask] = {
    "no limit, as stock `migrate`": without_limit,
    "`lock_timeout` 2 s, and again": again_after(2.0),
    "500 ms, and again": again_after(0.5),
    "100 ms, and again": again_after(0.1),
    "20 ms, and again": again_after(0.02),
    "look first, then 20 ms": again_after(0.02, look=True),
}


def client(url: str, number: int, began: float, over: threading.Event, waits: list[float]) -> None:
    every = CLIENTS / QUERIES_A_SECOND
    due = began + number * every / CLIENTS
    with psycopg.connect(url, autocommit=True) as connection:
        while not over.is_set():
            time.sleep(max(0.0, due - time.monotonic()))
            connection.execute("SELECT total FROM orders WHERE id = %s", [1 + int(due * 7919) % ROWS])
            waits.append(time.monotonic() - due)
            due += every


def read_for_long(connection: psycopg.Connection) -> None:
    connection.execute("SELECT count(*) FROM orders")
    connection.execute("SELECT pg_sleep(%s)", [READER_SECONDS])
    connection.commit()


def measure(url: str, ask: Ask) -> tuple[list[float], int, float]:
    """The waits of all queries, the number of requests, and how long the ALTER TABLE took."""
    waits: list[float] = []
    over = threading.Event()
    began = time.monotonic() + 0.5
    threads = [threading.Thread(target=client, args=(url, n, began, over, waits)) for n in range(CLIENTS)]
    with psycopg.connect(url) as reading, psycopg.connect(url, autocommit=True) as altering:
        threads.append(threading.Thread(target=read_for_long, args=(reading,)))
        for thread in threads:
            thread.start()
        time.sleep(0.5 + BEFORE)
        asked_at = time.monotonic()
        requests = ask(altering, reading.info.backend_pid)
        took = time.monotonic() - asked_at
        time.sleep(AFTER)
        over.set()
        for thread in threads:
            thread.join()
    return waits, requests, took


HEAD = ("how the lock is asked for", "requests", "done after", "queries over 100 ms", "the worst", "all waits together")


def row(*cells: object) -> None:
    print("|", " | ".join(map(str, cells)), "|", flush=True)


def main() -> None:
    row(*HEAD)
    row(*("---" for _ in HEAD))
    with server_url() as url:
        for name, ask in WAYS.items():
            with psycopg.connect(url, autocommit=True) as connection:
                connection.execute("DROP TABLE IF EXISTS orders")
                connection.execute("CREATE TABLE orders (id bigint PRIMARY KEY, total numeric NOT NULL)")
                connection.execute(f"INSERT INTO orders SELECT n, n % 500 FROM generate_series(1, {ROWS}) n")
            waits, requests, took = measure(url, ask)
            late = [wait for wait in waits if wait > 0.1]
            numbers = f"{len(late)} of {len(waits)}", f"{max(waits):.2f} s", f"{sum(late):.0f} s"
            row(name, requests, f"{took:.1f} s", *numbers)
        with psycopg.connect(url, autocommit=True) as connection:
            connection.execute("DROP TABLE orders")


if __name__ == "__main__":
    main()
