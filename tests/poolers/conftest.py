from __future__ import annotations

from collections.abc import Iterator

import pytest


@pytest.fixture(autouse=True)
def unblocked(django_db_blocker: object) -> Iterator[None]:
    """These tests make connections of their own and write nothing."""
    with django_db_blocker.unblock():  # type: ignore[attr-defined]
        yield
