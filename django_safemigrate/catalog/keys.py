"""In which order to go through a table: by its primary key, by another key that serves, or by its blocks.

A place in that order is a list of texts, one for each column, which can be kept as JSON; None is the place before the first
row. Columns are compared as their own type and collation compare them, so that the index serves.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from .query import Connection, rows, value

Place = list[str]


@dataclass(frozen=True)
class Key:
    """Columns (quoted) of a (quoted) table that are unique and never NULL, in the order of a btree index; and their types."""

    table: str
    columns: tuple[str, ...]
    types: tuple[str, ...]

    @property
    def row(self) -> str:
        """What tells a row from all others, as SQL."""
        return _together(self._names)

    def between(self, connection: Connection, after: Place | None, upto: Place) -> str:
        """The condition of the rows behind one place, up to and with another, as SQL."""
        behind = "" if after is None else f"{self.row} > {self._literal(connection, after)} AND "
        return f"{behind}{self.row} <= {self._literal(connection, upto)}"

    def last(self, connection: Connection) -> Place | None:
        """The last place of all; None for an empty table."""
        return self._one(connection, "", descending=True)

    def ahead(self, connection: Connection, after: Place | None, upto: Place, count: int) -> tuple[Place, int]:
        """The place ``count`` rows behind ``after``, at most ``upto``; and how many rows that is, 0 where nobody knows."""
        found = self._one(connection, f"WHERE {self.between(connection, after, upto)}", offset=count - 1)
        return (upto, 0) if found is None else (found, count)

    def around(self, connection: Connection, condition: str, most: int) -> tuple[Place | None, Place] | None:
        """The range of all rows that meet a condition; None where there are ``most`` of them or more, or none."""
        columns = ", ".join(self._names)
        texts = ", ".join(f"f.{column}::text" for column in self.columns)
        order = ", ".join(f"f.{column}" for column in self.columns)
        found = _places(
            connection,
            f"SELECT {texts} FROM (SELECT {columns} FROM {self.table} WHERE {condition} LIMIT {most}) f ORDER BY {order}",
        )
        if not found or len(found) >= most:
            return None
        first = self._literal(connection, found[0])
        return self._one(connection, f"WHERE {self.row} < {first}", descending=True), found[-1]

    @property
    def _names(self) -> list[str]:
        # Qualified, since ORDER BY takes a bare name for that of an output column, which is text.
        return [f"{self.table}.{column}" for column in self.columns]

    def _one(self, connection: Connection, where: str, *, offset: int = 0, descending: bool = False) -> Place | None:
        order = ", ".join(f"{name} DESC" if descending else name for name in self._names)
        texts = ", ".join(f"{name}::text" for name in self._names)
        found = _places(
            connection, f"SELECT {texts} FROM {self.table} {where} ORDER BY {order} OFFSET {offset} LIMIT 1"
        )
        return found[0] if found else None

    def _literal(self, connection: Connection, place: Place) -> str:
        ops: Any = connection.ops
        return _together(
            f"{ops.compose_sql('%s', [text])}::{type_}" for text, type_ in zip(place, self.types, strict=True)
        )


@dataclass(frozen=True)
class Blocks:
    """The blocks of a table without a key that serves: a place is the number of the first block behind it.

    A range of ``ctid`` reads just those blocks (TID range scans, PostgreSQL 14); in a partitioned table those of each
    partition. Rows that an update has moved behind the last block are found when it is verified.
    """

    table: str
    density: float  # rows in a block

    @property
    def row(self) -> str:
        return f"({self.table}.tableoid, {self.table}.ctid)"

    def between(self, connection: Connection, after: Place | None, upto: Place) -> str:
        first = "0" if after is None else after[0]
        return f"{self.table}.ctid >= '({first},0)'::tid AND {self.table}.ctid < '({upto[0]},0)'::tid"

    def last(self, connection: Connection) -> Place | None:
        blocks = value(
            connection,
            f"{_TREE} SELECT ceil(max(pg_relation_size(oid)) / current_setting('block_size')::numeric)::bigint FROM tree",
            [self.table],
        )
        return [str(blocks)] if blocks else None

    def ahead(self, connection: Connection, after: Place | None, upto: Place, count: int) -> tuple[Place, int]:
        first = 0 if after is None else int(after[0])
        blocks = max(1, round(count / self.density))
        to = min(first + blocks, int(upto[0]))
        return [str(to)], round((to - first) * self.density)

    def around(self, connection: Connection, condition: str, most: int) -> tuple[Place | None, Place] | None:
        return None


Order = Key | Blocks


def order_of(connection: Connection, table: str) -> Order:
    """How to go through a (quoted) table."""
    return _key(connection, table) or Blocks(table, _density(connection, table))


def order_from(connection: Connection, table: str, columns: Iterable[Iterable[str]]) -> Order:
    """The one whose columns and types were kept; by blocks, where there are none."""
    pairs = [tuple(pair) for pair in columns]
    if not pairs:
        return Blocks(table, _density(connection, table))
    return Key(table, tuple(column for column, _ in pairs), tuple(type_ for _, type_ in pairs))


def kept(order: Order) -> list[list[str]]:
    """What ``order_from`` needs."""
    if isinstance(order, Blocks):
        return []
    return [list(pair) for pair in zip(order.columns, order.types, strict=True)]


def estimated_rows(connection: Connection, table: str) -> int:
    """How many rows a table has with its partitions, more or less; -1 where nobody has counted yet."""
    return int(
        value(
            connection,
            f"{_TREE} SELECT CASE WHEN bool_or(c.reltuples < 0 AND c.relkind <> 'p') THEN -1 "
            "ELSE sum(greatest(c.reltuples, 0)) END::bigint FROM tree JOIN pg_class c USING (oid)",
            [table],
        )
        or 0
    )


_TREE = """
    WITH RECURSIVE tree (oid) AS (
        SELECT to_regclass(%s)::oid
        UNION ALL SELECT i.inhrelid FROM pg_inherits i JOIN tree ON i.inhparent = tree.oid
    )
