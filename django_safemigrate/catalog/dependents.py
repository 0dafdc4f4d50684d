"""What hangs on a column: indexes, constraints, and what else a second column has to bring along to take its place.

How an index or a CHECK reads for another column or another type is asked of the server, on an empty temporary copy of the
table: it follows column numbers and parse trees, where a replacement of text would follow whatever looks alike.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from .columns import SCRATCH_TABLE
from .query import Connection, rows, scratch_transaction
from .twins import TWIN


@dataclass(frozen=True)
class ColumnIndex:
    """An index that uses a column. ``rest`` is what stands behind the table's name in the statement that creates it.

    ``constraint`` is the name of the constraint that it belongs to, ``kind`` that one's ``contype`` (p, u, x).
    ``expressions``: among its keys; ``predicate``: it is a partial one.
    """

    name: str
    unique: bool
    rest: str
    constraint: str = ""
    kind: str = ""
    deferrable: str = ""
    comment: str | None = None
    clustered: bool = False
    replica_identity: bool = False
    valid: bool = True
    expressions: bool = False
    predicate: bool = False
    columns: tuple[str, ...] = ()


@dataclass(frozen=True)
class ColumnCheck:
    """A CHECK constraint that uses a column."""

    name: str
    definition: str
    validated: bool
    columns: tuple[str, ...] = ()


def column_indexes(connection: Connection, table: str, column: str) -> list[ColumnIndex]:
    """The indexes of a (quoted) table that use a column in a key, INCLUDE, expression or predicate, oldest first."""
    return [
        replace(ColumnIndex(*found[:-1]), columns=tuple(found[-1]))
        for found in rows(
            connection,
            f"""
            SELECT i.relname, x.indisunique, {_REST}, coalesce(k.conname, ''), coalesce(k.contype::text, ''),
                   CASE WHEN k.condeferrable THEN ' DEFERRABLE' ELSE '' END
                   || CASE WHEN k.condeferred THEN ' INITIALLY DEFERRED' ELSE '' END,
                   obj_description(i.oid, 'pg_class'), x.indisclustered, x.indisreplident, x.indisvalid,
                   x.indexprs IS NOT NULL, x.indpred IS NOT NULL,
                   ARRAY(SELECT b.attname::text FROM pg_attribute b WHERE b.attrelid = x.indrelid AND b.attnum > 0
                         AND (b.attnum = ANY (x.indkey::int2[]) OR EXISTS (
                            SELECT FROM pg_depend d WHERE d.classid = 'pg_class'::regclass AND d.objid = i.oid
                              AND d.refclassid = 'pg_class'::regclass AND d.refobjid = b.attrelid
                              AND d.refobjsubid = b.attnum)))
            FROM pg_index x
            JOIN pg_class i ON i.oid = x.indexrelid
            LEFT JOIN pg_constraint k ON k.conindid = i.oid AND k.conrelid = x.indrelid AND k.contype IN ('p', 'u', 'x')
            JOIN pg_attribute a ON a.attrelid = x.indrelid AND a.attname = %s
            WHERE x.indrelid = to_regclass(%s)
              AND (a.attnum = ANY (x.indkey::int2[]) OR EXISTS (
                    SELECT FROM pg_depend d WHERE d.classid = 'pg_class'::regclass AND d.objid = i.oid
                      AND d.refclassid = 'pg_class'::regclass AND d.refobjid = a.attrelid AND d.refobjsubid = a.attnum))
            ORDER BY i.oid
            """,
            [column, table],
        )
    ]


# pg_get_indexdef() begins with words that are known; the rest begins with USING.
_REST = """substr(pg_get_indexdef(i.oid), length(format('CREATE %%sINDEX %%I ON %%s%%s ',
    CASE WHEN x.indisunique THEN 'UNIQUE ' ELSE '' END, i.relname,
    CASE WHEN EXISTS (SELECT FROM pg_class o WHERE o.oid = x.indrelid AND o.relkind = 'p') THEN 'ONLY ' ELSE '' END,
    (SELECT format('%%I.%%I', CASE WHEN n.oid = pg_my_temp_schema() THEN 'pg_temp' ELSE n.nspname END, c.relname)
     FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE c.oid = x.indrelid))) + 1)"""


def column_checks(connection: Connection, table: str, column: str) -> list[ColumnCheck]:
    """The CHECK constraints of a (quoted) table that use a column."""
    return [
        replace(ColumnCheck(*found[:-1]), columns=tuple(found[-1]))
        for found in rows(
            connection,
            """
            SELECT c.conname, pg_get_constraintdef(c.oid), c.convalidated,
                   ARRAY(SELECT b.attname::text FROM pg_attribute b
                         WHERE b.attrelid = c.conrelid AND b.attnum = ANY (c.conkey))
            FROM pg_constraint c
            JOIN pg_attribute a ON a.attrelid = c.conrelid AND a.attname = %s AND a.attnum = ANY (c.conkey)
            WHERE c.conrelid = to_regclass(%s) AND c.contype = 'c' ORDER BY c.oid
            """,
            [column, table],
        )
    ]


@dataclass(frozen=True)
class AsIf:
    """How the definitions read for another column, each under the name of what it is like: of indexes what stands behind
    the table's name, of CHECKs the definition."""

    indexes: dict[str, str]
    checks: dict[str, str]


