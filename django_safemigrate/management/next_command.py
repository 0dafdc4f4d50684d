"""The command of the same name that would run if our app were not installed.

Our commands extend that one instead of Django's, so that other packages' commands (django-linear-migrations) and
autodetectors (django-pgtrigger) keep working: list our app before theirs in ``INSTALLED_APPS``.
"""

from __future__ import annotations

from importlib import import_module
from importlib.util import find_spec

from django.apps import apps
from django.core.management.base import BaseCommand


def next_command(name: str) -> type[BaseCommand]:
    """The ``Command`` class of the next app in ``INSTALLED_APPS`` after ours that has command ``name``, else Django's."""
    configs = list(apps.get_app_configs())
    ours = next((n for n, config in enumerate(configs) if config.name == "django_safemigrate"), len(configs))
    for config in configs[ours + 1 :]:
        module = f"{config.name}.management.commands.{name}"
        if (
            find_spec(f"{config.name}.management")
            and find_spec(f"{config.name}.management.commands")
            and find_spec(module)
        ):
            command: type[BaseCommand] = import_module(module).Command
            return command
    django_command: type[BaseCommand] = import_module(f"django.core.management.commands.{name}").Command
    return django_command
