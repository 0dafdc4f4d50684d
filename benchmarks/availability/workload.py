"""What the application of the benchmark asks: reads, updates and inserts on orders and customers."""

from __future__ import annotations

import random

READ, JOIN, UPDATE, UPDATE_CUSTOMER, INSERT, INSERT_CUSTOMER = range(6)
KINDS = ("read", "join", "update", "update customer", "insert", "insert customer")
WEIGHTS = (35, 15, 15, 10, 15, 10)
COLUMNS = ("customer_id", "number", "status", "total", "weight")
# Somebody holds this row in one of the obstacles, and every query for it would have to wait, whatever the tool does.
HELD_CUSTOMER = 1


class Orders:
    """``added`` is a column that only the new code knows, ``dropped`` one that only the old code knows."""

    def __init__(self, rows: int, customers: int, added: str = "", dropped: str = "") -> None:
        self.rows, self.customers = rows, customers
        self._old, self._new = _Statements(dropped), _Statements(added)

    def ask(self, chance: random.Random, *, deployed: bool) -> tuple[str, str, list[object]]:
        kind = chance.choices(range(len(KINDS)), WEIGHTS)[0]
        statements = self._new if deployed else self._old
        return KINDS[kind], statements.sql[kind], self._values(kind, statements, chance)

    def _values(self, kind: int, statements: _Statements, chance: random.Random) -> list[object]:
        customer = chance.randint(HELD_CUSTOMER + 1, self.customers)
        if kind in {READ, UPDATE}:
            return [chance.randint(1, self.rows)]
        if kind in {JOIN, UPDATE_CUSTOMER}:
            return [customer]
        if kind == INSERT_CUSTOMER:
            return ["somebody"]
        extra = [customer if column == "referrer_id" else 7 for column in statements.extra]
        return [customer, f"x{chance.getrandbits(60)}", "new", 12, 3, *extra]


class _Statements:
    """What a release of the application sends: it names its columns, as Django does."""

    def __init__(self, extra: str) -> None:
        self.extra = [extra] if extra else []
        columns = [*COLUMNS, *self.extra]
        listed = ", ".join(f"o.{column}" for column in columns)
        self.sql = {
            READ: f"SELECT o.id, {listed} FROM shop_order o WHERE o.id = %s",
            JOIN: f"SELECT o.id, {listed}, c.name FROM shop_order o JOIN shop_customer c ON c.id = o.customer_id "
            "WHERE o.customer_id = %s ORDER BY o.id LIMIT 10",
            UPDATE: "UPDATE shop_order SET status = 'paid' WHERE id = %s",
            UPDATE_CUSTOMER: "UPDATE shop_customer SET visits = visits + 1 WHERE id = %s",
            INSERT: f"INSERT INTO shop_order ({', '.join(columns)}) VALUES ({', '.join(['%s'] * len(columns))}) RETURNING id",
            INSERT_CUSTOMER: "INSERT INTO shop_customer (name, visits) VALUES (%s, 0) RETURNING id",
        }
