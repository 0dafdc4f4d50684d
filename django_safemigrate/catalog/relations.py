"""Tables: whether they are there, how large they are, what hangs on their columns."""

from __future__ import annotations

from dataclasses import dataclass

from .query import Connection, rows, value


@dataclass(frozen=True)
class Size:
    """``rows`` is the planner's estimate (None before the first ANALYZE), ``bytes`` includes indexes and TOAST."""

    rows: int | None
    bytes: int


def table_size(connection: Connection, table: str) -> Size | None:
    """The size of a (quoted) table; None where there is no such table."""
    found = rows(
        connection,
        "SELECT c.reltuples::bigint, pg_total_relation_size(c.oid) FROM pg_class c WHERE c.oid = to_regclass(%s)",
        [table],
    )
    if not found:
        return None
    estimate, size = found[0]
    return Size(None if estimate < 0 else int(estimate), int(size))


def relation_kind(connection: Connection, table: str) -> str | None:
    """``pg_class.relkind`` of a (quoted) table: ``r`` a table, ``p`` a partitioned one; None where there is none."""
    kind: str | None = value(connection, "SELECT relkind::text FROM pg_class WHERE oid = to_regclass(%s)", [table])
    return kind


def is_empty_database(connection: Connection) -> bool:
    """Whether no user table exists: nobody can be waiting for anything.

    Tables of extensions (PostGIS has some) and of the system do not count, nor does an empty ``django_migrations``.
    """
    found = rows(
        connection,
        """
        SELECT c.oid::regclass::text, c.relname
        FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
        WHERE c.relkind IN ('r', 'p', 'f') AND c.relpersistence <> 't'
          AND n.nspname <> 'information_schema' AND n.nspname NOT LIKE 'pg\\_%%'
          AND NOT EXISTS (
            SELECT FROM pg_depend d
            WHERE d.classid = 'pg_class'::regclass AND d.objid = c.oid AND d.deptype = 'e'
          )
        LIMIT 2
        """,
    )
    if len(found) == 1 and found[0][1] == "django_migrations":
        return not value(connection, f"SELECT EXISTS (SELECT FROM {found[0][0]})")
    return not found


def indexes_on_column(connection: Connection, table: str, column: str) -> list[str]:
    """Quoted names of the indexes that use a column (key, INCLUDE, expression or predicate) and belong to no constraint."""
    return [
        name
        for (name,) in rows(
            connection,
            """
            SELECT DISTINCT format('%%I.%%I', n.nspname, i.relname)
            FROM pg_index x
            JOIN pg_class i ON i.oid = x.indexrelid
            JOIN pg_namespace n ON n.oid = i.relnamespace
            JOIN pg_attribute a ON a.attrelid = x.indrelid AND a.attname = %s
            JOIN pg_depend d ON d.classid = 'pg_class'::regclass AND d.objid = i.oid
              AND d.refclassid = 'pg_class'::regclass AND d.refobjid = a.attrelid AND d.refobjsubid = a.attnum
            WHERE x.indrelid = to_regclass(%s)
              AND NOT EXISTS (SELECT FROM pg_constraint c WHERE c.conindid = i.oid AND c.conrelid = x.indrelid)
            ORDER BY 1
            """,
            [column, table],
        )
    ]


def constraints_on_column(connection: Connection, table: str, column: str) -> list[str]:
    """Names (unquoted) of the table's unique, exclusion and check constraints that use a column."""
    return [
        name
        for (name,) in rows(
            connection,
            """
            SELECT c.conname FROM pg_constraint c
            JOIN pg_attribute a ON a.attrelid = c.conrelid AND a.attname = %s AND a.attnum = ANY (c.conkey)
            WHERE c.conrelid = to_regclass(%s) AND c.contype IN ('u', 'x', 'c')
            ORDER BY 1
            """,
            [column, table],
        )
    ]
