from __future__ import annotations

from collections.abc import Iterator

import pytest

from django_safemigrate.doing import direct


@pytest.fixture(autouse=True)
def patient(monkeypatch: pytest.MonkeyPatch) -> None:
    """On a busy machine an answer takes its time; where there is none, a test says how long to wait for it."""
    monkeypatch.setattr(direct, "_CONNECT_TIMEOUT", 60)
    monkeypatch.setattr(direct, "_ANSWER_TIMEOUT", 60.0)


@pytest.fixture(autouse=True)
def unblocked(django_db_blocker: object) -> Iterator[None]:
    """These tests make connections of their own and write nothing."""
    with django_db_blocker.unblock():  # type: ignore[attr-defined]
        yield
