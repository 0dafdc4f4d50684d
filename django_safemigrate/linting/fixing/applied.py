"""Which migrations are applied: those are never rewritten."""

from __future__ import annotations

from collections.abc import Collection

from django_safemigrate.catalog.query import Connection
from django_safemigrate.linting.loading import from_database
from django_safemigrate.values.errors import DatabaseUnavailable

Key = tuple[str, str]


def applied_where_files_change(connection: Connection) -> Collection[Key]:
    """What is applied on a database. Raises ``DatabaseUnavailable``, and says what it is asked for."""
    try:
        return set(from_database(connection).applied_migrations)
    except DatabaseUnavailable as error:
        raise DatabaseUnavailable(
            error.fact,
            "It knows which migrations are applied, and --fix rewrites none of those.",
            "Start the database, or name one that has what your team has applied: --database",
        ) from error
