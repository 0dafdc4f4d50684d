"""Tables: whether they are there, how large they are, what hangs on their columns."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django_safemigrate.values.sizes import Size

from .query import Connection, quoted, rows, value


def table_size(connection: Connection, table: str) -> Size | None:
    """The size of a (quoted) table with its partitions; None where there is no such table."""
    found = rows(
        connection,
        """
        WITH RECURSIVE tree (oid) AS (
            SELECT oid FROM pg_class WHERE oid = to_regclass(%s)
            UNION ALL SELECT i.inhrelid FROM pg_inherits i JOIN tree ON i.inhparent = tree.oid
        )
        SELECT bool_or(c.reltuples < 0 AND c.relkind <> 'p'), sum(greatest(c.reltuples, 0))::bigint,
               sum(pg_total_relation_size(c.oid))::bigint
        FROM pg_class c JOIN tree USING (oid) HAVING count(*) > 0
        """,
        [table],
    )
    if not found:
        return None
    unknown, estimate, size = found[0]
    return Size(None if unknown else int(estimate), int(size))


def partitions(connection: Connection, table: str) -> list[str]:
    """Quoted names of the partitions of a table, and theirs, parents first."""
    return [
        name
        for (name,) in rows(
            connection,
            f"SELECT {quoted('relid')} FROM pg_partition_tree(to_regclass(%s)) WHERE level > 0 ORDER BY level, 1",
            [table],
        )
    ]


def relation_kind(connection: Connection, table: str) -> str | None:
    """``pg_class.relkind`` of a (quoted) table: ``r`` a table, ``p`` a partitioned one; None where there is none."""
    kind: str | None = value(connection, "SELECT relkind::text FROM pg_class WHERE oid = to_regclass(%s)", [table])
    return kind


def has_rules(connection: Connection, table: str) -> bool:
    """Whether a (quoted) table has rules."""
    return bool(value(connection, "SELECT relhasrules FROM pg_class WHERE oid = to_regclass(%s)", [table]))


def lockable(connection: Connection, relations: list[str]) -> set[str]:
    """Those of the (quoted) relations that are tables and that the role may lock, in any mode.

    LOCK TABLE asks for a right that one needs to change rows, also where ALTER TABLE asks for less of it: of the table that
    a foreign key refers to (manual, "LOCK").
    """
    found = rows(
        connection,
        """
        SELECT t.name FROM unnest(%s::text[]) AS t(name) JOIN pg_class c ON c.oid = to_regclass(t.name)
        WHERE c.relkind IN ('r', 'p') AND has_table_privilege(c.oid, 'UPDATE, DELETE, TRUNCATE')
        """,
        [relations],
    )
    return {name for (name,) in found}


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


@dataclass(frozen=True)
class Constraint:
    """A constraint of a table as the server prints it. ``type`` is ``pg_constraint.contype``."""

    name: str
    type: str
    definition: str
    validated: bool


def constraint(connection: Connection, table: str, name: str) -> Constraint | None:
    """The constraint ``name`` (unquoted) of a (quoted) table."""
    found = rows(
        connection,
        "SELECT conname, contype::text, pg_get_constraintdef(oid), convalidated FROM pg_constraint "
        "WHERE conrelid = to_regclass(%s) AND conname = %s",
        [table, name],
    )
    return Constraint(*found[0]) if found else None


def checks_on_column(connection: Connection, table: str, column: str) -> list[Constraint]:
    """The CHECK constraints that use a column and are the table's own."""
    return [
        Constraint(*found)
        for found in rows(
            connection,
            """
            SELECT c.conname, c.contype::text, pg_get_constraintdef(c.oid), c.convalidated FROM pg_constraint c
            JOIN pg_attribute a ON a.attrelid = c.conrelid AND a.attname = %s AND a.attnum = ANY (c.conkey)
            WHERE c.conrelid = to_regclass(%s) AND c.contype = 'c' AND c.conislocal ORDER BY 1
            """,
            [column, table],
        )
    ]


def unproved_not_null(connection: Connection, table: str, column: str) -> str | None:
    """The name (unquoted) of a column's NOT NULL constraint that is NOT VALID.

    ``pg_attribute.attnotnull`` is true with one, although there may be NULLs. From PostgreSQL 18 on.
    """
    found = rows(
        connection,
        """
        SELECT c.conname FROM pg_constraint c
        JOIN pg_attribute a ON a.attrelid = c.conrelid AND a.attname = %s AND a.attnum = ANY (c.conkey)
        WHERE c.conrelid = to_regclass(%s) AND c.contype = 'n' AND NOT c.convalidated
        """,
        [column, table],
    )
    return found[0][0] if found else None


@dataclass(frozen=True)
class ForeignKey:
    """A foreign key. ``table`` and ``referenced`` are quoted where needed; the actions are ``pg_constraint``'s letters."""

    name: str
    table: str
    columns: tuple[str, ...]
    referenced: str
    referenced_columns: tuple[str, ...]
    deferrable: bool
    deferred: bool
    on_delete: str
    validated: bool
    definition: str
    outgoing: bool = True


_FOREIGN_KEY = f"""
    SELECT c.conname, {quoted("c.conrelid")},
           ARRAY(SELECT a.attname::text FROM unnest(c.conkey) WITH ORDINALITY k (n, o)
                 JOIN pg_attribute a ON a.attrelid = c.conrelid AND a.attnum = k.n ORDER BY k.o),
           {quoted("c.confrelid")},
           ARRAY(SELECT a.attname::text FROM unnest(c.confkey) WITH ORDINALITY k (n, o)
                 JOIN pg_attribute a ON a.attrelid = c.confrelid AND a.attnum = k.n ORDER BY k.o),
           c.condeferrable, c.condeferred, c.confdeltype::text, c.convalidated, pg_get_constraintdef(c.oid),
           c.conrelid = to_regclass(%(table)s)
    FROM pg_constraint c WHERE c.contype = 'f' AND c.conparentid = 0
"""


