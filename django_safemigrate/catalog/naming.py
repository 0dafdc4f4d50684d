"""The names that the server gives to constraints and indexes which nobody names."""

from __future__ import annotations

from collections.abc import Collection

from .columns import SCRATCH_SCHEMA
from .query import Connection, rows, scratch_transaction, value

# What is added to a scratch table, and the kind of the constraint that comes of it (pg_constraint.contype).
_CLAUSES = {
    "key": ("UNIQUE ({column})", "u"),
    "pkey": ("PRIMARY KEY ({column})", "p"),
    "check": ("CHECK ({column} IS NOT NULL)", "c"),
    "not_null": ("NOT NULL {column}", "n"),
}


def automatic_name(connection: Connection, table: str, column: str, label: str, claimed: Collection[str] = ()) -> str:
    """What the server would call the constraint of kind ``label`` (key, pkey, check, not_null) on a column of a table.

    It is asked, on an empty temporary table of the same name, since it shortens long names in its own way; a name that is
    taken in the table's schema (or ``claimed``) is counted up as it does. Locks: none that anybody could wait for.
    """
    quote = connection.ops.quote_name
    bare, schema = relation_name(connection, table)
    scratch = f"{SCRATCH_SCHEMA}.{quote(bare)}"
    clause, kind = _CLAUSES[label]
    with scratch_transaction(connection), connection.cursor() as cursor:
        cursor.execute(f"CREATE TEMPORARY TABLE {quote(bare)} ({quote(column)} integer)", None)
        while True:
            cursor.execute(f"ALTER TABLE {scratch} ADD {clause.format(column=quote(column))}", None)
            name = str(
                value(
                    connection,
                    "SELECT conname FROM pg_constraint WHERE conrelid = to_regclass(%s) AND contype = %s "
                    "ORDER BY oid DESC LIMIT 1",
                    [scratch, kind],
                )
            )
            if name not in claimed and not is_taken(connection, schema, name):
                return name
            # Leave the taken name in the scratch table's way, too.
            cursor.execute(f"ALTER TABLE {scratch} DROP CONSTRAINT {quote(name)}", None)
            if kind in {"u", "p"}:
                cursor.execute(f"CREATE TEMPORARY TABLE {quote(name)} ()", None)
            else:
                cursor.execute(f"ALTER TABLE {scratch} ADD CONSTRAINT {quote(name)} CHECK (true)", None)


def relation_name(connection: Connection, table: str) -> tuple[str, int]:
    """The bare name of a (quoted) table, and the oid of its schema; to be asked before a scratch table hides it."""
    found = rows(connection, "SELECT relname, relnamespace FROM pg_class WHERE oid = to_regclass(%s)", [table])
    return (str(found[0][0]), int(found[0][1])) if found else (table.strip('"'), 0)


def is_taken(connection: Connection, schema: int, name: str) -> bool:
    """Whether a relation or a constraint of a schema (its oid) has that name."""
    return bool(
        value(
            connection,
            "SELECT EXISTS (SELECT FROM pg_class WHERE relname = %(name)s AND relnamespace = %(schema)s)"
            " OR EXISTS (SELECT FROM pg_constraint WHERE conname = %(name)s AND connamespace = %(schema)s)",
            {"name": name, "schema": schema},
        )
    )
