"""Triggers that the server lets nobody change a column under."""

from __future__ import annotations

from dataclasses import dataclass

from .query import Connection, rows


@dataclass(frozen=True)
class Trigger:
    """``described`` as by ``pg_describe_object``; ``drop`` and ``create`` are statements, which leave nothing of it out."""

    name: str
    described: str
    drop: str
    create: tuple[str, ...]


def triggers_on_column(connection: Connection, table: str, column: str) -> list[Trigger]:
    """The triggers of a (quoted) table whose condition or column list names a column, and that come back as they were.

    Not those of a partitioned table or of an extension, nor constraint triggers that name a second table.
    """
    found = rows(
        connection,
        """
        SELECT DISTINCT t.tgname, pg_describe_object('pg_trigger'::regclass, t.oid, 0),
               format('DROP TRIGGER %%I ON %%s', t.tgname, %s::text),
               pg_get_triggerdef(t.oid),
               CASE t.tgenabled
                    WHEN 'D' THEN format('ALTER TABLE %%s DISABLE TRIGGER %%I', %s::text, t.tgname)
                    WHEN 'R' THEN format('ALTER TABLE %%s ENABLE REPLICA TRIGGER %%I', %s::text, t.tgname)
                    WHEN 'A' THEN format('ALTER TABLE %%s ENABLE ALWAYS TRIGGER %%I', %s::text, t.tgname) END,
               format('COMMENT ON TRIGGER %%I ON %%s IS %%L', t.tgname, %s::text, obj_description(t.oid, 'pg_trigger')),
               obj_description(t.oid, 'pg_trigger') IS NULL
        FROM pg_trigger t
        JOIN pg_class c ON c.oid = t.tgrelid AND c.relkind = 'r' AND NOT c.relispartition
        JOIN pg_attribute a ON a.attrelid = t.tgrelid AND a.attname = %s
        JOIN pg_depend d ON d.classid = 'pg_trigger'::regclass AND d.objid = t.oid
          AND d.refclassid = 'pg_class'::regclass AND d.refobjid = t.tgrelid AND d.refobjsubid = a.attnum
        WHERE t.tgrelid = to_regclass(%s) AND NOT t.tgisinternal AND t.tgconstrrelid = 0
          AND NOT EXISTS (SELECT FROM pg_depend e WHERE e.classid = 'pg_trigger'::regclass AND e.objid = t.oid
                          AND e.refclassid = 'pg_extension'::regclass)
        ORDER BY 1
        """,
        [table] * 5 + [column, table],
    )
    return [
        Trigger(name, described, drop, tuple(one for one in (create, enabled, "" if bare else comment) if one))
        for name, described, drop, create, enabled, comment, bare in found
    ]
