"""The projects: one directory for each change and each way to run migrations, and one without the change."""

from __future__ import annotations

import sys
from pathlib import Path

from benchmarks.availability.project import DATABASE, MANAGE, SETTINGS, Project

from .changes import Change
from .shop import INITIAL

MIGRATION = """
from django.db import migrations, models
{imports}

class Migration(migrations.Migration):
    dependencies = [("shop", "{before}")]
    {safe}
    operations = [{operations}]
"""
OURS = (
    "from django_safemigrate import Safe\n"
    "from django_safemigrate.operations import AlterFieldOnline, FinishAlterField, FinishRenameField, RenameFieldOnline"
)


def write(directory: Path, change: Change | None, *, ours: bool) -> Project:
    """A project in a new directory; without a change it has the first migration alone."""
    migrations = directory / "shop" / "migrations"
    migrations.mkdir(parents=True)
    for package in (migrations.parent, migrations):
        (package / "__init__.py").touch()
    (directory / "manage.py").write_text(MANAGE)
    apps = [*(["django_safemigrate"] if ours else []), "shop"]
    settings = SETTINGS.format(database=DATABASE, apps=", ".join(map(repr, apps)))
    (directory / "settings.py").write_text(settings)
    before = "0001_initial"
    (migrations / f"{before}.py").write_text(INITIAL)
    for phase, operations in _operations(change, ours=ours):
        safe, imports = (f"safe = Safe.{phase}_deploy()", OURS) if ours else ("", "")
        text = MIGRATION.format(imports=imports, before=before, safe=safe, operations=operations)
        before = f"{int(before[:4]) + 1:04}_{phase}"
        (migrations / f"{before}.py").write_text(text)
    return Project(directory, sys.executable)


def _operations(change: Change | None, *, ours: bool) -> list[tuple[str, str]]:
    if change is None:
        return []
    if not ours:
        return [("stock", change.stock)]
    return [(phase, text) for phase, text in (("before", change.before), ("after", change.after)) if text]
