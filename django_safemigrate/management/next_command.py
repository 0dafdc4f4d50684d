"""The command of the same name that would run if our app were not installed.

Our commands extend that one instead of Django's, so that other packages' commands (django-linear-migrations) and
autodetectors (django-pgtrigger) keep working: list our app before theirs in ``INSTALLED_APPS``.
"""

from __future__ import annotations

from importlib import import_module
from pathlib import Path

from django.apps import apps
from django.core.management import find_commands
from django.core.management.base import BaseCommand
from django.db.migrations.autodetector import MigrationAutodetector
from django.utils.functional import classproperty

from django_safemigrate.doing.autodetector import splitting


def next_command(name: str) -> type[BaseCommand]:
    """The ``Command`` class of the next app in ``INSTALLED_APPS`` after ours that has command ``name``, else Django's.

    Apps are asked as Django asks them. What importing the command raises is raised.
    """
    configs = list(apps.get_app_configs())
    ours = next((n for n, config in enumerate(configs) if config.name == "django_safemigrate"), len(configs))
    having = (one.name for one in configs[ours + 1 :] if name in find_commands(str(Path(one.path, "management"))))
    module = f"{next(having, 'django.core')}.management.commands.{name}"
    command: type[BaseCommand] = import_module(module).Command
    return command


@classproperty
def next_autodetector(cls: type[BaseCommand]) -> type[MigrationAutodetector]:
    """The splitting autodetector over that of the next ``makemigrations``; the same class for all commands of ours.

    Asked anew each time, since an app may put another one there in its ``ready()``, after our commands were imported.
    """
    return splitting(next_command("makemigrations").autodetector)  # type: ignore[attr-defined]
