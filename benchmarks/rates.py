"""How long work on a table takes: the numbers of ``values/rates.py``, measured on a server of one's own.

    python -m benchmarks.rates [--rows 2000000] [--rounds 3]

For each kind of work that grows with the table: seconds for a million rows, and for a GB of the table with its indexes. Two
tables tell them apart: one of short rows, one of long ones. The server is an embedded one that is as careful with the disk
as in production (or the one in ``DATABASE_URL``), nobody else uses it, and what is printed is the slowest round.
"""

from __future__ import annotations

import argparse
import os
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import nullcontext
from dataclasses import dataclass

import psycopg

from django_safemigrate.decisions.pacing import Pacing
from django_safemigrate.testing.postgres import embedded_server
from django_safemigrate.values.sizes import Size
from django_safemigrate.values.steps import Work

Connection = psycopg.Connection


@dataclass(frozen=True)
class Shape:
    """A table: ``padding`` bytes in each row beside its key, a reference, a number and a text; ``share`` of ``--rows``."""

    name: str
    padding: int
    share: float


SHORT, LONG = Shape("rates_short", 0, 1.0), Shape("rates_long", 1000, 0.25)


def made(connection: Connection, shape: Shape, rows: int) -> Size:
    """The table anew, with two indexes, analyzed; its size."""
    table = shape.name
    connection.execute(f"DROP TABLE IF EXISTS {table}")
    connection.execute(
        f"CREATE TABLE {table} (id bigint PRIMARY KEY, parent bigint NOT NULL, number varchar(20) NOT NULL, total integer,"
        " filled integer, padding text)"
    )
    connection.execute(f"ALTER TABLE {table} ALTER padding SET STORAGE EXTERNAL")
    connection.execute(
        f"INSERT INTO {table} SELECT n, 1 + n % 1000, md5(n::text)::varchar(20), n % 100000, NULL,"
        f" CASE WHEN {shape.padding} > 0 THEN repeat('x', {shape.padding}) END FROM generate_series(1, {rows}) n"
    )
    connection.execute(f"CREATE INDEX {table}_parent ON {table} (parent)")
    connection.execute(f"VACUUM ANALYZE {table}")
    connection.execute("CHECKPOINT")
    row = connection.execute("SELECT pg_total_relation_size(%s)", [table]).fetchone()
    assert row is not None
    return Size(rows, row[0])


def scan(connection: Connection, table: str) -> float:
    """The slower one of the two proofs: of a check, and of a foreign key."""
    proofs = ("CHECK (total >= 0)", "FOREIGN KEY (parent) REFERENCES rates_parent (id)")
    slowest = 0.0
    for proof in proofs:
        connection.execute(f"ALTER TABLE {table} ADD CONSTRAINT proved {proof} NOT VALID")
        slowest = max(slowest, timed(lambda: connection.execute(f"ALTER TABLE {table} VALIDATE CONSTRAINT proved")))
        connection.execute(f"ALTER TABLE {table} DROP CONSTRAINT proved")
    return slowest


def blocking_scan(connection: Connection, table: str) -> float:
    took = timed(lambda: connection.execute(f"ALTER TABLE {table} ADD CONSTRAINT proved CHECK (total >= 0)"))
    connection.execute(f"ALTER TABLE {table} DROP CONSTRAINT proved")
    return took


def index_build(connection: Connection, table: str) -> float:
    return _build(connection, table, "CREATE INDEX CONCURRENTLY")


def blocking_build(connection: Connection, table: str) -> float:
    return _build(connection, table, "CREATE INDEX")


def _build(connection: Connection, table: str, create: str) -> float:
    """Of text, by which sorting takes longest."""
    took = timed(lambda: connection.execute(f"{create} rates_built ON {table} (number)"))
    connection.execute("DROP INDEX rates_built")
    return took


def rewrite(connection: Connection, table: str) -> float:
    return timed(lambda: connection.execute(f"ALTER TABLE {table} ALTER total TYPE bigint"))


