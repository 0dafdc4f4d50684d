"""The names that the server gives to constraints and indexes which nobody names."""

from __future__ import annotations

from .columns import SCRATCH_SCHEMA
from .query import Connection, rows, scratch_transaction, value

_CLAUSES = {
    "key": "UNIQUE ({column})",
    "pkey": "PRIMARY KEY ({column})",
    "check": "CHECK ({column} IS NOT NULL)",
    "not_null": "",
}


def automatic_name(connection: Connection, table: str, column: str, label: str) -> str:
    """What the server would call the constraint of kind ``label`` (key, pkey, check, not_null) on a column of a table.

    It is asked, on an empty temporary table of the same name, since it shortens long names in its own way; a name that is
    taken in the table's schema is counted up as it does. Locks: none that anybody could wait for.
    """
    bare = value(connection, "SELECT relname FROM pg_class WHERE oid = to_regclass(%s)", [table]) or table.strip('"')
    quote = connection.ops.quote_name
    with scratch_transaction(connection), connection.cursor() as cursor:
        cursor.execute(f"CREATE TEMPORARY TABLE {quote(bare)} ({quote(column)} integer)", None)
        scratch = f"{SCRATCH_SCHEMA}.{quote(bare)}"
        while True:
            clause = _CLAUSES[label].format(column=quote(column))
            cursor.execute(f"ALTER TABLE {scratch} ADD {clause or f'NOT NULL {quote(column)}'}", None)
            ((name,),) = rows(
                connection,
                "SELECT conname FROM pg_constraint WHERE conrelid = to_regclass(%s) ORDER BY oid DESC LIMIT 1",
                [scratch],
            )
            if not _taken(connection, table, name, relation=label in {"key", "pkey"}):
                return str(name)
            # Leave the taken name in the scratch table's way, too.
            cursor.execute(f"ALTER TABLE {scratch} DROP CONSTRAINT {quote(name)}", None)
            if label in {"key", "pkey"}:
                cursor.execute(f"CREATE TEMPORARY TABLE {quote(name)} ()", None)
            else:
                cursor.execute(f"ALTER TABLE {scratch} ADD CONSTRAINT {quote(name)} CHECK (true)", None)


def _taken(connection: Connection, table: str, name: str, *, relation: bool) -> bool:
    if relation and value(
        connection,
        "SELECT EXISTS (SELECT FROM pg_class WHERE relname = %s AND relnamespace = "
        "(SELECT relnamespace FROM pg_class WHERE oid = to_regclass(%s)))",
        [name, table],
    ):
        return True
    return bool(
        value(
            connection,
            "SELECT EXISTS (SELECT FROM pg_constraint WHERE conname = %s AND connamespace = "
            "(SELECT relnamespace FROM pg_class WHERE oid = to_regclass(%s)))",
            [name, table],
        )
    )
