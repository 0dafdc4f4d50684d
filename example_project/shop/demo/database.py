"""The databases of the demo: one with release 1 of the shop, and a copy of it for every run."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator
from urllib.parse import urlsplit, urlunsplit

import psycopg
from psycopg.sql import SQL, Composed, Identifier

CUSTOMERS, PRODUCTS = 5_000, 2_000

FILL = (
    "INSERT INTO shop_customer (name, email) "
    "SELECT 'Customer ' || n, 'customer' || n || '@example.com' FROM generate_series(1, %(customers)s) AS n",
    "INSERT INTO shop_product (name, price) "
    "SELECT 'Product ' || n, 1 + n %% 99 FROM generate_series(1, %(products)s) AS n",
    "INSERT INTO shop_order "
    "       (customer_id, product_id, quantity, total, status, created, gift_wrap, coupon_code) "
    "SELECT 1 + n %% %(customers)s, 1 + n %% %(products)s, 1 + n %% 5, 10 + n %% 500, "
    "       (ARRAY['new', 'paid', 'packed', 'sent', 'done'])[1 + n %% 5], "
    "       now() - n * interval '1 minute', n %% 7 = 0, CASE WHEN n %% 9 = 0 THEN 'SUMMER' ELSE '' END "
    "FROM generate_series(1, %(orders)s) AS n",
)


def url_of(server: str, database: str) -> str:
    """The URL of another database on the same server."""
    return urlunsplit(urlsplit(server)._replace(path=f"/{database}"))


@contextlib.contextmanager
def database(server: str, purpose: str, *, copy_of: str | None = None) -> Iterator[str]:
    """Create a database that is dropped when the context ends; yields its name."""
    name = f"safemigrate_demo_{os.getpid()}_{purpose}"
    create = SQL("CREATE DATABASE {}").format(Identifier(name))
    if copy_of is not None:
        create += SQL(" TEMPLATE {}").format(Identifier(copy_of))
    try:
        _execute(server, create)
        _checkpoint(server)
        yield name
    finally:
        _execute(server, SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(Identifier(name)))


def _checkpoint(server: str) -> None:
    """Write out what creating the database left behind, so that it is not written in the middle of a run.

    A checkpoint also keeps the used WAL segments for reuse, of which a server in use has plenty. A new one has none,
    and building an index then makes every writer wait while 16 MB segments are filled with zeros.
    """
    with contextlib.suppress(psycopg.errors.InsufficientPrivilege):
        _execute(server, SQL("CHECKPOINT").format())


def _execute(server: str, statement: Composed) -> None:
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute(statement)


def fill(url: str, *, orders: int) -> None:
    """Customers, products and so many orders of release 1, vacuumed and analyzed as tables in use are."""
    values = {"customers": CUSTOMERS, "products": PRODUCTS, "orders": orders}
    with psycopg.connect(url, autocommit=True) as connection:
        for statement in FILL:
            connection.execute(statement, values)
        connection.execute("VACUUM ANALYZE")


def count_orders(url: str) -> int:
    with psycopg.connect(url) as connection:
        row = connection.execute("SELECT count(*) FROM shop_order").fetchone()
    assert row is not None
    return int(row[0])
