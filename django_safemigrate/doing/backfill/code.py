"""The code of a backfill, from the file of its migration, for a worker that does not run the migration itself."""

from __future__ import annotations

from django.db.migrations.loader import MigrationLoader

from django_safemigrate.catalog.query import Connection
from django_safemigrate.compile.binding import Binding, BoundOperation
from django_safemigrate.doing.words import words
from django_safemigrate.models import MigrationStep
from django_safemigrate.values.errors import UsageError

from .filler import RowsFunction


def code_of(connection: Connection, row: MigrationStep) -> RowsFunction:
    """What the operation of a journal's row does to rows. Raises ``UsageError`` where its file is not what it was."""
    loader = MigrationLoader(connection)
    key = (row.app, row.name)
    if key in loader.disk_migrations:
        migration = loader.disk_migrations[key]
        state = loader.project_state(key, at_end=False)
        for bound in Binding(migration, state, backwards=row.backwards):
            if bound.path == row.operation and words(bound) == row.describes:
                return bound_code(bound)
    raise UsageError(
        f"{row.app}.{row.name} is not what it was when its backfill was begun, or its file is not here.",
        "The code that fills the rows stands there.",
        "Let the worker run the release that has begun it.",
    )


def bound_code(bound: BoundOperation) -> RowsFunction:
    """The code of an operation that fills rows by code."""
    operation = bound.operation
    code: RowsFunction = operation.code_for(bound.app_label, bound.to_state, backwards=bound.backwards)  # type: ignore[attr-defined]
    return code
