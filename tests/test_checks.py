"""The system checks: what is wrong is said before anything runs."""

from __future__ import annotations

from importlib import metadata

import pytest
from django.core.management.commands import makemigrations

from django_safemigrate.checks import check_commands, check_distribution, check_settings


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


def test_a_command_in_front_of_ours(monkeypatch: pytest.MonkeyPatch) -> None:
    assert check_commands() == []
    commands = {"makemigrations": makemigrations.Command(), "migrate": "django_safemigrate"}
    monkeypatch.setattr("django_safemigrate.checks.get_commands", lambda: commands)
    (error,) = check_commands()
    assert error.id == "django_safemigrate.E002"
    assert error.msg == (
        "The command makemigrations is that of django.core, which does not extend ours: migrations would be written without "
        "phases."
    )
    assert error.hint == 'In INSTALLED_APPS, move "django_safemigrate" above "django.core".'
