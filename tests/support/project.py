"""A Django project in a test: models as they are now, migration files on disk, commands that run in this process."""

from __future__ import annotations

import importlib
import io
import sys
import textwrap
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.apps import apps
from django.conf import settings
from django.core.management import call_command
from django.db import models
from django.db.migrations.state import ModelState, ProjectState

HEAD = """
from datetime import timedelta

from django.contrib.postgres.operations import AddIndexConcurrently, RemoveIndexConcurrently
from django.db import migrations, models

from django_safemigrate import Safe


class Migration(migrations.Migration):
"""


class Watched(io.StringIO):
    """Output that starts something as soon as a text stands in it."""

    def __init__(self, triggers: dict[str, Callable[[], None]]) -> None:
        super().__init__()
        self.triggers = triggers

    def write(self, text: str) -> int:
        for expected in [expected for expected in list(self.triggers) if expected in text]:
            self.triggers.pop(expected)()
        return super().write(text)


class Project:
    """The app ``shop``: ``define`` its models, ``write`` its migrations, ``run`` commands on them."""

    def __init__(self, directory: Path, package: str, monkeypatch: pytest.MonkeyPatch) -> None:
        self.directory, self.package = directory, package
        self._models: dict[str, ModelState] = {}
        self.triggers: dict[str, Callable[[], None]] = {}
        self._started: list[threading.Thread] = []
        self.last_output = ""  # of a command that has ended with an exit status, too
        real = ProjectState.from_apps

        def from_apps(cls: type[ProjectState], registry: Any) -> ProjectState:
            state = real(registry)
            for model in self._models.values():
                state.add_model(model.clone())  # Django 6.1 changes the state that it is given
            return state

        monkeypatch.setattr(ProjectState, "from_apps", classmethod(from_apps))

    def define(self, model: str, fields: dict[str, models.Field[Any, Any]] | None, **options: Any) -> None:
        """The model as it is from now on; ``fields=None`` deletes it. An ``id`` is added as Django does."""
        self._models.pop(model, None)
        if fields is not None:
            own = {"id": models.BigAutoField(primary_key=True, serialize=False, auto_created=True, verbose_name="ID")}
            self._models[model] = ModelState("shop", model, list({**own, **fields}.items()), options=options)

    def write(self, name: str, operations: str = "", **attributes: str) -> None:
        """A migration file; ``attributes`` are expressions, ``dependencies`` defaults to the file before.

        It may run in either phase unless ``safe`` says when; with an empty one it says nothing.
        """
        attributes = {
            key: expression for key, expression in {"safe": "Safe.always()", **attributes}.items() if expression
        }
        names = self.names()
        attributes.setdefault("dependencies", repr([("shop", names[-1])] if names else []))
        body = "".join(f"    {key} = {expression}\n" for key, expression in attributes.items())
        operations = textwrap.indent(textwrap.dedent(operations).strip(), " " * 8)
        text = f"{HEAD}{body}    operations = [\n{operations}\n    ]\n"
        (self.directory / f"{name}.py").write_text(text)

    def names(self) -> list[str]:
        return sorted(path.stem for path in self.directory.glob("0*.py"))

    def text(self, name: str) -> str:
        return (self.directory / f"{name}.py").read_text()

    def run(self, *command: str, **options: Any) -> str:
        """What a command writes to stdout (and stderr, behind it)."""
        self._forget_modules()
        stdout, stderr = Watched(self.triggers), io.StringIO()
        try:
            call_command(*command, stdout=stdout, stderr=stderr, no_color=True, **options)
        finally:
            said = stdout.getvalue() + stderr.getvalue()
            if threading.current_thread() is threading.main_thread():
                for thread in self._started:
                    thread.join()
            self.last_output = said
        return said

    def when(self, text: str, action: Callable[[], object], *, after: float = 0.0) -> None:
        """Do something (``after`` seconds) once a command has written ``text``: no test waits for a fixed time.

        The command is not over before it is done.
        """

        def start() -> None:
            thread = threading.Timer(after, action)
            thread.start()
            self._started.append(thread)

        self.triggers[text] = start

    def makemigrations(self, *arguments: str) -> str:
        return self.run("makemigrations", "--noinput", *arguments)

    def safemigrate(self, *arguments: str) -> str:
        return self.run("safemigrate", "--noinput", *arguments)

    def migrate(self, *arguments: str) -> str:
        return self.run("migrate", "--noinput", *arguments)

    def _forget_modules(self) -> None:
        for module in [name for name in list(sys.modules) if name.split(".")[0] == self.package]:
            del sys.modules[module]
        importlib.invalidate_caches()


def make_project(directory: Path, monkeypatch: pytest.MonkeyPatch) -> Project:
    """A project without models and migrations."""
    package = f"migrations_{abs(hash(str(directory)))}"
    migrations = directory / package
    migrations.mkdir()
    (migrations / "__init__.py").write_text("")
    monkeypatch.syspath_prepend(str(directory))
    monkeypatch.setattr(settings, "MIGRATION_MODULES", {**settings.MIGRATION_MODULES, "shop": package})
    assert apps.is_installed("tests.shop")
    return Project(migrations, package, monkeypatch)
