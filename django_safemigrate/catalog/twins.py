"""What a statement would do to a table, tried on an empty temporary copy: the server itself says whether it rewrites.

Whether a change of a type rewrites the table, or rebuilds an index, depends on the types, on operator classes, collations,
expressions, predicates and versions. The server decides it from the definitions alone, so an empty table with the same ones
tells (``pg_relation_filenode`` changes or does not).
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass
from typing import Any

from .columns import SCRATCH_TABLE, ColumnDefinition, column_definition
from .indexes import definition_by_oid
from .query import Connection, rows, scratch_transaction, value

TWIN = f"pg_temp.{SCRATCH_TABLE}"


@dataclass(frozen=True)
class Effect:
    """``rewritten``: the table. ``rebuilt``: quoted names of the real table's indexes.

    ``before`` and ``after`` are the definitions of the column that was asked about.
    """

    rewritten: bool
    rebuilt: tuple[str, ...]
    before: ColumnDefinition | None
    after: ColumnDefinition | None


def effect_of(
    connection: Connection,
    table: str,
    column: str,
    sql: Callable[[str], str],
    *,
    known_as: str = "",
    without: Collection[str] = (),
) -> Effect:
    """What ``sql(name of a table)`` would do to a (quoted) table, asked about one of its columns.

    ``known_as`` is the column's name today, where an earlier statement is going to rename it; ``without`` are the names
    (unquoted) of indexes and constraints that will be gone by then.

    Raises the database's error where the statement is not possible at all. Locks: ACCESS SHARE on the table, for
    milliseconds; leaves nothing behind.
    """
    with scratch_transaction(connection):
        _execute(
            connection,
            f"CREATE TEMPORARY TABLE {SCRATCH_TABLE} (LIKE {table} INCLUDING DEFAULTS INCLUDING GENERATED "
            "INCLUDING CONSTRAINTS INCLUDING INDEXES)",
        )
        real = {definition: name for name, definition, _ in _indexes(connection, table)}
        _drop(connection, table, without)
        before, filenode = _indexes(connection, TWIN), _filenode(connection)
        if known_as and known_as != column:
            quote = connection.ops.quote_name
            _execute(connection, f"ALTER TABLE {TWIN} RENAME COLUMN {quote(known_as)} TO {quote(column)}")
        column_before = column_definition(connection, TWIN, column)
        _execute(connection, sql(TWIN))
        after = {name: node for name, _, node in _indexes(connection, TWIN)}
        changed = {definition for name, definition, node in before if after.get(name) != node}
        return Effect(
            _filenode(connection) != filenode,
            tuple(sorted(real[definition] for definition in changed if definition in real)),
            column_before,
            column_definition(connection, TWIN, column),
        )


def _drop(connection: Connection, table: str, without: Collection[str]) -> None:
    """Take from the copy what is going to be gone: a CHECK has its name there, an index only its definition."""
    quote = connection.ops.quote_name
    gone = {definition for name, definition, _ in _indexes(connection, table) if _bare(name) in without}
    for name, definition, _ in _indexes(connection, TWIN):
        if definition in gone:
            constraint = value(connection, "SELECT conname FROM pg_constraint WHERE conindid = to_regclass(%s)", [name])
            _execute(
                connection,
                f"ALTER TABLE {TWIN} DROP CONSTRAINT {quote(constraint)}" if constraint else f"DROP INDEX {name}",
            )
    for name in without:
        _execute(connection, f"ALTER TABLE {TWIN} DROP CONSTRAINT IF EXISTS {quote(name)}")


def _bare(name: str) -> str:
    return name.rpartition(".")[2].strip('"')


def _execute(connection: Connection, sql: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(sql, None)


def _filenode(connection: Connection) -> int:
    ((node,),) = rows(connection, "SELECT pg_relation_filenode(to_regclass(%s))", [TWIN])
    return int(node)


def _indexes(connection: Connection, table: str) -> list[tuple[str, tuple[Any, ...], int]]:
    found = rows(
        connection,
        """
        SELECT i.oid, format('%%I.%%I', n.nspname, i.relname), coalesce(pg_relation_filenode(i.oid), 0)
        FROM pg_index x JOIN pg_class i ON i.oid = x.indexrelid JOIN pg_namespace n ON n.oid = i.relnamespace
        WHERE x.indrelid = to_regclass(%s) ORDER BY i.oid
        """,
        [table],
    )
    return [(name, definition_by_oid(connection, oid), node) for oid, name, node in found]
