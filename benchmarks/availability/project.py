"""The generated project: one directory for each tool and change, with the migrations that its user would have."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from django_safemigrate.testing.postgres import database_settings

from . import models
from .changes import Change
from .environment import ROOT, Environments
from .runners import RUNNERS, Runner

DATABASE = "AVAILABILITY_DATABASE"
NO_DATABASE = "postgresql://nobody@localhost:1/nothing"

MANAGE = """
import os
import sys

os.environ["DJANGO_SETTINGS_MODULE"] = "settings"

# Processes that a command starts import this file, too.
if __name__ == "__main__":
    from django.core.management import execute_from_command_line

    execute_from_command_line(sys.argv)
"""

SETTINGS = """
import json
import os

SECRET_KEY = "not a secret"
USE_TZ = True
DATABASES = {{"default": json.loads(os.environ["{database}"])}}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
INSTALLED_APPS = [{apps}]
"""


class ProjectFailed(Exception):
    """A tool has no migration for a change; the message is the end of what it said."""


@dataclass(frozen=True)
class Project:
    """A project's directory, and the Python that its commands run in."""

    directory: Path
    python: str

    def command(self, *arguments: str) -> list[str]:
        return [self.python, "manage.py", *arguments]

    def variables(self, database_url: str) -> dict[str, str]:
        path = os.pathsep.join(filter(None, [str(ROOT), os.environ.get("PYTHONPATH")]))
        inherited = {key: value for key, value in os.environ.items() if key != "PYTHONDONTWRITEBYTECODE"}
        database = json.dumps(database_settings(database_url))
        return {**inherited, "PYTHONPATH": path, DATABASE: database, "PGAPPNAME": "runner"}

    def run(self, arguments: Sequence[str], database_url: str = NO_DATABASE) -> str:
        """Run a command that has to succeed; returns what it said."""
        child = subprocess.run(
            self.command(*arguments),
            cwd=self.directory,
            env=self.variables(database_url),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=120,
        )
        if child.returncode:
            raise ProjectFailed(last_line(child.stdout))
        return child.stdout


def last_line(output: str) -> str:
    """The last line that says something: of a traceback that is the error."""
    lines = [line.strip() for line in output.splitlines() if line.strip()]
    return lines[-1] if lines else ""


@dataclass
class Projects:
    """Writes the projects, each when it is first asked for."""

    directory: Path
    environments: Environments
    _written: dict[str, Project] = field(default_factory=dict)

    def unchanged(self, runner: Runner) -> Project:
        """Release 1: what all the others begin with."""
        name = f"{runner.name}-unchanged"
        if name not in self._written:
            project = self._write(runner, name, models.before())
            if runner.name == "stock":
                project.run(["makemigrations", "shop"])
            else:
                self._copy_initial(project)
            self._written[name] = project
        return self._written[name]

    def changed(self, runner: Runner, change: Change) -> Project:
        """Release 2, with its migrations. Raises ``ProjectFailed``."""
        name = f"{runner.name}-{change.name}"
        if name not in self._written:
            apply = change.with_database_default if runner.database_default else None
            project = self._write(runner, name, models.after(apply or change.apply))
            self._copy_initial(project)
            self._add_migrations(project, runner, change)
            self._written[name] = project
        return self._written[name]

    def _write(self, runner: Runner, name: str, release: models.Models) -> Project:
        directory = self.directory / name
        migrations = directory / "shop" / "migrations"
        migrations.mkdir(parents=True)
        for package in (migrations.parent, migrations):
            (package / "__init__.py").touch()
        (migrations.parent / "models.py").write_text(models.source(release))
        (directory / "manage.py").write_text(MANAGE)
        apps = [runner.app, "django.contrib.contenttypes", "django.contrib.auth", "shop"]
        installed = ", ".join(repr(app) for app in apps if app)
        (directory / "settings.py").write_text(SETTINGS.format(database=DATABASE, apps=installed) + runner.settings)
        return Project(directory, self.environments.python(runner))

    def _copy_initial(self, project: Project) -> None:
        stock = self.unchanged(RUNNERS["stock"])
        initial = Path("shop") / "migrations" / "0001_initial.py"
        (project.directory / initial).write_text((stock.directory / initial).read_text())

    def _add_migrations(self, project: Project, runner: Runner, change: Change) -> None:
        migrations = project.directory / "shop" / "migrations"
        if change.name in runner.by_hand:
            for name, text in runner.by_hand[change.name].items():
                (migrations / f"{name}.py").write_text(text)
            return
        project.run(["makemigrations", "shop", "--noinput"])
        for path in migrations.glob("000[2-9]_*.py"):
            path.write_text(runner.edited(change, path.read_text()))
