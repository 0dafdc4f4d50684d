"""A few made-up rows in every table, so that a migration meets tables in use; and whether the rows stay."""

from __future__ import annotations

from dataclasses import dataclass

from django.db import Error, transaction
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.migrations import Migration, RunPython, RunSQL, SeparateDatabaseAndState
from django.db.migrations.operations.base import Operation

ROWS = 2

Table = tuple[int, str]
"""Object id and name: a rename keeps the first, and a table made anew has another."""

COLUMNS = """
SELECT c.relname, a.attname, format_type(a.atttypid, NULL), ft.relname, fa.attname
FROM pg_class c
JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
LEFT JOIN pg_constraint f ON f.conrelid = c.oid AND f.contype = 'f' AND f.conkey = ARRAY[a.attnum]
LEFT JOIN pg_class ft ON ft.oid = f.confrelid
LEFT JOIN pg_attribute fa ON fa.attrelid = f.confrelid AND ARRAY[fa.attnum] = f.confkey
WHERE c.relnamespace = 'public'::regnamespace AND c.relkind = 'r' AND c.relname = ANY(%s)
  AND a.attidentity = '' AND a.attgenerated = '' AND NOT a.atthasdef
ORDER BY c.oid, a.attnum
"""

TABLES = """
SELECT relname FROM pg_class
WHERE relnamespace = 'public'::regnamespace AND relkind = 'r'
  AND relname NOT IN ('auth_permission', 'django_content_type', 'django_migrations')
  AND relname NOT LIKE 'django\\_safemigrate\\_%'
ORDER BY oid
"""

VALUES = {
    "boolean": "false",
    "bytea": "''::bytea",
    "date": "current_date",
    "double precision": "1",
    "hstore": "''",
    "inet": "'127.0.0.1'",
    "interval": "'1 hour'",
    "json": "'{}'",
    "jsonb": "'{}'",
    "numeric": "1",
    "time without time zone": "current_time",
    "timestamp with time zone": "now()",
    "tsvector": "''",
    "uuid": "gen_random_uuid()",
}


@dataclass(frozen=True)
class Column:
    name: str
    type: str
    target_table: str | None
    target_column: str | None

    def value(self, row: int) -> str:
        """An SQL expression for the column in that row; a reference takes the target's row of that rank."""
        if self.target_table:
            key = f'"{self.target_column}"'
            return f'(SELECT {key} FROM "{self.target_table}" ORDER BY {key} OFFSET {row} LIMIT 1)'
        if self.type.endswith("[]"):
            return "'{}'"
        if self.type.startswith("character") or self.type == "text":
            return f"'{row + 1}'"  # also valid as JSON and as a number, which a later type may want
        return VALUES.get(self.type, str(row + 1))


class Seeder:
    """Fills each table once, as soon as it is there. A table that refuses the rows stays as it is."""

    def __init__(self, connection: BaseDatabaseWrapper, unseeded: frozenset[str]) -> None:
        self.connection = connection
        self.done = set(unseeded)

    def seed(self) -> None:
        new = [table for table in tables(self.connection) if table not in self.done]
        if not new:
            return
        self.done.update(new)
        for table, columns in self._columns(new).items():
            for row in range(ROWS):
                self._insert(table, columns, row)

    def _columns(self, wanted: list[str]) -> dict[str, list[Column]]:
        found: dict[str, list[Column]] = {table: [] for table in wanted}
        with self.connection.cursor() as cursor:
            cursor.execute(COLUMNS, [wanted])
            for table, *column in cursor.fetchall():
                found[table].append(Column(*column))
        return found

    def _insert(self, table: str, columns: list[Column], row: int) -> None:
        names = ", ".join(f'"{column.name}"' for column in columns)
        values = ", ".join(column.value(row) for column in columns)
        try:
            with transaction.atomic(using=self.connection.alias), self.connection.cursor() as cursor:
                if columns:
                    cursor.execute(f'INSERT INTO "{table}" ({names}) VALUES ({values})')
                else:
                    cursor.execute(f'INSERT INTO "{table}" DEFAULT VALUES')
        except Error:
            pass  # a check constraint, or a required reference to a table without rows


def tables(connection: BaseDatabaseWrapper) -> list[str]:
    with connection.cursor() as cursor:
        cursor.execute(TABLES)
        return [table for (table,) in cursor.fetchall()]


def counts(connection: BaseDatabaseWrapper) -> dict[Table, int]:
    """How many rows every table has. A table made anew under an old name is another one."""
    query = " UNION ALL ".join(
        f"SELECT '\"{t}\"'::regclass::oid, '{t}', count(*) FROM \"{t}\"" for t in tables(connection)
    )
    if not query:
        return {}
    with connection.cursor() as cursor:
        cursor.execute(query)
        return {(oid, table): rows for oid, table, rows in cursor.fetchall()}


def lost(migration: Migration, before: dict[Table, int], after: dict[Table, int]) -> list[str]:
    """Tables with fewer rows than before, where no operation of the migration may delete any."""
    if not all(_keeps_rows(operation) for operation in migration.operations):
        return []
    return [
        f"{table[1]}: {before[table]} -> {after[table]}"
        for table in before.keys() & after.keys()
        if after[table] < before[table]
    ]


def _keeps_rows(operation: Operation) -> bool:
    return not isinstance(operation, (RunPython, RunSQL, SeparateDatabaseAndState))
