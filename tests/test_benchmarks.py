"""The benchmarks keep running. What they print is for people to judge: no number is checked here."""

from __future__ import annotations

import pytest

from benchmarks import makemigrations_check, rates
from django_safemigrate.values.rates import RATES


@pytest.mark.slow
@pytest.mark.postgres
def test_makemigrations_check(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("PYTHONDONTWRITEBYTECODE", raising=False)  # so that it is back afterwards
    makemigrations_check.main(["--models", "12", "--apps", "2", "--pairs", "1"])
    _, unchanged, changed = capsys.readouterr().out.splitlines()
    assert unchanged.startswith("no changes")
    assert changed.startswith("changes")


@pytest.mark.slow
@pytest.mark.postgres
def test_rates(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("DATABASE_URL", raising=False)
    rates.main(["--rows", "4000", "--rounds", "1"])
    sizes, _, *measured = capsys.readouterr().out.splitlines()
    assert "about 4,000 rows" in sizes
    assert [line.split()[0] for line in measured] == [work.name for work in rates.MEASURED]
    assert rates.MEASURED.keys() == RATES.keys()
