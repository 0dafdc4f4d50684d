"""One database with all its rows as a template, and a copy of its files for each cell: half a second instead of ten."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from urllib.parse import urlsplit, urlunsplit

import psycopg
from psycopg import sql

TEMPLATE, CELL = "availability_template", "availability_cell"

FILL = (
    "INSERT INTO shop_customer (name, visits) SELECT 'customer ' || n, 0 FROM generate_series(1, {customers}) n",
    "INSERT INTO shop_archive (customer_id, text) SELECT n, 'long ago' FROM generate_series(1, {customers}) n",
    "INSERT INTO shop_order (customer_id, number, status, total, weight, note) "
    "SELECT 1 + n % {customers}, 'n' || n, 'new', n % 1000, n % 50, 'leave it at the door' "
    "FROM generate_series(1, {rows}) n",
    "VACUUM (ANALYZE, FREEZE)",
)


def url_of(server: str, name: str) -> str:
    return urlunsplit(urlsplit(server)._replace(path=f"/{name}"))


def customers(rows: int) -> int:
    """How many customers so many orders have."""
    return max(rows // 10, 100)


def fill(url: str, rows: int) -> None:
    with psycopg.connect(url, autocommit=True) as connection:
        for statement in FILL:
            connection.execute(statement.format(rows=rows, customers=customers(rows)))


@contextmanager
def database(server: str, name: str, template: str = "template0") -> Iterator[str]:
    """A new database, a copy of another one, for the time of the context; yields its URL."""
    identifier = sql.Identifier(name)
    drop = sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(identifier)
    create = sql.SQL("CREATE DATABASE {} TEMPLATE {} STRATEGY FILE_COPY").format(identifier, sql.Identifier(template))
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute(drop)
        # STRATEGY came with PostgreSQL 15; before, a copy of the files was the only way.
        if connection.info.server_version < 150000:
            create = sql.SQL("CREATE DATABASE {} TEMPLATE {}").format(identifier, sql.Identifier(template))
        connection.execute(create)
        try:
            yield url_of(server, name)
        finally:
            connection.execute(drop)
