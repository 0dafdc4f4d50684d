"""A partitioned table and what belongs to it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from .naming import is_taken, relation_name
from .query import Connection, quoted, rows, scratch_transaction


@dataclass(frozen=True)
class Partition:
    """A partition. Names are quoted where needed; ``parent`` is the table that it is a part of."""

    table: str
    relname: str
    parent: str
    is_leaf: bool


def tree_of(connection: Connection, table: str) -> list[Partition]:
    """The partitions of a table and theirs, those nearer to the table first."""
    return [
        Partition(*found)
        for found in rows(
            connection,
            f"""
            SELECT {quoted("t.relid")}, c.relname, {quoted("t.parentrelid")}, t.isleaf
            FROM pg_partition_tree(to_regclass(%s)) t JOIN pg_class c ON c.oid = t.relid
            WHERE t.level > 0 ORDER BY t.level, 1
            """,
            [table],
        )
    ]


def automatic_index_names(
    connection: Connection,
    partitions: list[Partition],
    create: str,
    scratch: str,
    *,
    added: Sequence[tuple[str, str]] = (),
    claimed: set[str],
) -> list[str]:
    """What the server would call the indexes of partitions when it makes one for their parent.

    ``create`` is a ``CREATE INDEX`` text without a name, with ``scratch`` where the table's name goes. It is asked, on
    empty temporary tables of the same names, with the columns that are going to be ``added``. Names that are ``claimed``
    count as taken; those that are found are claimed from now on.
    """
    quote, names = connection.ops.quote_name, list[str]()
    schemas = {partition.table: relation_name(connection, partition.table)[1] for partition in partitions}
    with scratch_transaction(connection), connection.cursor() as cursor:
        for partition in partitions:
            temporary = f"pg_temp.{quote(partition.relname)}"
            cursor.execute(f"CREATE TEMPORARY TABLE {quote(partition.relname)} (LIKE {partition.table})", None)
            for column, kind in added:
                cursor.execute(f"ALTER TABLE {temporary} ADD COLUMN IF NOT EXISTS {column} {kind}", None)
            while True:
                cursor.execute(create.replace(scratch, temporary, 1), None)
                ((name,),) = rows(
                    connection,
                    "SELECT i.relname FROM pg_index x JOIN pg_class i ON i.oid = x.indexrelid "
                    "WHERE x.indrelid = to_regclass(%s) ORDER BY i.oid DESC LIMIT 1",
                    [temporary],
                )
                if name not in claimed and not is_taken(connection, schemas[partition.table], name):
                    break
            names.append(name)
            claimed.add(name)
    return names