def foreign_key(connection: Connection, table: str, name: str) -> ForeignKey | None:
    """The foreign key ``name`` (unquoted) of a (quoted) table."""
    asked = f"{_FOREIGN_KEY} AND c.conrelid = to_regclass(%(table)s) AND c.conname = %(name)s"
    found = rows(connection, asked, {"table": table, "name": name})
    return _foreign_key(found[0]) if found else None


def foreign_keys_of(connection: Connection, table: str) -> list[ForeignKey]:
    """The foreign keys from and to a (quoted) table."""
    found = rows(
        connection,
        f"{_FOREIGN_KEY} AND to_regclass(%(table)s) IN (c.conrelid, c.confrelid) ORDER BY 2, c.conname",
        {"table": table},
    )
    return [_foreign_key(row) for row in found]


def foreign_key_tail(connection: Connection, key: ForeignKey) -> str:
    """What stands behind the two ends of a foreign key: MATCH, actions, when it is checked; without NOT VALID."""
    head = value(
        connection,
        """
        SELECT format('FOREIGN KEY (%%s) REFERENCES %%s(%%s)',
            (SELECT string_agg(quote_ident(a), ', ' ORDER BY o) FROM unnest(%s::text[]) WITH ORDINALITY k (a, o)),
            to_regclass(%s),
            (SELECT string_agg(quote_ident(a), ', ' ORDER BY o) FROM unnest(%s::text[]) WITH ORDINALITY k (a, o)))
        """,
        [list(key.columns), key.referenced, list(key.referenced_columns)],
    )
    return key.definition.removeprefix(head).removesuffix(" NOT VALID")


def _foreign_key(row: tuple[Any, ...]) -> ForeignKey:
    name, table, columns, referenced, referenced_columns, *others = row
    return ForeignKey(name, table, tuple(columns), referenced, tuple(referenced_columns), *others)


def sequence_owner(connection: Connection, sequence: str) -> tuple[str, str] | None:
    """The (quoted) table and the column that own a (quoted) sequence and ask it for their default."""
    found = rows(
        connection,
        f"""
        SELECT {quoted("d.refobjid")}, a.attname FROM pg_depend d
        JOIN pg_attribute a ON a.attrelid = d.refobjid AND a.attnum = d.refobjsubid AND a.atthasdef
        WHERE d.classid = 'pg_class'::regclass AND d.objid = to_regclass(%s)
          AND d.refclassid = 'pg_class'::regclass AND d.deptype = 'a'
        """,
        [sequence],
    )
    return (found[0][0], found[0][1]) if found else None


def comment_undo(
    connection: Connection, table: str, present: str, column: str | None = None, known: str | None = None
) -> str | None:
    """The statement that brings today's comment of a table, or of one of its columns, back; None where neither exists."""
    if column is None:
        asked = "SELECT format('COMMENT ON TABLE %%s IS %%L', %s::text, obj_description(to_regclass(%s), 'pg_class'))"
        return value(connection, asked, [table, present])  # type: ignore[no-any-return]
    target = f"{table}.{connection.ops.quote_name(column)}"
    asked = (
        "SELECT format('COMMENT ON COLUMN %%s IS %%L', %s::text, col_description(attrelid, attnum)) "
        "FROM pg_attribute WHERE attrelid = to_regclass(%s) AND attname = %s"
    )
    return value(connection, asked, [target, present, known])  # type: ignore[no-any-return]


def objects_on_column(connection: Connection, table: str, column: str) -> list[str]:
    """What makes the server refuse a change of a column's type: views, rules, policies, triggers with a condition on it,
    publications with a filter, functions, and generated columns of the same table. As ``pg_describe_object`` calls them.
    """
    return [
        name
        for (name,) in rows(
            connection,
            """
            SELECT DISTINCT CASE WHEN d.classid = 'pg_rewrite'::regclass
                    THEN (SELECT pg_describe_object('pg_class'::regclass, r.ev_class, 0) FROM pg_rewrite r
                          WHERE r.oid = d.objid)
                    ELSE pg_describe_object(d.classid, d.objid, d.objsubid) END
            FROM pg_depend d JOIN pg_attribute a ON a.attrelid = d.refobjid AND a.attnum = d.refobjsubid
            WHERE d.refclassid = 'pg_class'::regclass AND d.refobjid = to_regclass(%s) AND a.attname = %s
              AND (d.classid IN ('pg_rewrite'::regclass, 'pg_policy'::regclass, 'pg_trigger'::regclass,
                                 'pg_publication_rel'::regclass, 'pg_proc'::regclass)
                   OR (d.classid = 'pg_attrdef'::regclass AND EXISTS (
                        SELECT FROM pg_attrdef e JOIN pg_attribute g ON g.attrelid = e.adrelid AND g.attnum = e.adnum
                        WHERE e.oid = d.objid AND g.attgenerated <> '' AND g.attnum <> a.attnum)))
              AND NOT (d.classid = 'pg_trigger'::regclass AND EXISTS (
                    SELECT FROM pg_trigger t WHERE t.oid = d.objid AND t.tgisinternal))
            ORDER BY 1
            """,
            [table, column],
        )
    ]
