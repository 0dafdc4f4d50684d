from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.database import is_postgres, new_database


@pytest.fixture(scope="module")
def server(django_db_blocker: object, tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """A database for all named changes of a module: each of them empties it first."""
    if not is_postgres():
        yield
        return
    directory: Path = tmp_path_factory.mktemp("server")
    with django_db_blocker.unblock(), new_database(directory):  # type: ignore[attr-defined]
        yield