def as_if(
    connection: Connection,
    table: str,
    changes: Sequence[tuple[str, str, str]],
    indexes: Sequence[ColumnIndex],
    checks: Sequence[ColumnCheck],
) -> AsIf:
    """How indexes and CHECKs of a (quoted) table would read if columns had other names and types.

    ``changes``: (unquoted) column, its other name, and its other type as ``ALTER COLUMN`` takes it behind TYPE (empty where
    it stays). A column that has the other name already is left out. Raises the database's error where a definition does not
    go with a type. Locks: ACCESS SHARE, for milliseconds.
    """
    quote = connection.ops.quote_name
    with scratch_transaction(connection):
        with connection.cursor() as cursor:

            def run(sql: str) -> None:
                cursor.execute(sql, None)

            run(f"CREATE TEMPORARY TABLE {SCRATCH_TABLE} (LIKE {table} INCLUDING GENERATED)")
            for other in {other for _, other, _ in changes} - {column for column, _, _ in changes}:
                run(f"ALTER TABLE {TWIN} DROP COLUMN IF EXISTS {quote(other)}")
            for index in indexes:
                unique = "UNIQUE " if index.unique else ""
                run(f"CREATE {unique}INDEX {quote(index.name)} ON {TWIN} {index.rest}")
            for check in checks:
                run(f"ALTER TABLE {TWIN} ADD CONSTRAINT {quote(check.name)} {check.definition}")
            for column, other, type_ in changes:
                if type_:
                    run(f"ALTER TABLE {TWIN} ALTER COLUMN {quote(column)} TYPE {type_}")
                run(f"ALTER TABLE {TWIN} RENAME COLUMN {quote(column)} TO {quote(_aside(other))}")
            for _, other, _ in changes:
                run(f"ALTER TABLE {TWIN} RENAME COLUMN {quote(_aside(other))} TO {quote(other)}")
        found = rows(
            connection,
            f"SELECT i.relname, {_REST} FROM pg_index x JOIN pg_class i ON i.oid = x.indexrelid "
            "WHERE x.indrelid = to_regclass(%s)",
            [TWIN],
        )
        constraints = rows(
            connection,
            "SELECT conname, pg_get_constraintdef(oid) FROM pg_constraint WHERE conrelid = to_regclass(%s) AND contype = 'c'",
            [TWIN],
        )
        return AsIf(dict(found), dict(constraints))


def _aside(name: str) -> str:
    return f"{name[:50]}?"


@dataclass(frozen=True)
class ColumnExtras:
    """What a column has beside its definition; each a statement's rest, or empty.

    ``statistics``, ``storage`` and ``compression`` go behind ALTER COLUMN; ``grants`` are (privileges, grantee,
    grantable); ``comment`` is the text.
    """

    settings: tuple[str, ...]
    comment: str | None
    grants: tuple[tuple[str, str, bool], ...]


