"""A project of any size, with a migration history: written to a directory, one release of its models after the other.

The migrations are those that stock ``makemigrations`` writes for each release: ``CreateModel`` in the first, and later,
once for every model, one of six changes.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import django_safemigrate
from django_safemigrate.testing.postgres import database_settings

RELEASES = 10
KINDS = 6
WITH_PACKAGE = "GENERATED_PROJECT_WITH_PACKAGE"

MANAGE = """
import os
import sys

os.environ["DJANGO_SETTINGS_MODULE"] = "settings"
from django.core.management import execute_from_command_line

execute_from_command_line(sys.argv)
"""

SETTINGS = """
import os

SECRET_KEY = "not a secret"
DATABASES = {{"default": {database!r}}}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
INSTALLED_APPS = ["django.contrib.contenttypes", "django.contrib.auth", *{apps!r}]
if os.environ["{with_package}"] == "1":
    INSTALLED_APPS.insert(0, "django_safemigrate")
"""


@dataclass(frozen=True)
class Project:
    """``models`` models in ``apps`` apps. An app's models refer to its own and to those of the app before it."""

    directory: Path
    database_url: str
    models: int
    apps: int

    def write(self) -> None:
        """The project and its history."""
        self.directory.joinpath("manage.py").write_text(MANAGE)
        apps = [_label(app) for app in range(self.apps)]
        database = database_settings(self.database_url)
        settings = SETTINGS.format(database=database, apps=apps, with_package=WITH_PACKAGE)
        self.directory.joinpath("settings.py").write_text(settings)
        for app in apps:
            (self.directory / app / "migrations").mkdir(parents=True)
            for package in (self.directory / app, self.directory / app / "migrations"):
                (package / "__init__.py").touch()
        for release in range(1 + min(RELEASES, -(-self.models // KINDS))):
            self.write_models(release)
            self.manage("makemigrations", with_package=False)

    def write_models(self, release: int) -> None:
        """The models as they are in a release; the one after ``RELEASES`` is in no migration."""
        for app in range(self.apps):
            source = "\n\n".join(["from django.db import models", *self._classes(app, release)])
            (self.directory / _label(app) / "models.py").write_text(source)
            # Python takes a file of the same second and the same size for the same file.
            shutil.rmtree(self.directory / _label(app) / "__pycache__", ignore_errors=True)

    def manage(self, *arguments: str, with_package: bool) -> int:
        """Run a command in a process of its own, as people do; returns its exit status, 1 at most."""
        ours = str(Path(django_safemigrate.__file__).parents[1])
        path = os.pathsep.join(filter(None, [ours, os.environ.get("PYTHONPATH")]))
        child = subprocess.run(
            [sys.executable, "manage.py", *arguments],
            cwd=self.directory,
            env={**os.environ, "PYTHONPATH": path, WITH_PACKAGE: "1" if with_package else "0"},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        if child.returncode not in {0, 1} or "Traceback" in child.stdout:
            raise RuntimeError(f"{' '.join(arguments)}:\n{child.stdout}")
        return child.returncode

    def _classes(self, app: int, release: int) -> Iterator[str]:
        of_app = range(app, self.models, self.apps)
        for place, number in enumerate(of_app):
            before = f"Thing{of_app[place - 1]}" if place else "self"
            outside = f"{_label(app - 1)}.Thing{number - 1}" if app else "auth.User"
            model = _Model(number, before, outside)
            if 1 + number // KINDS % RELEASES <= release:
                model.change(number % KINDS, 1)
            if (app + place) % 10 == 0 and release > RELEASES:
                model.change(place % KINDS, 2)
            yield model.source()


class _Model:
    """The source of a model: it begins like any other, and ``change`` makes it another."""

    def __init__(self, number: int, before: str, outside: str) -> None:
        self.number = number
        self.before = before
        self.fields = {
            "name": "models.CharField(max_length=100)",
            "number": "models.CharField(max_length=20, unique=True)",
            "amount": "models.DecimalField(max_digits=12, decimal_places=2)",
            "active": "models.BooleanField(default=True)",
            "created": "models.DateTimeField(auto_now_add=True)",
            "note_1": "models.TextField(blank=True)",
            "note_2": "models.TextField(blank=True)",
            "before": self._key(before),
            "outside": self._key(outside),
        }
        if number % 3 == 0:
            self.fields["several"] = f'models.ManyToManyField("{outside}", related_name="+")'
        self.indexes = [self._index("created", "created")]
        self.constraints = [
            self._check("amount", "amount__gte=0")
            if number % 2
            else f'models.UniqueConstraint(fields=["before", "name"], name="thing{number}_name")'
        ]

    def change(self, kind: int, turn: int) -> None:
        """One of six changes; ``turn`` keeps a second one on the same model apart from the first."""
        if kind == 0:
            self.fields[f"added_{turn}"] = "models.IntegerField(null=True)"
        elif kind == 1:
            self.fields["name"] = f"models.CharField(max_length={100 + 100 * turn})"
        elif kind == 2:
            self.indexes.append(self._index(f"later_{turn}", "active", "amount"))
        elif kind == 3:
            self.constraints.append(self._check(f"later_{turn}", f"amount__lt={1000 * turn}"))
        elif kind == 4:
            self.fields[f"linked_{turn}"] = self._key(self.before)
        else:
            del self.fields[f"note_{turn}"]

    def source(self) -> str:
        fields = "".join(f"    {name} = {field}\n" for name, field in self.fields.items())
        options = {"indexes": self.indexes, "constraints": self.constraints}
        meta = "".join(f"        {name} = [{', '.join(items)}]\n" for name, items in options.items())
        return f"class Thing{self.number}(models.Model):\n{fields}\n    class Meta:\n{meta}"

    def _key(self, to: str) -> str:
        return f'models.ForeignKey("{to}", models.CASCADE, null=True, related_name="+")'

    def _index(self, name: str, *fields: str) -> str:
        return f'models.Index(fields={list(fields)}, name="thing{self.number}_{name}")'

    def _check(self, name: str, condition: str) -> str:
        return f'models.CheckConstraint(condition=models.Q({condition}), name="thing{self.number}_{name}")'


def _label(app: int) -> str:
    return f"app{app}"
