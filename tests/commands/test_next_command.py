"""Other packages' ``makemigrations`` and autodetectors go on working: each case is a project of its own, in a process."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest
from django.core.management.commands import makemigrations, migrate

import django_safemigrate
from django_safemigrate.management.next_command import next_command
from tests.support import forked

ROOT = Path(django_safemigrate.__file__).parent.parent

SETTINGS = """
SECRET_KEY = "only for this test"
DATABASES = {{"default": {{"ENGINE": "django.db.backends.sqlite3", "NAME": ":memory:"}}}}
INSTALLED_APPS = {apps}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
USE_TZ = True
"""
# As django-linear-migrations: a command that writes a file of its own; and an autodetector that adds to Django's.
OTHER_COMMAND = """
from pathlib import Path

from django.core.management.commands import makemigrations
from django.db.migrations.autodetector import MigrationAutodetector
from django.db.migrations.operations import RunSQL


class Autodetector(MigrationAutodetector):
    def _sort_migrations(self):
        for operations in self.generated_operations.values():
            operations.append(RunSQL("SELECT 'trigger'"))
            operations[-1]._auto_deps = []
        super()._sort_migrations()


class Command(makemigrations.Command):
    autodetector = Autodetector

    def write_migration_files(self, changes, *args, **kwargs):
        super().write_migration_files(changes, *args, **kwargs)
        for app_label, migrations in changes.items():
            Path(app_label, "migrations", "max_migration.txt").write_text(migrations[-1].name)
"""
OTHER_MIGRATE = """
from django.core.management.commands import migrate

from .makemigrations import Autodetector


class Command(migrate.Command):
    autodetector = Autodetector
"""
MODELS = """
from django.db import models


class Order(models.Model):
    old = models.IntegerField(default=3)
