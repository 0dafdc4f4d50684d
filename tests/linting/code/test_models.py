"""Models that code imports, or that are not there when it asks for them."""

from __future__ import annotations

from typing import Any

import pytest
from django.db.migrations.loader import MigrationLoader

from django_safemigrate.linting.checks.code import python_code
from tests.support.project import Project

from .looking import codes, findings, inspected, written

HEAD = """
from django.db import migrations, models
"""


@pytest.mark.parametrize(
    ("head", "use"),
    [
        ("from django.contrib.auth.models import Group", "Group.objects.filter(pk=1).update(name='x')"),
        ("from django.contrib.auth import models as auth", "auth.Group.objects.create(name='x')"),
        ("import django.contrib.auth.models", "django.contrib.auth.models.Group(name='x').save()"),
        ("from django.apps import apps as now", "now.get_model('auth', 'Group').objects.first()"),
        ("", "from django.contrib.auth.models import Group; Group._default_manager.exists()"),
        ("", "import django.contrib.auth.models as auth; auth.Group.objects.exists()"),
        ("", "from django.contrib.auth import models as auth; auth.Group.objects.exists()"),
    ],
)
def test_a_model_as_it_is_now(project: Project, head: str, use: str) -> None:
    [found] = findings(project, f"{head}\n\ndef fill(apps, schema_editor):\n    {use}")
    assert found.code.code == "SM304"
    assert found.fact == "fill() uses auth.Group as it is now, not as it was at this point of the history."
    assert found.instead == 'Group = apps.get_model("auth", "Group")'


def test_the_user_model_is_one_of_them(project: Project) -> None:
    code = """
from django.contrib.auth import get_user_model

def fill(apps, schema_editor):
    User = get_user_model()
    User.objects.filter(pk=1).update(email="")
    User.objects.get(pk=1)
"""
    [found] = findings(project, code)
    assert (found.code.code, found.instead) == ("SM304", 'User = apps.get_model("auth", "User")')


def test_constants_of_a_model_are_none_of_its_rows(project: Project) -> None:
    code = """
from django.contrib.auth.models import User

def fill(apps, schema_editor):
    print(User.USERNAME_FIELD, User._meta.label, User.nothing)
"""
    assert codes(project, code) == []


def test_a_model_that_is_not_there(project: Project) -> None:
    code = "def fill(apps, schema_editor):\n    apps.get_model('shop', 'Customer')\n    apps.get_model('shop.customer')"
    [found] = findings(project, code)
    assert (found.code.code, found.place.line, found.place.column) == ("SM305", 7, 5)
    assert found.fact == "fill() asks for shop.Customer, which is not there at this point of the history."


def test_a_model_of_an_app_that_the_migration_does_not_depend_on(project: Project) -> None:
    code = "def fill(apps, schema_editor):\n    apps.get_model('contenttypes', 'ContentType')"
    from_dependency = ', ("auth", "0006_require_contenttypes_0002")'
    assert codes(project, code, dependencies=from_dependency) == []
    [found] = findings(project, code)
    assert found.code.code == "SM305"
    assert found.fact == ("fill() asks for contenttypes.ContentType, which is not there at this point of the history.")


def test_an_app_without_migrations_is_there_as_it_is(project: Project, settings: Any) -> None:
    settings.MIGRATION_MODULES = {**settings.MIGRATION_MODULES, "contenttypes": None, "auth": None}
    code = "def fill(apps, schema_editor):\n    apps.get_model('contenttypes', 'ContentType')"
    assert codes(project, code) == []


def test_an_app_may_come_earlier_by_chance(project: Project) -> None:
    path = written(project, "def fill(apps, schema_editor):\n    apps.get_model('auth', 'Group')")
    seen = inspected(project, path)
    seen.before = MigrationLoader(None).project_state()
    [found] = python_code(seen)
    assert found.fact == "fill() asks for auth.Group, but shop.0002_code depends on no migration of auth."
    seen.apps_before = None
    assert list(python_code(seen)) == []


def test_what_is_made_earlier_in_the_same_migration_is_there(project: Project) -> None:
    code = "def fill(apps, schema_editor):\n    apps.get_model('shop', 'Note')"
    made = 'migrations.CreateModel("Note", [("id", models.BigAutoField(primary_key=True))]), migrations.RunPython(fill)'
    assert codes(project, code, operations=made) == []
