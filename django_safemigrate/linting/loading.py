"""The migrations of the project, with a database's word on which of them are applied, or without."""

from __future__ import annotations

import contextlib
import traceback
from collections.abc import Iterator

from django.db.migrations.loader import MigrationLoader

from django_safemigrate.catalog.query import Connection
from django_safemigrate.doing.speaking import speaking_of
from django_safemigrate.doing.unloadable import in_words
from django_safemigrate.values.errors import DatabaseUnavailable, SafeMigrateError, UsageError


def from_files() -> MigrationLoader:
    """Every migration; no database is asked. Raises ``UsageError``."""
    with _in_words():
        return MigrationLoader(None, ignore_no_migrations=True)


def from_database(connection: Connection) -> MigrationLoader:
    """With what is applied there. Raises ``DatabaseUnavailable``, with ways to go on without it, and ``UsageError``."""
    try:
        with speaking_of(connection):
            connection.ensure_connection()
            with _in_words():
                return MigrationLoader(connection, ignore_no_migrations=True)
    except DatabaseUnavailable as error:
        raise DatabaseUnavailable(
            error.fact,
            "It knows which migrations are pending; without names, those are looked at.",
            "Run without a database: manage.py lintmigrations --since origin/main, or --all, or with the names of apps.",
        ) from error


@contextlib.contextmanager
def _in_words() -> Iterator[None]:
    """Files that cannot be imported, and a graph that cannot be, as ``UsageError``."""
    try:
        with in_words():
            yield
    except SafeMigrateError:
        raise
    except Exception as error:
        place = traceback.extract_tb(error.__traceback__)[-1]
        where = (
            f"{error.filename}:{error.lineno}" if isinstance(error, SyntaxError) else f"{place.filename}:{place.lineno}"
        )
        raise UsageError(
            f"The migrations cannot be loaded: {type(error).__name__}: {error}",
            f"It comes from {where}.",
            "Correct it, and run the command again.",
        ) from error
