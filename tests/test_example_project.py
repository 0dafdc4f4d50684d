"""The example's migrations are what ``makemigrations`` writes.

Run in processes of their own, since the example has its own settings.
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[1]
EXAMPLE = ROOT / "example_project"


def run(*command: str, **environment: str) -> subprocess.CompletedProcess[str]:
    path = os.pathsep.join(filter(None, [str(ROOT), os.environ.get("PYTHONPATH")]))
    # Neither the settings nor the server of the other tests.
    others = {"DJANGO_SETTINGS_MODULE", "DATABASE_URL"}
    clean = {name: value for name, value in os.environ.items() if name not in others}
    return subprocess.run(
        [sys.executable, *command],
        cwd=EXAMPLE,
        env={**clean, "PYTHONPATH": path, **environment},
        capture_output=True,
        text=True,
        check=False,
    )


def test_the_committed_migrations_are_what_makemigrations_writes() -> None:
    result = run("regenerate.py")

    assert result.returncode == 0, result.stdout + result.stderr


def test_release_2_has_no_changes_without_a_migration() -> None:
    result = run("manage.py", "makemigrations", "--check", "--dry-run")

    assert (result.returncode, result.stdout) == (0, "No changes detected\n"), result.stderr


def test_the_checks_find_nothing() -> None:
    result = run("-W", "error", "manage.py", "check")

    assert (result.returncode, result.stderr) == (0, ""), result.stdout


def test_without_a_database_the_message_says_what_to_do() -> None:
    result = run("manage.py", "migrate", DATABASE_URL="", PGHOST="/nowhere")

    assert result.returncode == 1
    assert "DATABASE_URL is not set" in result.stderr
    assert "python manage.py demo" in result.stderr
