"""The migrations of the project, and those that a database lacks."""

from __future__ import annotations

from collections.abc import Collection

from django.db.migrations.loader import MigrationLoader
from django.db.migrations.recorder import MigrationRecorder

from django_safemigrate.catalog.query import Connection
from django_safemigrate.doing.loading import in_words
from django_safemigrate.doing.speaking import speaking_of
from django_safemigrate.values.errors import DatabaseUnavailable

Key = tuple[str, str]


def from_files() -> MigrationLoader:
    """Every migration, whatever is applied; no database is asked. Raises ``UsageError``."""
    with in_words():
        return MigrationLoader(None, ignore_no_migrations=True)


def applied_on(connection: Connection) -> Collection[Key]:
    """What is applied on a database. Raises ``DatabaseUnavailable``, with ways to go on without it."""
    try:
        with speaking_of(connection):
            return set(MigrationRecorder(connection).applied_migrations())
    except DatabaseUnavailable as error:
        raise DatabaseUnavailable(
            error.fact,
            "It knows which migrations are pending; without names, those are looked at.",
            "Run without a database: manage.py lintmigrations --since origin/main, or --all, or with the names of apps.",
        ) from error
