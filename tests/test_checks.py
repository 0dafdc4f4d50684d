"""The system checks: what is wrong is said before anything runs."""

from __future__ import annotations

from importlib import metadata
from typing import Any

import pytest
from django.core.management.commands import makemigrations

from django_safemigrate.checks import check_commands, check_distribution, check_migrations, check_settings
from tests.support.project import Project


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


CODE = "migrations.RunPython(print),"
INDEX = 'AddIndexConcurrently("order", models.Index(fields=["number"], name="order_number")),'


def test_the_last_migration_of_an_app(project: Project) -> None:
    project.write("0001_initial", CODE, safe="")
    assert check_migrations() == []  # nobody uses it yet
    project.write("0002_code", CODE, safe="")
    (warning,) = check_migrations()
    assert (warning.id, warning.obj) == ("django_safemigrate.W103", "shop.0002_code")
    assert warning.msg == "shop.0002_code does not say in which phase it runs: Raw Python operation."
    assert "safe = Safe.before_deploy()" in str(warning.hint)
    project.write("0003_index", INDEX + CODE)
    (warning,) = check_migrations()
    assert (warning.id, warning.hint) == (
        "django_safemigrate.W402",
        "class Migration(migrations.Migration):\n    atomic = False",
    )


def test_what_is_no_warning(project: Project, settings: Any) -> None:
    project.write("0001_initial", CODE, safe="")
    project.write("0002_code", f"# safemigrate: ignore[SM103] -- applied everywhere\n{CODE}", safe="")
    assert check_migrations() == []
    project.write("0003_code", CODE, safe="")
    assert [one.id for one in check_migrations()] == ["django_safemigrate.W103"]
    for value in (
        {"LINT": {"RUNNER": "migrate"}},
        {"LINT": {"IGNORED_APPS": ["shop"]}},
        {"MODE": "nonstrict"},
        {"UNDECLARED": "always"},
        {"PHASES": {"shop": "before_deploy"}},
        {"MODE": "wrong"},
        "strict",
    ):
        settings.SAFEMIGRATE = value
        assert check_migrations() == [], value


def test_files_that_are_not_whole_are_left_to_others(project: Project) -> None:
    project.write("0001_initial", CODE, safe="")
    project.write("0002_code", CODE, safe='"soon"')
    assert check_migrations() == []
    project.write("0003_code", "this is no Python", safe="")
    assert check_migrations() == []
