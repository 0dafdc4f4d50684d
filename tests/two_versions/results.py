"""What became of the pairs: written down by the tests, a line for each, and read by ``tests.two_versions.table``."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path

import django
from django.db import connection

from tests.support.database import is_postgres
from tests.two_versions.pair import Pair


@dataclass(frozen=True)
class Result:
    """``error`` is empty where the pair passed. ``on`` is ``PostgreSQL 18`` or ``SQLite``."""

    pair: str
    on: str
    django: str
    error: str = ""


@contextmanager
def written_down(pair: Pair, path: str) -> Iterator[None]:
    """Appends what becomes of the context to the file, if there is one."""
    error = ""
    try:
        yield
    except Exception as caught:
        error = f"{type(caught).__name__}: {caught}"
        raise
    finally:
        if path:
            with Path(path).open("a") as file:
                result = Result(pair.name, server(), ".".join(map(str, django.VERSION[:2])), error)
                file.write(json.dumps(asdict(result)) + "\n")


def server() -> str:
    if not is_postgres():
        return "SQLite"
    return f"PostgreSQL {connection.pg_version // 10_000}"  # type: ignore[attr-defined]


def read(paths: Iterable[str]) -> list[Result]:
    """Of each pair on each server with each Django the last result."""
    found = {}
    for path in paths:
        for line in Path(path).read_text().splitlines():
            result = Result(**json.loads(line))
            found[result.pair, result.on, result.django] = result
    return list(found.values())
