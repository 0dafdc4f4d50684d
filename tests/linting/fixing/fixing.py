"""A migration file before and after ``lintmigrations --fix``."""

from __future__ import annotations

import contextlib
import io
import json
from pathlib import Path
from typing import Any

from django.core.management import call_command

from tests.support.project import Project

HEAD = """# The orders.
from django.db import migrations, models


class Migration(migrations.Migration):
"""
TABLES = """
migrations.CreateModel("Customer", [("id", models.BigAutoField(primary_key=True))]),
migrations.CreateModel("Order", [
    ("id", models.BigAutoField(primary_key=True)),
    ("number", models.CharField(max_length=9)),
    ("customer", models.BigIntegerField(null=True)),
]),
migrations.AddIndex("Order", models.Index(fields=["customer"], name="by_customer")),
"""


def begun(project: Project) -> None:
    """The first migration, which makes the tables."""
    project.write("0001_initial", TABLES, initial="True", dependencies="[]")


def written(project: Project, body: str, head: str = HEAD) -> Path:
    """The second one: what stands in its class, and above it."""
    path = project.directory / "0002_change.py"
    path.write_text(f'{head}    dependencies = [("shop", "0001_initial")]\n\n{body}')
    return path


def lint(project: Project, *arguments: str) -> str:
    """What it writes, however it ends."""
    project._forget_modules()
    stdout = io.StringIO()
    with contextlib.suppress(SystemExit):
        call_command("lintmigrations", "shop", "0002", *arguments, stdout=stdout)
    return stdout.getvalue()


def codes(project: Project, *arguments: str) -> list[str]:
    """What is found in it."""
    lines: list[dict[str, Any]] = [json.loads(line) for line in lint(project, "--json", *arguments).splitlines()]
    return [line["code"] for line in lines if "code" in line]
