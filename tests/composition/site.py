"""A project on disk whose commands run in processes of their own, as a user's do: installed apps, settings, databases."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path
from typing import Any

from django.db import connection

import django_safemigrate
from tests.support import forked

ROOT = Path(django_safemigrate.__file__).parent.parent

SETTINGS = """
SECRET_KEY = "only for this test"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
USE_TZ = True
"""
# Commands one after the other, up to the first that fails; the outputs are its own last line.
SEVERAL = """
import contextlib, importlib, io, json, sys
from django.core.management import execute_from_command_line
outputs = []
for command in sys.argv[1:]:
    importlib.invalidate_caches()
    said = io.StringIO()
    try:
        with contextlib.redirect_stdout(said), contextlib.redirect_stderr(said):
            execute_from_command_line(["manage.py", *command.split()])
    except BaseException:
        print(command, said.getvalue(), sep="\\n", file=sys.stderr)
        raise
    outputs.append(said.getvalue())
print(json.dumps(outputs))
"""
# What a connection is made of, in Django's settings.
_KEYS = ("ENGINE", "NAME", "USER", "PASSWORD", "HOST", "PORT")


def database_of_the_test() -> dict[str, Any]:
    """The settings of the database behind ``django.db.connection``."""
    return {key: connection.settings_dict[key] for key in _KEYS}


class Site:
    """A project in a directory: ``install`` its apps, ``write`` its files, and ``ok`` or ``fails`` its commands."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self.path = [directory, ROOT]
        self.settings: dict[str, Any] = {"DATABASES": {"default": database_of_the_test()}}

    def write(self, path: str, text: str = "") -> Path:
        """A file, in packages that are made where they are missing."""
        file = self.directory / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
        return file

    def app(self, name: str, models: str = "") -> None:
        """An app with these models (the text of the file, but for its imports) and an empty package for migrations."""
        self.write(f"{name}/__init__.py")
        self.write(f"{name}/migrations/__init__.py")
        self.models(name, models)

    def models(self, name: str, text: str) -> None:
        self.write(f"{name}/models.py", f"from django.conf import settings\nfrom django.db import models\n{text}")

    def migration(
        self, app: str, name: str, operations: str, *dependencies: tuple[str, str], **attributes: str
    ) -> None:
        """A migration by hand; ``attributes`` are expressions."""
        body = "".join(f"    {key} = {expression}\n" for key, expression in attributes.items())
        self.write(
            f"{app}/migrations/{name}.py",
            "from django.conf import settings\nfrom django.db import migrations, models\n"
            "from django_safemigrate import Safe\n\n\nclass Migration(migrations.Migration):\n"
            f"{body}    dependencies = {list(dependencies)}\n    operations = [{operations}]\n",
        )

    def install(self, *apps: str, **settings: Any) -> None:
        """Write the settings. ``apps`` are INSTALLED_APPS, ours among them where it belongs."""
        self.settings |= {"INSTALLED_APPS": list(apps), **settings}
        self.write("settings.py", SETTINGS + "".join(f"{key} = {value!r}\n" for key, value in self.settings.items()))

    def manage(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        return self._run("-m", "django", *arguments)

    def python(self, file: str) -> str:
        """What a program of the project prints."""
        done = self._run(file)
        assert done.returncode == 0, done.stderr
        return done.stdout

    def _run(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        path = os.pathsep.join(map(str, self.path))
        environment = {**os.environ, "DJANGO_SETTINGS_MODULE": "settings", "PYTHONPATH": path}
        return forked.run(arguments, directory=self.directory, environment=environment)

    def ok(self, *arguments: str) -> str:
        """What a command says, which has to succeed."""
        done = self.manage(*arguments)
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout + done.stderr

    def all_ok(self, *commands: str) -> list[str]:
        """What each of these commands says, which have to succeed: in one process, since to start one takes longest."""
        done = self._run("-c", SEVERAL, *commands)
        assert done.returncode == 0, done.stdout + done.stderr
        outputs: list[str] = json.loads(done.stdout.splitlines()[-1])
        return outputs

    def fails(self, *arguments: str, status: int | None = None) -> str:
        """What a command says, which has to fail, with this exit status where one is given."""
        done = self.manage(*arguments)
        assert done.returncode != 0, done.stdout
        assert status in {None, done.returncode}, done.stdout + done.stderr
        return done.stdout + done.stderr

    def names(self, app: str) -> list[str]:
        """The migrations of an app."""
        return sorted(path.stem for path in self.directory.glob(f"{app}/migrations/0*.py"))

    def text(self, app: str, name: str) -> str:
        return (self.directory / app / "migrations" / f"{name}.py").read_text()

    def phases(self, app: str) -> dict[str, str]:
        """The migrations of an app with the phases that they declare, empty where they declare none."""
        words = ("before_deploy", "after_deploy")
        texts = {name: self.text(app, name) for name in self.names(app)}
        return {name: next((word for word in words if f"Safe.{word}()" in text), "") for name, text in texts.items()}
