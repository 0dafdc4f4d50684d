"""Which migrations are applied: those are never rewritten."""

from __future__ import annotations

from collections.abc import Collection

from django_safemigrate.catalog.query import Connection
from django_safemigrate.linting.loading import Key, applied_on
from django_safemigrate.values.errors import DatabaseUnavailable


def applied_where_files_change(connection: Connection) -> Collection[Key]:
    """What is applied on a database. Raises ``DatabaseUnavailable``, and says what it is asked for."""
    try:
        return applied_on(connection)
    except DatabaseUnavailable as error:
        raise DatabaseUnavailable(
            error.fact,
            "It knows which migrations are applied, and --fix rewrites none of those.",
            "Start the database, or name one that has what your team has applied: --database",
        ) from error