"""
NEW_MODELS = MODELS.replace("old", "new")


class Site:
    """A project on disk."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self.write("store/__init__.py")
        self.write("store/models.py", MODELS)
        self.write("store/migrations/__init__.py")
        self.write("other/__init__.py")
        self.write("other/management/__init__.py")
        self.write("other/management/commands/__init__.py")
        self.write("other/management/commands/makemigrations.py", OTHER_COMMAND)

    def write(self, path: str, text: str = "") -> None:
        (self.directory / path).parent.mkdir(parents=True, exist_ok=True)
        (self.directory / path).write_text(text)

    def install(self, *apps: str) -> None:
        self.write("settings.py", SETTINGS.format(apps=list(apps)))

    def manage(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        environment = {**os.environ, "DJANGO_SETTINGS_MODULE": "settings", "PYTHONPATH": f"{self.directory}:{ROOT}"}
        return forked.run(["-m", "django", *arguments], directory=self.directory, environment=environment)

    def ok(self, *arguments: str) -> str:
        done = self.manage(*arguments)
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout + done.stderr

    def names(self) -> list[str]:
        return sorted(path.stem for path in self.directory.glob("store/migrations/0*.py"))

    def text(self, name: str) -> str:
        return (self.directory / f"store/migrations/{name}.py").read_text()


@pytest.fixture
def site(tmp_path: Path) -> Site:
    return Site(tmp_path)


EXPECTED = ["0001_initial", "0002_alter_order_old_order_new_expand", "0003_remove_order_old_alter_order_new_contract"]


def test_alone_our_commands_extend_djangos(site: Site) -> None:
    site.install("django_safemigrate", "store")
    site.ok("check", "--fail-level", "ERROR")
    site.ok("makemigrations", "--noinput")
    site.write("store/models.py", NEW_MODELS)
    site.ok("makemigrations", "--noinput")
    assert site.names() == EXPECTED
    assert not (site.directory / "store/migrations/max_migration.txt").exists()


def test_another_command_behind_ours_and_its_autodetector_still_work(site: Site) -> None:
    site.install("django_safemigrate", "other", "store")
    site.ok("check", "--fail-level", "ERROR")
    site.ok("makemigrations", "--noinput")
    assert (site.directory / "store/migrations/max_migration.txt").read_text() == "0001_initial"
    assert "SELECT 'trigger'" in site.text("0001_initial")
    assert "safe = Safe.before_deploy()" in site.text("0001_initial")


def test_another_migrate_command_behind_ours_does_not_make_them_differ(site: Site) -> None:
    site.write("other/management/commands/migrate.py", OTHER_MIGRATE)
    site.install("django_safemigrate", "other", "store")
    assert "commands.E001" not in site.ok("check", "--fail-level", "ERROR")
    site.ok("makemigrations", "--noinput")
    assert "OK" in site.ok("migrate")


def test_another_command_may_take_back_what_was_written(site: Site) -> None:
    """As django-migration-linter: it knows one argument of the method, and removes what it does not like."""
    site.write(
        "other/management/commands/makemigrations.py",
        "from pathlib import Path\n"
        "from django.core.management.commands import makemigrations\n"
        "class Command(makemigrations.Command):\n"
        "    def write_migration_files(self, changes):\n"
        "        super().write_migration_files(changes)\n"
        "        for file in self.written_files[1:]:\n"
        "            Path(file).unlink()\n",
    )
    site.install("django_safemigrate", "other", "store")
    site.ok("makemigrations", "--noinput")
    site.write("store/models.py", NEW_MODELS)
    site.ok("makemigrations", "--noinput")
    assert site.names() == EXPECTED[:2]
    assert "safe = Safe.before_deploy()" in site.text(EXPECTED[1])


def test_a_patched_autodetector_is_extended(site: Site) -> None:
    """As django-pgtrigger: ``ready()`` puts its autodetector into Django's commands."""
    site.write(
        "other/apps.py",
        "from django.apps import AppConfig\n"
        "class Config(AppConfig):\n"
        "    name = 'other'\n"
        "    def ready(self):\n"
        "        from django.core.management.commands import makemigrations, migrate\n"
        "        from other.autodetector import Autodetector\n"
        "        makemigrations.Command.autodetector = migrate.Command.autodetector = Autodetector\n",
    )
    site.write("other/autodetector.py", OTHER_COMMAND.split("class Command")[0])
    (site.directory / "other/management/commands/makemigrations.py").unlink()
    site.install("django_safemigrate", "other", "store")
    site.ok("check", "--fail-level", "ERROR")
    site.ok("makemigrations", "--noinput")
    assert "SELECT 'trigger'" in site.text("0001_initial")
    assert "safe = Safe.before_deploy()" in site.text("0001_initial")


def test_behind_another_command_django_says_that_something_is_wrong(site: Site) -> None:
    site.install("other", "django_safemigrate", "store")
    done = site.manage("check")
    assert done.returncode == 1
    assert "commands.E001" in done.stderr
    assert (
        "(django_safemigrate.E002) The command makemigrations is that of other, which does not extend ours"
        in done.stderr
    )
    assert 'HINT: In INSTALLED_APPS, move "django_safemigrate" above "other".' in done.stderr
    assert site.manage("makemigrations").returncode == 1
    assert site.names() == []


def test_behind_both_commands_of_another_app_django_says_nothing_but_we_do(site: Site) -> None:
    site.write("other/management/commands/migrate.py", OTHER_MIGRATE)
    site.install("other", "django_safemigrate", "store")
    done = site.manage("check")
    assert "commands.E001" not in done.stderr
    assert "The command makemigrations is that of other" in done.stderr
    assert "The command migrate is that of other" in done.stderr


def test_a_command_in_front_of_ours_that_extends_it_is_fine(site: Site) -> None:
    site.write(
        "other/management/commands/makemigrations.py",
        "from django_safemigrate.management.commands.makemigrations import Command as Ours\n"
        "class Command(Ours):\n    help = 'ours, and more'\n",
    )
    site.install("other", "django_safemigrate", "store")
    site.ok("check", "--fail-level", "ERROR")
    site.ok("makemigrations", "--noinput")
    assert "safe = Safe.before_deploy()" in site.text("0001_initial")


def test_an_autodetector_that_comes_after_our_commands_were_imported_is_extended(site: Site) -> None:
    """Trap 36: the one that was there at import would be used, and nobody would notice."""
    (site.directory / "other/management/commands/makemigrations.py").unlink()
    site.write(
        "other/apps.py",
        "from django.apps import AppConfig\n"
        "class Config(AppConfig):\n"
        "    name = 'other'\n"
        "    def ready(self):\n"
        "        import django_safemigrate.management.commands.makemigrations\n"
        "        import django_safemigrate.management.commands.migrate\n"
        "        from django.core.management.commands import makemigrations, migrate\n"
        "        from other.autodetector import Autodetector\n"
        "        makemigrations.Command.autodetector = migrate.Command.autodetector = Autodetector\n",
    )
    site.write("other/autodetector.py", OTHER_COMMAND.split("class Command")[0])
    site.install("django_safemigrate", "other", "store")
    site.ok("check", "--fail-level", "ERROR")
    site.ok("makemigrations", "--noinput")
    assert "SELECT 'trigger'" in site.text("0001_initial")


@pytest.mark.parametrize(
    ("broken", "said"),
    [
        ("import nowhere_to_be_found\n", "No module named 'nowhere_to_be_found'"),
        ("class Elsewhere:\n    pass\n", "has no attribute 'Command'"),
    ],
    ids=["import error", "no command"],
)
def test_a_command_that_cannot_be_extended_is_an_error(site: Site, broken: str, said: str) -> None:
    """Trap 37: never plain Django instead."""
    site.write("other/management/commands/makemigrations.py", broken)
    site.install("django_safemigrate", "other", "store")
    for command in ("makemigrations", "migrate", "check"):
        done = site.manage(command)
        assert done.returncode != 0
        assert said in done.stderr
    assert site.names() == []


@pytest.mark.parametrize("place", ["decisions.splitting._Maker.make", "decisions.stacking.History.pending"])
def test_an_error_of_ours_stops_the_command(site: Site, place: str) -> None:
    """Trap 37: a defect in the package is no reason to write what Django would have written."""
    module, class_, method = f"django_safemigrate.{place}".rsplit(".", 2)
    site.write(
        "store/apps.py",
        "from django.apps import AppConfig\n"
        "def fail(*args, **kwargs):\n"
        "    raise KeyError('a defect')\n"
        "class Config(AppConfig):\n"
        "    name = 'store'\n"
        "    def ready(self):\n"
        f"        from {module} import {class_}\n"
        f"        {class_}.{method} = fail\n",
    )
    site.install("django_safemigrate", "store")
    for command in (["makemigrations", "--noinput"], ["makemigrations", "--check"]):
        done = site.manage(*command)
        assert done.returncode not in {0, None}
        assert "KeyError: 'a defect'" in done.stderr
    assert site.names() == []


def test_without_another_command_it_is_djangos() -> None:
    assert next_command("makemigrations") is makemigrations.Command
    assert next_command("migrate") is migrate.Command
