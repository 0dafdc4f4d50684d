"""Column definitions as the server understands them."""

from __future__ import annotations

from dataclasses import dataclass

from .query import Connection, rows, scratch_transaction

SCRATCH_TABLE = "safemigrate_scratch"
SCRATCH_SCHEMA = "pg_temp"


@dataclass(frozen=True)
class ColumnDefinition:
    """What the catalog says of a column. ``default`` is the expression as the server prints it; None without one."""

    type: str
    not_null: bool
    default: str | None
    identity: str
    generated: str
    collation: str | None

    def __str__(self) -> str:
        words = [self.type]
        if self.collation:
            words.append(f"COLLATE {self.collation}")
        if self.generated:
            words.append(f"GENERATED ALWAYS AS ({self.default})")
        elif self.default is not None:
            words.append(f"DEFAULT {self.default}")
        if self.identity:
            words.append("GENERATED AS IDENTITY")
        return " ".join([*words, "NOT NULL" if self.not_null else "NULL"])


def column_definition(connection: Connection, table: str, column: str) -> ColumnDefinition | None:
    """The definition of a column of a (quoted) table; None where there is no such column."""
    found = rows(
        connection,
        """
        SELECT format_type(a.atttypid, a.atttypmod), a.attnotnull, pg_get_expr(d.adbin, d.adrelid),
               a.attidentity::text, a.attgenerated::text,
               CASE WHEN a.attcollation <> t.typcollation THEN l.collname END
        FROM pg_attribute a
        JOIN pg_type t ON t.oid = a.atttypid
        LEFT JOIN pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
        LEFT JOIN pg_collation l ON l.oid = a.attcollation
        WHERE a.attrelid = to_regclass(%s) AND a.attname = %s AND a.attnum > 0 AND NOT a.attisdropped
        """,
        [table, column],
    )
    return ColumnDefinition(*found[0]) if found else None


def definition_of(connection: Connection, column_sql: str) -> ColumnDefinition:
    """What the server makes of ``column_sql`` (type, DEFAULT, NOT NULL ...), tried out on a temporary table.

    Takes no lock that anybody could wait for; leaves nothing behind.
    """
    with scratch_transaction(connection):
        with connection.cursor() as cursor:
            cursor.execute(f"CREATE TEMPORARY TABLE {SCRATCH_TABLE} (scratch {column_sql})", None)
        definition = column_definition(connection, f"pg_temp.{SCRATCH_TABLE}", "scratch")
    assert definition is not None
    return definition
