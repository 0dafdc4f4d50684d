"""A linter, run as a command in one of the projects of ``tests.real_apps``."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Sequence

from tests.real_apps.environment import Environment
from tests.real_apps.groups import GROUPS

NOWHERE = "postgresql://nobody@localhost/nobody_connects"
RUNNERS = ("safemigrate", "migrate")
OURS = ("lintmigrations", "--all", "--all-apps")
# Where sqlmigrate fails they go on.
_THEIRS = ("lintmigrations", "--skip-checks", "--no-cache", "--ignore-sqlmigrate-errors")
# Where the name of one migration begins with that of another of its app, they end in an error; with django-cms, always.
_LEFT_OUT = {"audit": ("--exclude-apps", "easyaudit")}
THEY_FAIL = frozenset({"cms"})
OUR_NUMBER = re.compile(r"^(\d+) migrations? looked at", re.MULTILINE)
THEIR_NUMBERS = re.compile(r"^Ignored migrations: (\d+)/(\d+)", re.MULTILINE)


def theirs(group: str) -> Sequence[str]:
    """django-migration-linter's command for a group."""
    return (*_THEIRS, *_LEFT_OUT.get(group, ()))


def run(group: str, url: str, command: Sequence[str]) -> str:
    """The output of a command, which may end with status 1, having found something."""
    environment = Environment(group=GROUPS[group], database_url=url, with_package=command[0:3] == OURS)
    variables = {**environment.as_variables(), "DJANGO_SETTINGS_MODULE": "benchmarks.linting.real_settings"}
    variables.pop("PYTHONDONTWRITEBYTECODE", None)
    run = subprocess.run(
        [sys.executable, "-W", "ignore", "-m", "benchmarks.linting.command", *command],
        env=variables,
        capture_output=True,
        text=True,
    )
    if run.returncode not in {0, 1} or not run.stdout or "Traceback" in run.stderr:
        raise RuntimeError(f"{group}: {' '.join(command)}\n{run.stderr[-3000:]}")
    return run.stdout


def looked_at(said: str) -> int:
    if found := THEIR_NUMBERS.search(said):
        return int(found[2]) - int(found[1])
    found = OUR_NUMBER.search(said)
    if found is None:
        raise RuntimeError(said[-2000:])
    return int(found[1])
