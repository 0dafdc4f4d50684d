"""System checks: what is wrong with the settings or the installation, before anything runs."""

from __future__ import annotations

from importlib import metadata
from typing import Any

from django.core.checks import CheckMessage, Error, Warning, register

from .values.errors import UsageError
from .values.settings import read_settings


@register()
def check_settings(**kwargs: Any) -> list[CheckMessage]:
    """``django_safemigrate.E001``: ``SAFEMIGRATE`` cannot be read."""
    try:
        read_settings()
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
