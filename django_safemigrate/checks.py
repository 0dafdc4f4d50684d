"""System checks: what is wrong with the settings or the installation, before anything runs."""

from __future__ import annotations

from importlib import import_module, metadata
from typing import Any

from django.core.checks import CheckMessage, Error, Warning, register
from django.core.management import get_commands, load_command_class
from django.core.management.base import BaseCommand

from .doing.backfill.throttles import callables_of
from .values.errors import UsageError
from .values.settings import Mode, read_settings


@register()
def check_settings(**kwargs: Any) -> list[CheckMessage]:
    """``django_safemigrate.E001``: ``SAFEMIGRATE`` cannot be read, or names a function that is not there."""
    try:
        callables_of(read_settings().throttle)
    except UsageError as error:
        return [Error(f"{error.fact} {error.reason}", hint=error.next_command, id="django_safemigrate.E001")]
    return []


@register()
def check_distribution(**kwargs: Any) -> list[CheckMessage]:
    """``django_safemigrate.W001``: another distribution with our import name is installed, too.

    Both write the same files, so that what is imported is a mix of the two.
    """
    try:
        version = metadata.version("django-safemigrate")
    except metadata.PackageNotFoundError:
        return []
    return [
        Warning(
            f"django-safemigrate {version} is installed beside django-safemigrate-pg, and both are imported as "
            "django_safemigrate.",
            hint="Run: pip uninstall django-safemigrate && pip install --force-reinstall --no-deps django-safemigrate-pg",
            id="django_safemigrate.W001",
        )
    ]


@register()
def check_commands(**kwargs: Any) -> list[CheckMessage]:
    """``django_safemigrate.E002``: another app's ``makemigrations`` or ``migrate`` is in front of ours, without extending it.

    Django itself notices (``commands.E001``) only where the app has one of the two, and does not say what to do.
    """
    errors: list[CheckMessage] = []
    for name, lost in (
        ("makemigrations", "migrations would be written without phases"),
        ("migrate", "it knows no phases"),
    ):
        ours = import_module(f"django_safemigrate.management.commands.{name}").Command
        app = get_commands()[name]
        used = app if isinstance(app, BaseCommand) else load_command_class(app, name)
        if not isinstance(used, ours):
            module = type(used).__module__.removesuffix(f".management.commands.{name}")
            errors.append(
                Error(
                    f"The command {name} is that of {module}, which does not extend ours: {lost}.",
                    hint=f'In INSTALLED_APPS, move "django_safemigrate" above "{module}".',
                    id="django_safemigrate.E002",
                )
            )
    return errors


@register("migrations")
def check_migrations(**kwargs: Any) -> list[CheckMessage]:
    """What is cheap to say of each app's last migration; ``lintmigrations`` says the rest. No database is asked.

    ``django_safemigrate.W103``: code that does not say in which phase it runs. ``django_safemigrate.W402``: an index that is
    built concurrently in an atomic migration.
    """
    from .linting.quick import quick_findings

    try:
        settings = read_settings()
    except UsageError:  # ``check_settings`` says so
        return []
    if settings.mode is not Mode.STRICT:
        return []
    ids = {"SM103": "django_safemigrate.W103", "SM402": "django_safemigrate.W402"}
    return [
        Warning(finding.fact, hint=finding.instead, obj=finding.migration, id=ids[finding.code.code])
        for finding in quick_findings(settings)
    ]
