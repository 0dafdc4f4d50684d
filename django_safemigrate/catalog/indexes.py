"""Indexes: whether they are there, valid, being built, and of the wanted definition."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from .query import Connection, rows, scratch_transaction, value


@dataclass(frozen=True)
class Index:
    """An index as the catalog has it. ``table`` and ``qualified_name`` are quoted."""

    oid: int
    qualified_name: str
    table: str
    valid: bool
    text: str
    definition: tuple[Any, ...]


def find_index(connection: Connection, table: str, name: str) -> Index | None:
    """The index ``name`` (unquoted) in the schema of ``table``, whichever table it belongs to; None where there is none.

    The schema matters: an index of that name in another schema (another tenant's) is another index.
    """
    found = rows(
        connection,
        """
        SELECT i.oid, format('%%I.%%I', n.nspname, i.relname), x.indrelid::regclass::text,
               x.indisvalid AND x.indisready AND x.indislive, pg_get_indexdef(i.oid)
        FROM pg_class i
        JOIN pg_index x ON x.indexrelid = i.oid
        JOIN pg_namespace n ON n.oid = i.relnamespace
        WHERE i.relname = %s
          AND i.relnamespace = (SELECT relnamespace FROM pg_class WHERE oid = to_regclass(%s))
        """,
        [name, table],
    )
    if not found:
        return None
    oid, qualified, owner, valid, text = found[0]
    return Index(oid, qualified, owner, valid, text, definition_by_oid(connection, oid))


def qualified(connection: Connection, table: str, name: str) -> str:
    """The quoted name, with the schema of ``table``, of its index ``name`` (unquoted), which need not exist.

    The search path may lead to another schema's index of that name. Without the table, the name alone.
    """
    found = rows(
        connection,
        "SELECT format('%%I.%%I', n.nspname, %s::text) FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace "
        "WHERE c.oid = to_regclass(%s)",
        [name, table],
    )
    return str(found[0][0]) if found else str(connection.ops.quote_name(name))


def invalid_indexes(connection: Connection) -> set[str]:
    """The quoted names of all invalid indexes of tables in the database."""
    found = rows(
        connection,
        "SELECT format('%%I.%%I', n.nspname, i.relname) FROM pg_index x JOIN pg_class i ON i.oid = x.indexrelid "
        "JOIN pg_namespace n ON n.oid = i.relnamespace WHERE NOT x.indisvalid AND i.relkind = 'i'",
    )
    return {name for (name,) in found}


def bare_name(connection: Connection, quoted: str) -> str:
    """The last part of a quoted name, as the catalog has it."""
    return str(value(connection, "SELECT (parse_ident(%s))[array_length(parse_ident(%s), 1)]", [quoted, quoted]))


def same_table(connection: Connection, one: str, other: str) -> bool:
    """Whether two quoted names mean the same table."""
    return bool(value(connection, "SELECT to_regclass(%s) = to_regclass(%s)", [one, other]))


def exists(connection: Connection, qualified_name: str) -> bool:
    """Whether an index of this quoted name exists."""
    return bool(
        value(
            connection,
            "SELECT EXISTS (SELECT FROM pg_class WHERE oid = to_regclass(%s) AND relkind IN ('i', 'I'))",
            [qualified_name],
        )
    )


def wanted_definition(connection: Connection, table: str, name: str, scratch: str, sql: str) -> tuple[Any, ...]:
    """The definition that ``sql`` (which creates index ``name`` on table ``scratch``) gives on a copy of ``table``.

    The copy is temporary and empty. Locks: ACCESS SHARE on ``table``, for milliseconds.
    """
    with scratch_transaction(connection):
        with connection.cursor() as cursor:
            cursor.execute(f"CREATE TEMPORARY TABLE {scratch} (LIKE {table} INCLUDING GENERATED)", None)
            cursor.execute(sql, None)
        oid = value(
            connection,
            "SELECT indexrelid FROM pg_index x JOIN pg_class i ON i.oid = x.indexrelid "
            "WHERE x.indrelid = to_regclass(%s) AND i.relname = %s",
            [f"pg_temp.{scratch}", name],
        )
        return definition_by_oid(connection, oid)


def definition_by_oid(connection: Connection, oid: int) -> tuple[Any, ...]:
    """Everything that makes two indexes the same, except for their names and tables."""
    nulls_not_distinct = "x.indnullsnotdistinct" if connection.pg_version >= 150000 else "false"  # type: ignore[attr-defined]
    (found,) = rows(
        connection,
        f"""
        SELECT m.amname, x.indisunique, x.indisexclusion, x.indimmediate, {nulls_not_distinct}, x.indnkeyatts,
               x.indoption::text, x.indclass::text, x.indcollation::text,
               pg_get_expr(x.indpred, x.indrelid), i.reloptions::text, i.reltablespace,
               (SELECT string_agg(pg_get_indexdef(i.oid, k, false), ', ' ORDER BY k)
                FROM generate_series(1, x.indnatts) k)
        FROM pg_index x JOIN pg_class i ON i.oid = x.indexrelid JOIN pg_am m ON m.oid = i.relam
        WHERE i.oid = %s
        """,
        [oid],
    )
    return found


@dataclass(frozen=True)
class IndexOn:
    """An index of a table. ``name`` is quoted, with its schema. ``text`` creates it (``pg_get_indexdef``)."""

    name: str
    relname: str
    text: str
    unique: bool
    constraint: str | None
    comment: str | None

    @property
    def concurrently(self) -> str:
        """The text that creates it, concurrently: it always begins with CREATE [UNIQUE] INDEX."""
        return self.text.replace("INDEX ", "INDEX CONCURRENTLY ", 1)


def indexes_named(connection: Connection, names: tuple[str, ...]) -> list[IndexOn]:
    """The indexes of these quoted names, with the constraint that each belongs to."""
    return [
        IndexOn(*found)
        for found in rows(
            connection,
            """
            SELECT format('%%I.%%I', n.nspname, i.relname), i.relname, pg_get_indexdef(i.oid), x.indisunique,
                   (SELECT conname FROM pg_constraint c WHERE c.conindid = i.oid AND c.conrelid = x.indrelid LIMIT 1),
                   obj_description(i.oid, 'pg_class')
            FROM unnest(%s::text[]) WITH ORDINALITY AS w (name, position)
            JOIN pg_class i ON i.oid = to_regclass(w.name)
            JOIN pg_index x ON x.indexrelid = i.oid
            JOIN pg_namespace n ON n.oid = i.relnamespace
            ORDER BY w.position
            """,
            [list(names)],
        )
    ]
