"""The one way in which this layer talks to the server."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.transaction import atomic

Connection = BaseDatabaseWrapper


def quoted(oid: str) -> str:
    """An SQL expression for the name of a relation, quoted as Django quotes it, with its schema where that is needed."""
    return (
        "(SELECT CASE WHEN pg_table_is_visible(q.oid) THEN '' ELSE '\"' || s.nspname || '\".' END"
        " || '\"' || replace(q.relname, '\"', '\"\"') || '\"'"
        f" FROM pg_class q JOIN pg_namespace s ON s.oid = q.relnamespace WHERE q.oid = {oid})"
    )


def rows(connection: Connection, sql: str, params: Sequence[Any] | Mapping[str, Any] = ()) -> list[tuple[Any, ...]]:
    """All rows of a query."""
    with connection.cursor() as cursor:
        cursor.execute(sql, params)
        return list(cursor.fetchall())


def value(connection: Connection, sql: str, params: Sequence[Any] | Mapping[str, Any] = ()) -> Any:
    """The first column of the first row; None where there is none."""
    found = rows(connection, sql, params)
    return found[0][0] if found else None


def executing(connection: Connection) -> Callable[[str], int]:
    """A function that executes a statement as it is, without placeholders; it returns how many rows were changed."""

    def execute(sql: str) -> int:
        with connection.cursor() as cursor:
            cursor.execute(sql, None)
            return int(cursor.rowcount)

    return execute


@contextlib.contextmanager
def scratch_transaction(connection: Connection) -> Iterator[None]:
    """A transaction that is always rolled back, for temporary tables on which definitions are tried out."""
    with atomic(using=connection.alias):
        try:
            yield
        finally:
            connection.set_rollback(True)
