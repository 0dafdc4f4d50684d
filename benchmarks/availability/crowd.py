"""Sixty-four connections with transactions of about ten milliseconds, some of which are open at any moment.

    python -m benchmarks.availability.crowd URL TABLE ORDERS CUSTOMERS   (a process of its own, started by the benchmark)

Serves until its standard input ends, and then prints how many transactions failed. They sleep in the database, so that
they hold their locks without needing the processor.
"""

from __future__ import annotations

import json
import random
import sys
import threading
import time

import psycopg

from .changes import ORDER
from .workload import HELD_CUSTOMER

CONNECTIONS = 64
EVERY, HOLD = 0.2, 0.01
READ = {
    ORDER: "SELECT o.id, c.name, pg_sleep({hold}) FROM shop_order o JOIN shop_customer c ON c.id = o.customer_id "
    "WHERE o.id = %(order)s",
    "shop_customer": "SELECT name, pg_sleep({hold}) FROM shop_customer WHERE id = %(customer)s",
}
WRITE = (
    "UPDATE shop_order SET status = 'sent' WHERE id = %(order)s",
    "UPDATE shop_customer SET visits = visits + 1 WHERE id = %(customer)s",
    f"SELECT pg_sleep({HOLD})",
)


class Crowd:
    """Half of the connections read, the other half write to both tables."""

    def __init__(self, url: str, table: str, orders: int, customers: int) -> None:
        self.url, self.table, self.orders, self.customers = url, table, orders, customers
        self.failed: list[str] = []
        self.transactions = 0
        self.over = threading.Event()

    def serve(self, number: int) -> None:
        chance = random.Random(number)
        with psycopg.connect(self.url, autocommit=True, prepare_threshold=None, application_name="crowd") as connection:
            while not self.over.wait(EVERY * (0.5 + chance.random())):
                values = {
                    "order": chance.randint(1, self.orders),
                    "customer": chance.randint(HELD_CUSTOMER + 1, self.customers),
                }
                try:
                    self._transact(connection, values, write=bool(number % 2))
                except psycopg.Error as error:
                    self.failed.append(f"{type(error).__name__}: {str(error).splitlines()[0]}")
                self.transactions += 1

    def _transact(self, connection: psycopg.Connection, values: dict[str, int], *, write: bool) -> None:
        if not write:
            connection.execute(READ[self.table].format(hold=HOLD), values)
            return
        with connection.transaction():
            for statement in WRITE:
                connection.execute(statement, values)


def main(url: str, table: str, orders: str, customers: str) -> None:
    crowd = Crowd(url, table, int(orders), int(customers))
    threads = [threading.Thread(target=crowd.serve, args=(n,), daemon=True) for n in range(CONNECTIONS)]
    for thread in threads:
        thread.start()
    sys.stdin.read()
    crowd.over.set()
    deadline = time.monotonic() + 10
    for thread in threads:
        thread.join(timeout=max(0.0, deadline - time.monotonic()))
    print(json.dumps({"transactions": crowd.transactions, "failed": crowd.failed}))


if __name__ == "__main__":
    main(*sys.argv[1:])