def fill(connection: Connection, table: str) -> float:
    """Batches as they are beside an application: half of the time is rest. A tenth of the table stands for all of it."""
    part = 10
    return part * timed(lambda: _fill(connection, table, part))


def _fill(connection: Connection, table: str, part: int) -> None:
    pacing, cursor = Pacing(), 0
    (last,) = connection.execute(f"SELECT max(id) / {part} FROM {table}").fetchone() or (0,)
    while cursor < last:
        upto = min(last, cursor + pacing.rows)
        update = f"UPDATE {table} SET filled = total WHERE filled IS NULL AND id > {cursor} AND id <= {upto}"
        took = timed(lambda update=update: connection.execute(update))
        pacing.took(took, full=True, busy=True)
        time.sleep(pacing.rest_after(took, busy=True))
        cursor = upto


def timed(work: Callable[[], object]) -> float:
    began = time.monotonic()
    work()
    return time.monotonic() - began


MEASURED: Mapping[Work, Callable[[Connection, str], float]] = {
    Work.SCAN: scan,
    Work.INDEX_BUILD: index_build,
    Work.BLOCKING_SCAN: blocking_scan,
    Work.BLOCKING_BUILD: blocking_build,
    Work.ROWS: fill,
    Work.REWRITE: rewrite,
}


def solved(short: Size, took_short: float, long: Size, took_long: float) -> tuple[float, float]:
    """Seconds for a million rows and for a GB: two tables, two unknowns; nothing is less than nothing."""
    (a, b), (c, d) = (
        ((size.rows or 0) / 1e6 for size in (short, long)),
        (size.bytes / 1024**3 for size in (short, long)),
    )
    by_rows, by_bytes = _cramer((a, c, took_short), (b, d, took_long))
    if by_bytes < 0:
        return max(took_short / a, took_long / b), 0.0
    if by_rows < 0:
        return 0.0, max(took_short / c, took_long / d)
    return by_rows, by_bytes


def _cramer(one: tuple[float, float, float], other: tuple[float, float, float]) -> tuple[float, float]:
    (a, b, e), (c, d, f) = one, other
    determinant = a * d - b * c
    return (e * d - b * f) / determinant, (a * f - e * c) / determinant


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument(
        "--rows", type=int, default=2_000_000, help="rows of the table of short ones (default 2,000,000)"
    )
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args(arguments)
    url = os.environ.get("DATABASE_URL")
    with (
        nullcontext(url) if url else embedded_server(durable=True) as server,
        psycopg.connect(server, autocommit=True, prepare_threshold=None) as connection,
    ):
        connection.execute("DROP TABLE IF EXISTS rates_parent CASCADE")
        connection.execute("CREATE TABLE rates_parent (id bigint PRIMARY KEY)")
        connection.execute("INSERT INTO rates_parent SELECT generate_series(1, 1000)")
        slowest: dict[tuple[Work, Shape], float] = {}
        for _ in range(options.rounds):
            sizes = {shape: made(connection, shape, int(options.rows * shape.share)) for shape in (SHORT, LONG)}
            for shape in sizes:
                for work, measure in MEASURED.items():
                    took = measure(connection, shape.name)
                    slowest[work, shape] = max(took, slowest.get((work, shape), 0.0))
        connection.execute("DROP TABLE rates_short, rates_long, rates_parent")
    print("short rows:", sizes[SHORT], "; long ones:", sizes[LONG])
    print(f"{'':<16}{'short':>10}{'long':>10}{'million rows':>15}{'GB':>10}   (seconds)")
    for work in MEASURED:
        short, long = slowest[work, SHORT], slowest[work, LONG]
        rows, gigabyte = solved(sizes[SHORT], short, sizes[LONG], long)
        print(f"{work.name:<16}{short:>10.2f}{long:>10.2f}{rows:>15.2f}{gigabyte:>10.2f}")


if __name__ == "__main__":
    main()
