"""The Backfill that is proposed leads to the same rows as the code that it stands for."""

from __future__ import annotations

from pathlib import Path

import pytest
from django.core.management import call_command
from django.db import connection

from tests.support.database import execute, new_database, rows
from tests.support.project import Project

from .looking import HEAD, findings

ROWS = "INSERT INTO shop_line (price) SELECT nullif(n % 3, 0) FROM generate_series(1, 30) n"


@pytest.mark.postgres
@pytest.mark.parametrize(
    "lines",
    [
        "Line.objects.update(price=F('id') + 1)",
        "Line.objects.all().filter(price__isnull=True).update(price=7)",
        "Line.objects.filter(price=None).update(price=F('id'))",
        "Line.objects.exclude(price=2).update(price=9)",
        "Line.objects.filter(models.Q(price=None) | models.Q(price__isnull=False)).update(price=3)",
        "for line in Line.objects.filter(price=None):\n        line.price = line.pk * 2\n        line.save()",
        "for line in Line.objects.exclude(price=5):\n        line.price = 5\n        line.save()",
        "for line in Line.objects.filter(price__isnull=True).iterator():\n        if line.pk < 10:\n"
        "            line.price = 1\n        else:\n            line.price = 2\n        line.save(update_fields=['price'])",
    ],
)
def test_the_same_rows(database: None, project: Project, tmp_path: Path, lines: str) -> None:
    code = f"def fill(apps, schema_editor):\n    Line = apps.get_model('shop', 'Line')\n    {lines}\n"
    [found] = findings(project, code)
    expected = _after(project, tmp_path / "code")
    above, _, operation = found.instead.rpartition("Backfill(")
    path = project.directory / "0002_code.py"
    path.write_text(
        f"{HEAD}{above}\n\nclass Migration(migrations.Migration):\n    dependencies = [('shop', '0001_initial')]\n"
        f"    operations = [Backfill({operation}]\n"
    )
    assert _after(project, tmp_path / "backfill") == expected
    assert expected != []


def _after(project: Project, directory: Path) -> list[tuple[object, ...]]:
    """The rows that the second migration makes of those that are there."""
    directory.mkdir()
    with new_database(directory):
        project._forget_modules()
        call_command("migrate", "shop", "0001", verbosity=0)
        execute(ROWS)
        call_command("migrate", "shop", verbosity=0)
        assert connection.vendor == "postgresql"
        return rows("SELECT id, price FROM shop_line ORDER BY id")
