"""Sizes of the tables in production, from the file that ``safemigrate --export-sizes`` writes there."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from django_safemigrate.values.errors import UsageError
from django_safemigrate.values.sizes import Size

# The form of the file.
VERSION = 1
_AGAIN = "Write it again, where production is: manage.py safemigrate --export-sizes FILE"


def read_sizes(path: Path | str) -> dict[str, Size]:
    """The size of each table by its name, with its schema (``other.orders``) where the search path does not lead to it.

    Raises ``UsageError`` for a file that is not there or is no such file.
    """
    try:
        data = json.loads(Path(path).read_text(encoding="utf-8"))
    except OSError as error:
        raise UsageError(
            f"{path} cannot be read: {error.strerror}.", "It is to have the sizes of tables.", _AGAIN
        ) from error
    except (ValueError, RecursionError) as error:
        raise UsageError(f"{path} is no JSON: {error}.", "It is to have the sizes of tables.", _AGAIN) from error
    version = data.get("version") if isinstance(data, dict) else None
    if version != VERSION:
        raise UsageError(
            f"{path} does not have the sizes of tables.", f"Its version is {version!r}, not {VERSION}.", _AGAIN
        )
    tables = data.get("tables")
    if not isinstance(tables, dict):
        raise UsageError(f"{path} does not have the sizes of tables.", "It has no 'tables'.", _AGAIN)
    return {name: _size(path, name, value) for name, value in tables.items()}


def _size(path: Path | str, name: str, value: Any) -> Size:
    rows, count = (value.get("rows"), value.get("bytes")) if isinstance(value, dict) else (None, None)
    if count is None or not _is_count(count) or not (rows is None or _is_count(rows)):
        raise UsageError(f"{path} has no size of {name}.", f"It says {value!r}, not how many rows and bytes.", _AGAIN)
    return Size(rows, count)


def _is_count(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value >= 0


def sizes_data(sizes: dict[str, Size], exported_at: str, server_version: str) -> dict[str, Any]:
    """What the file says. ``exported_at`` is in ISO 8601."""
    return {
        "version": VERSION,
        "exported_at": exported_at,
        "server_version": server_version,
        "tables": {name: {"rows": size.rows, "bytes": size.bytes} for name, size in sorted(sizes.items())},
    }