def column_extras(connection: Connection, table: str, column: str) -> ColumnExtras:
    """What a second column has to be given so that nobody misses anything."""
    ((target, storage, compressed, comment, relation),) = rows(
        connection,
        """
        SELECT a.attstattarget, CASE WHEN a.attstorage <> t.typstorage THEN a.attstorage::text END,
               a.attcompression::text,
               col_description(a.attrelid, a.attnum), a.attrelid
        FROM pg_attribute a JOIN pg_type t ON t.oid = a.atttypid
        WHERE a.attrelid = to_regclass(%s) AND a.attname = %s
        """,
        [table, column],
    )
    settings = []
    if target is not None and target >= 0:
        settings.append(f"SET STATISTICS {target}")
    if storage:
        settings.append(f"SET STORAGE {_STORAGE[storage]}")
    if compressed:
        settings.append(f"SET COMPRESSION {_COMPRESSION[compressed]}")
    grants = rows(
        connection,
        """
        SELECT string_agg(g.privilege_type, ',' ORDER BY g.privilege_type),
               CASE WHEN g.grantee = 0 THEN 'PUBLIC' ELSE quote_ident(pg_get_userbyid(g.grantee)) END, g.is_grantable
        FROM pg_attribute a, aclexplode(a.attacl) g
        WHERE a.attrelid = %s AND a.attname = %s GROUP BY g.grantee, g.is_grantable ORDER BY 2
        """,
        [relation, column],
    )
    return ColumnExtras(tuple(settings), comment, tuple(grants))


_STORAGE = {"p": "PLAIN", "e": "EXTERNAL", "m": "MAIN", "x": "EXTENDED"}
_COMPRESSION = {"p": "pglz", "l": "lz4"}


def not_null_name(connection: Connection, table: str, column: str) -> str:
    """The name of a column's NOT NULL constraint; empty before PostgreSQL 18, which gives them none."""
    found = rows(
        connection,
        """
        SELECT c.conname FROM pg_constraint c
        JOIN pg_attribute a ON a.attrelid = c.conrelid AND a.attname = %s AND a.attnum = ANY (c.conkey)
        WHERE c.conrelid = to_regclass(%s) AND c.contype = 'n'
        """,
        [column, table],
    )
    return found[0][0] if found else ""


def follows_the_number(connection: Connection, table: str, column: str) -> list[str]:
    """What would stay with the old column when another takes its name, and cannot be given to that one in passing.

    Extended statistics, column lists of publications, keys of partitioning, and being inherited; in words.
    """
    return [
        str(name)
        for (name,) in rows(
            connection,
            """
            WITH c AS (SELECT a.attrelid, a.attnum, a.attinhcount, a.attname FROM pg_attribute a
                       WHERE a.attrelid = to_regclass(%s) AND a.attname = %s)
            SELECT pg_describe_object('pg_statistic_ext'::regclass, s.oid, 0) FROM pg_statistic_ext s
            JOIN c ON s.stxrelid = c.attrelid
            WHERE c.attnum = ANY (s.stxkeys::int2[]) OR EXISTS (
                SELECT FROM pg_depend d WHERE d.classid = 'pg_statistic_ext'::regclass AND d.objid = s.oid
                  AND d.refclassid = 'pg_class'::regclass AND d.refobjid = c.attrelid AND d.refobjsubid = c.attnum)
            UNION ALL
            SELECT pg_describe_object('pg_publication_rel'::regclass, d.objid, 0) FROM pg_depend d
            JOIN c ON d.refclassid = 'pg_class'::regclass AND d.refobjid = c.attrelid AND d.refobjsubid = c.attnum
            WHERE d.classid = 'pg_publication_rel'::regclass
            UNION ALL
            SELECT 'partitions of the table' FROM c WHERE EXISTS (SELECT FROM pg_inherits WHERE inhparent = c.attrelid)
            UNION ALL
            SELECT 'the table of which it is a part' FROM c
            WHERE EXISTS (SELECT FROM pg_inherits WHERE inhrelid = c.attrelid)
            """,
            [table, column],
        )
    ]


def row_triggers(connection: Connection, table: str) -> list[str]:
    """The names of a (quoted) table's BEFORE triggers for each row of INSERT or UPDATE, in the order in which they fire."""
    found = rows(
        connection,
        """
        SELECT tgname FROM pg_trigger WHERE tgrelid = to_regclass(%s) AND NOT tgisinternal
          AND tgtype & 1 = 1 AND tgtype & 2 = 2 AND tgtype & 20 > 0 ORDER BY tgname
        """,
        [table],
    )
    return [name for (name,) in found]


def hides_rows(connection: Connection, table: str) -> bool:
    """Whether row-level security hides rows of a (quoted) table from this session (``row_security_active``)."""
    return bool(rows(connection, "SELECT row_security_active(to_regclass(%s))", [table])[0][0])
