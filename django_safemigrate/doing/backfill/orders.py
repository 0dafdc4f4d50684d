"""What somebody in another shell, or the code of the project, tells a backfill while it runs.

The workers read it about once in a second. Each is an UPDATE of one row, which they lock for moments only.
"""

from __future__ import annotations

from django_safemigrate.catalog.query import Connection
from django_safemigrate.models import Backfill

from .overview import named


def pause(connection: Connection, name: str) -> str:
    """Have no further batch begin. Returns the whole name. Raises ``UsageError`` for a name that is not known."""
    return _set(connection, name, paused=True)


def resume(connection: Connection, name: str) -> str:
    """Have batches begin again."""
    return _set(connection, name, paused=False)


def set_batch_rows(connection: Connection, name: str, rows: int | None) -> str:
    """So many rows in each batch; None: as many as the time of a batch allows."""
    return _set(connection, name, batch_rows=rows)


def _set(connection: Connection, name: str, **values: object) -> str:
    found = named(connection, name)
    Backfill.objects.using(connection.alias).filter(pk=found.pk).update(**values)
    return found.name
