"""A database's schema as text that two equal schemas share, whichever way they came about."""

from __future__ import annotations

import subprocess
from collections.abc import Iterable, Iterator

from django_safemigrate.testing.postgres import pg_dump_path

NOISE = ("--", "SET ", "SELECT pg_catalog.set_config", "\\restrict", "\\unrestrict")


def schema(url: str) -> list[str]:
    """The normalised lines of ``pg_dump --schema-only``, without the package's own tables."""
    dumped = subprocess.run(
        [
            str(pg_dump_path() or "pg_dump"),
            "--schema-only",
            "--no-owner",
            "--no-privileges",
            "--exclude-table=django_safemigrate_*",
            url,
        ],
        check=True,
        capture_output=True,
        text=True,
    )
    return list(normalised(dumped.stdout.splitlines()))


def normalised(lines: Iterable[str]) -> Iterator[str]:
    """Without comments and session settings; the columns of a table in alphabetical order.

    Column order is the one difference that the package may make: a column that is filled before it takes its
    place is a later one than stock's.
    """
    columns: list[str] | None = None
    for line in lines:
        if columns is None:
            if line and not line.startswith(NOISE):
                yield line
            if line.startswith("CREATE TABLE ") and line.endswith("("):
                columns = []
        elif line.startswith(")"):
            yield from sorted(columns)
            yield line
            columns = None
        else:
            columns.append(line.rstrip(","))
