"""``manage.py safemigrate --export-sizes FILE``: the sizes of the tables in production, for the linter."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from django.db import OperationalError
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.transaction import atomic
from django.utils import timezone

from django_safemigrate.catalog.query import rows, value
from django_safemigrate.catalog.sizes import table_sizes
from django_safemigrate.doing.sqlstate import LOCK_NOT_AVAILABLE, sqlstate
from django_safemigrate.linting.sizes import sizes_data
from django_safemigrate.values.errors import LockUnavailable, UsageError

# How long to wait for somebody who has locked a table that is to be measured.
PATIENCE = "2s"


def export_sizes(connection: BaseDatabaseWrapper, path: str) -> str:
    """Write the file (``-``: none), and return what to say: what was done, or the file's text.

    Reads the catalog, in a transaction in which the server lets nobody write. Raises ``UsageError`` for another kind of
    database and a path that cannot be written, ``LockUnavailable`` where a table is locked.
    """
    if connection.vendor != "postgresql":
        raise UsageError(
            f"The database {connection.alias!r} is {connection.vendor}, not PostgreSQL.",
            "Sizes are those of PostgreSQL's catalog.",
            "Run it where production is: manage.py safemigrate --export-sizes FILE --database ALIAS",
        )
    data = _measured(connection)
    text = json.dumps(data, indent=1, ensure_ascii=False)
    if path == "-":
        return text
    try:
        Path(path).write_text(text + "\n", encoding="utf-8")
    except OSError as error:
        raise UsageError(f"{path} cannot be written: {error.strerror}.", "", "Name another file.") from error
    count = len(data["tables"])
    return f"Wrote the sizes of {count} table{'' if count == 1 else 's'} to {path}."


def _measured(connection: BaseDatabaseWrapper) -> dict[str, Any]:
    try:
        with atomic(using=connection.alias):
            rows(
                connection,
                "SELECT set_config('transaction_read_only', 'on', true), set_config('lock_timeout', %s, true)",
                [PATIENCE],
            )
            sizes = table_sizes(connection)
            version = str(value(connection, "SHOW server_version"))
    except OperationalError as error:
        if sqlstate(error) != LOCK_NOT_AVAILABLE:
            raise
        raise LockUnavailable(
            f"The sizes cannot be read: {str(error).strip()}",
            "Somebody has locked one of the tables.",
            "Run the same command again in a moment.",
        ) from error
    return sizes_data(sizes, timezone.now().isoformat(timespec="seconds"), version)
