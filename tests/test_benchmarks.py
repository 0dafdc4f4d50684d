"""The benchmarks keep running. What they print is for people to judge: no number is checked here."""

from __future__ import annotations

import pytest

from benchmarks import makemigrations_check


@pytest.mark.slow
@pytest.mark.postgres
def test_makemigrations_check(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("PYTHONDONTWRITEBYTECODE", raising=False)  # so that it is back afterwards
    makemigrations_check.main(["--models", "12", "--apps", "2", "--pairs", "1"])
    _, unchanged, changed = capsys.readouterr().out.splitlines()
    assert unchanged.startswith("no changes")
    assert changed.startswith("changes")
