"""Whose directory migrations are written into, asked in this process; tests/composition asks it of real projects."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from django.db import models
from django.db.migrations import Migration
from django.db.migrations.operations import AddField, AlterField
from django.db.migrations.operations.base import Operation

from django_safemigrate.doing import whose
from django_safemigrate.values.errors import UsageError
from tests.support.project import Project


def migration(*operations: Operation) -> Migration:
    made: Migration = type("Migration", (Migration,), {"operations": list(operations)})("0002_more", "auth")
    return made


def refusal(*operations: Operation, beside: str = "") -> UsageError:
    """What is said of changes to Django's own app of users, which is installed, and perhaps to one of the project."""
    changes = {"auth": [migration(*operations)] if operations else []}
    if beside:
        changes[beside] = []
    with pytest.raises(UsageError) as caught:
        whose.refuse_installed(changes)
    return caught.value


def test_an_installed_app_is_named_with_its_version_and_what_changes() -> None:
    fields = [AddField("user", name, models.IntegerField(null=True)) for name in ("a", "b", "c", "d", "e")]
    error = refusal(*fields)
    assert error.fact.startswith("Migrations of auth would be written into /")
    assert "/django/contrib/auth/migrations, which belongs to Django " in error.fact
    assert error.reason.splitlines()[1] == (
        "Its models are not as its migrations say: Add field a to user; Add field b to user; Add field c to user; and 2 more."
    )
    assert error.next_command.splitlines()[0] == "Keep its migrations in your project:"
    assert error.next_command.splitlines()[-2:] == [
        '  MIGRATION_MODULES = {"auth": "tests.auth_migrations"}  # in your settings',
        "  manage.py makemigrations auth",
    ]


def test_keys_of_another_type_come_from_a_setting() -> None:
    error = refusal(AlterField("user", "id", models.BigAutoField(primary_key=True)))
    assert "DEFAULT_AUTO_FIELD (django.db.models.BigAutoField)" in error.next_command
    assert 'default_auto_field = "django.db.models.AutoField"' in error.next_command
    assert (
        "DEFAULT_AUTO_FIELD" not in refusal(AlterField("user", "id", models.AutoField(primary_key=True))).next_command
    )


def test_the_rest_can_go_on(project: Project) -> None:
    error = refusal(AddField("user", "a", models.IntegerField(null=True)), beside="shop")
    assert error.next_command.endswith("To go on without it: manage.py makemigrations shop")


def test_merging_is_writing() -> None:
    error = refusal()
    assert "Its models" not in error.reason
    assert "manage.py makemigrations --merge auth" in error.next_command


def test_apps_of_the_project_are_nobody_elses(project: Project, settings: object) -> None:
    whose.refuse_installed({"shop": []})
    settings.MIGRATION_MODULES = {"auth": "tests.shop.of_auth", "shop": None}  # type: ignore[attr-defined]
    whose.refuse_installed({"auth": [], "shop": []})


def test_a_module_in_the_place_of_the_package_lies_where_django_would_write(settings: Any) -> None:
    settings.MIGRATION_MODULES = {**settings.MIGRATION_MODULES, "shop": "tests.settings"}
    assert whose.migrations_directory("shop") == Path(__file__).resolve().parents[1]


def test_an_app_without_migrations_would_get_them_beside_its_models(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        whose.MigrationLoader, "migrations_module", lambda label: (f"django.contrib.{label}.none", False)
    )
    error = refusal()
    assert "/django/contrib/auth/none" in error.fact
    assert "cp -r" not in error.next_command


def test_a_namespace_of_several_distributions_is_named_by_its_app(
    monkeypatch: pytest.MonkeyPatch, settings: object
) -> None:
    monkeypatch.setattr(whose.metadata, "packages_distributions", lambda: {"django": ["one", "other"]})
    settings.SETTINGS_MODULE = "settings"  # type: ignore[attr-defined]
    error = refusal()
    assert error.fact.endswith("which belongs to the installed package django.contrib.auth.")
    assert 'MIGRATION_MODULES = {"auth": "auth_migrations"}' in error.next_command


def test_links_are_followed(tmp_path: Path) -> None:
    assert whose.is_installed(tmp_path / "lib/site-packages/blog/migrations")
    assert not whose.is_installed(tmp_path / "src/blog/migrations")