"""


def _key(connection: Connection, table: str) -> Key | None:
    """The primary key before others, then the one with the fewest columns; only what an index in its usual order serves.

    In PostgreSQL 18 ``attnotnull`` is set for a NOT NULL that nobody has validated, too.
    """
    found = rows(
        connection,
        """
        SELECT array_agg(quote_ident(a.attname) ORDER BY k.n), array_agg(format_type(a.atttypid, a.atttypmod) ORDER BY k.n)
        FROM pg_index x
        JOIN pg_class i ON i.oid = x.indexrelid
        JOIN pg_am m ON m.oid = i.relam AND m.amname = 'btree'
        CROSS JOIN generate_series(0, x.indnkeyatts - 1) k(n)
        LEFT JOIN pg_attribute a ON a.attrelid = x.indrelid AND a.attnum = x.indkey[k.n] AND a.attnum > 0
        LEFT JOIN pg_opclass o ON o.oid = x.indclass[k.n]
        WHERE x.indrelid = to_regclass(%s) AND x.indisunique AND x.indisvalid AND x.indimmediate AND x.indpred IS NULL
        GROUP BY x.indexrelid, x.indisprimary, x.indnkeyatts
        HAVING bool_and(coalesce(a.attnotnull, false) AND o.opcdefault AND x.indoption[k.n] = 0
                        AND x.indcollation[k.n] = a.attcollation)
          AND NOT EXISTS (
            SELECT FROM pg_constraint c WHERE c.conrelid = to_regclass(%s) AND c.contype = 'n' AND NOT c.convalidated
              AND c.conkey[1] = ANY (array_agg(a.attnum)))
        ORDER BY x.indisprimary DESC, x.indnkeyatts, x.indexrelid LIMIT 1
        """,
        [table, table],
    )
    if not found:
        return None
    columns, types = found[0]
    return Key(table, tuple(columns), tuple(types))


def _density(connection: Connection, table: str) -> float:
    """Rows in a block, as the last ANALYZE has seen it."""
    found = value(
        connection,
        f"{_TREE} SELECT sum(c.reltuples) / nullif(sum(c.relpages), 0) FROM tree JOIN pg_class c USING (oid) "
        "WHERE c.reltuples > 0",
        [table],
    )
    return max(1.0, float(found)) if found else 50.0


def _together(parts: Iterable[str]) -> str:
    found = list(parts)
    return found[0] if len(found) == 1 else f"({', '.join(found)})"


def _places(connection: Connection, sql: str) -> list[Place]:
    """``sql`` as it is, without placeholders."""
    with connection.cursor() as cursor:
        cursor.execute(sql, None)
        return [list(found) for found in cursor.fetchall()]
