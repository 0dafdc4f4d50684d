"""The system checks: what is wrong is said before anything runs."""

from __future__ import annotations

from importlib import metadata

import pytest

from django_safemigrate.checks import check_distribution, check_settings


def test_settings_that_cannot_be_read(settings: object) -> None:
    assert check_settings() == []
    settings.SAFEMIGRATE = {"MODE": "loose"}  # type: ignore[attr-defined]
    (error,) = check_settings()
    assert error.id == "django_safemigrate.E001"
    assert error.msg.startswith("SAFEMIGRATE has an unknown mode 'loose'.")
    assert error.hint == "Correct SAFEMIGRATE in your settings; docs/settings.md lists the keys."


def test_the_other_distribution_beside_ours(monkeypatch: pytest.MonkeyPatch) -> None:
    assert check_distribution() == []
    monkeypatch.setattr(metadata, "version", {"django-safemigrate": "6.0"}.__getitem__)
    (warning,) = check_distribution()
    assert warning.id == "django_safemigrate.W001"
    assert warning.msg.startswith("django-safemigrate 6.0 is installed beside django-safemigrate-pg")
    assert "pip uninstall django-safemigrate" in str(warning.hint)
