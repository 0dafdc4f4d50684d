"""The fixture ``zero_downtime``, in a pytest of its own on the example project."""

from __future__ import annotations

import os
import subprocess
import sys
from importlib.metadata import entry_points
from pathlib import Path

import pytest
from django.db import connection

from django_safemigrate.testing import plugin
from tests.conftest import ORDERS
from tests.support.project import Project

ROOT = Path(__file__).parents[2]
EXAMPLE = ROOT / "example_project"

zero_downtime = plugin.zero_downtime  # here, too, where the package is not installed


def run_pytest(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    path = os.pathsep.join(filter(None, [str(ROOT), os.environ.get("PYTHONPATH")]))
    # What this pytest is asked for, such as a measure of coverage, is not asked of that one.
    ours = {"DJANGO_SETTINGS_MODULE", "PYTEST_ADDOPTS"}
    clean = {name: value for name, value in os.environ.items() if name not in ours}
    return subprocess.run(
        [sys.executable, "-m", "pytest", "-p", plugin.__name__, "-p", "no:cacheprovider", *arguments],
        cwd=EXAMPLE,
        env={**clean, "PYTHONPATH": path, **environment},
        capture_output=True,
        text=True,
        check=False,
    )


def databases() -> set[str]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT datname FROM pg_database")
        return {name for [name] in cursor.fetchall()}


@pytest.mark.postgres
@pytest.mark.slow
def test_the_example(database: None) -> None:
    before = databases()
    result = run_pytest("-rP", "-q")
    assert result.returncode == 0, result.stdout + result.stderr
    assert "1 passed" in result.stdout
    assert "The release of shop.0002_" in result.stdout
    assert databases() == before


BAD = """
from django.db import migrations
from django_safemigrate import Safe


class Migration(migrations.Migration):
    safe = Safe.before_deploy()
    dependencies = [("shop", "0003_remove_order_coupon_code_remove_order_gift_wrap_and_more_contract")]
    operations = [migrations.RemoveField("order", "status")]
"""


@pytest.mark.postgres
@pytest.mark.slow
def test_a_migration_that_breaks_the_old_code(database: None, tmp_path: Path) -> None:
    package = tmp_path / "more"
    package.mkdir()
    for path in (EXAMPLE / "shop" / "migrations").glob("*.py"):
        (package / path.name).write_text(path.read_text())
    (package / "0004_no_status.py").write_text(BAD)
    (tmp_path / "test_it.py").write_text("def test_it(zero_downtime):\n    zero_downtime.check('shop', since='0004')\n")
    result = run_pytest(
        "-q", "-c", "pytest.ini", str(tmp_path / "test_it.py"), "-o", f"pythonpath=. {tmp_path}", SHOP_MIGRATIONS="more"
    )
    assert result.returncode == 1, result.stdout + result.stderr
    for words in ("The old code uses a column that is not there", "before deploy", "shop.0004_no_status", "shop.Order"):
        assert words in result.stdout, result.stdout


def test_installed_packages_bring_it_once() -> None:
    """Its name is that of the module, so that to name it by hand as well is no error."""
    found = [one for one in entry_points(group="pytest11") if one.value == plugin.__name__]
    assert {one.name for one in found} <= {plugin.__name__}
    text = (ROOT / "pyproject.toml").read_text()
    assert f'"{plugin.__name__}" = "{plugin.__name__}"' in text


def test_the_fixture_prints_what_it_reports(
    project: Project, zero_downtime: plugin.ZeroDowntime, capsys: pytest.CaptureFixture[str]
) -> None:
    project.write("0001_initial", ORDERS, initial="True")
    note = 'migrations.AddField("Order", "note", models.TextField(null=True))'
    project.write("0002_note", note, safe="Safe.before_deploy()")
    report = zero_downtime.check("shop", traffic=False, backwards=False)
    assert [one.migrations for one in report.releases] == [["shop.0002_note"]]
    assert capsys.readouterr().out == f"{report}\n"
