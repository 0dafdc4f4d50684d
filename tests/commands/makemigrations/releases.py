"""Two releases of a shop, and what is asked of their migrations."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import models
from django.db.migrations.state import ModelState

from django_safemigrate.values.errors import UsageError
from tests.support.project import Project

Fields = dict[str, "models.Field[Any, Any]"]
NUMBER: Fields = {"number": models.CharField(max_length=20)}
OLD: Fields = {**NUMBER, "old": models.IntegerField(default=3)}
NEW: Fields = {**NUMBER, "vip": models.BooleanField(default=False)}
ORDER: Fields = {
    "number": models.CharField(max_length=20),
    "status": models.CharField(max_length=10, default="new"),
    "gift": models.BooleanField(default=False),
    "coupon": models.CharField(max_length=9),
}
INDEX = models.Index(fields=["number"], name="number_idx")


class Status(models.TextChoices):
    NEW = "new"


class Copies(dict[str, ModelState]):
    """Detection takes options out of the states that it is given (Django 6.1), so every command gets its own."""

    def values(self) -> Any:
        return [state.clone() for state in super().values()]


EXPAND = """\
from django.db import migrations, models
from django_safemigrate import Safe


class Migration(migrations.Migration):
    safe = Safe.before_deploy()

    dependencies = [
        ('shop', '0001_initial'),
    ]

    operations = [
        migrations.AlterField(
            model_name='order',
            name='old',
            field=models.IntegerField(db_default=3, default=3),
        ),
        migrations.AddField(
            model_name='order',
            name='vip',
            field=models.BooleanField(db_default=False, default=False),
        ),
    ]
"""
CONTRACT = """\
from django.db import migrations, models
from django_safemigrate import Safe


class Migration(migrations.Migration):
    safe = Safe.after_deploy()

    dependencies = [
        ('shop', '0002_alter_order_old_order_vip_expand'),
    ]

    operations = [
        migrations.RemoveField(
            model_name='order',
            name='old',
        ),
        migrations.AlterField(
            model_name='order',
            name='vip',
            field=models.BooleanField(default=False),
        ),
    ]
"""


def files(project: Project) -> dict[str, str]:
    return {name: project.text(name) for name in project.names()}


def shown(project: Project, output: str) -> str:
    """Output, with the directory of the migrations as ``...``."""
    return output.replace(str(project.directory), "...")


def refusal(project: Project, *arguments: str) -> str:
    """The error; it leaves every file as it is."""
    before = files(project)
    with pytest.raises(UsageError) as refused:
        project.makemigrations(*arguments)
    assert files(project) == before
    assert refused.value.returncode == 2
    return str(refused.value)


def exit_status(project: Project, *arguments: str) -> int:
    try:
        project.makemigrations(*arguments)
    except SystemExit as end:
        return int(end.code or 0)
    return 0
