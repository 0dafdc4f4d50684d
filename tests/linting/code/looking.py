"""A migration file with code in it, put to the checks of code."""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path
from typing import Any

from django.db.migrations.loader import MigrationLoader

from django_safemigrate.decisions.assigning import as_declared
from django_safemigrate.decisions.inferring import Judge
from django_safemigrate.linting.checks.code import python_code
from django_safemigrate.linting.inspected import Conditions, Inspected
from django_safemigrate.values.findings import Finding
from tests.support.project import Project

HEAD = """
from django.db import migrations, models
from django.db.models import F
"""
TABLES = """
migrations.CreateModel("Order", [("id", models.BigAutoField(primary_key=True)), ("number", models.CharField(max_length=9))]),
migrations.CreateModel("Line", [("id", models.BigAutoField(primary_key=True)), ("price", models.IntegerField(null=True))]),
"""


def written(
    project: Project, code: str, *, operations: str = "", dependencies: str = "", attributes: str = "", head: str = HEAD
) -> Path:
    """Two migrations: one makes the tables, the other runs the function ``fill`` of ``code`` (or has ``operations``)."""
    project.write("0001_initial", TABLES, initial="True", dependencies="[]")
    path = project.directory / "0002_code.py"
    path.write_text(
        f"{head}\n\n{code}\n\n\nclass Migration(migrations.Migration):\n"
        f'    dependencies = [("shop", "0001_initial"){dependencies}]\n{attributes}'
        f"    operations = [{operations or 'migrations.RunPython(fill, migrations.RunPython.noop)'}]\n"
    )
    return path


def inspected(project: Project, path: Path, *, new_tables: Collection[str] = (), **conditions: Any) -> Inspected:
    """The migration as checks see it."""
    project._forget_modules()
    loader = MigrationLoader(None)
    key = ("shop", path.stem)
    migration, before = loader.graph.nodes[key], loader.project_state(key, at_end=False)
    return Inspected(
        migration,
        before,
        Judge(before).judge(migration),
        as_declared(migration),
        Conditions(**conditions),
        new_tables,
        path,
        lambda: {label for label, _ in loader.graph.forwards_plan(key)},
    )


def findings(project: Project, code: str, **more: Any) -> list[Finding]:
    """What is found in a migration that runs ``fill``."""
    conditions = {name: more.pop(name) for name in ("sizes", "new_tables") if name in more}
    return list(python_code(inspected(project, written(project, code, **more), **conditions)))


def codes(project: Project, code: str, **more: Any) -> list[str]:
    return [one.code.code for one in findings(project, code, **more)]
