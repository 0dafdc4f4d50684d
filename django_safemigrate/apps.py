"""The Django app."""

from typing import Any

from django.apps import AppConfig
from django.db import connections
from django.db.models.signals import post_migrate

from .values.errors import UsageError
from .values.settings import read_settings


class SafeMigrateConfig(AppConfig):
    """``INSTALLED_APPS`` entry. The name, and so the tables, are those of django-safemigrate 6.0."""

    name = "django_safemigrate"
    verbose_name = "Safe Migrate"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from . import checks  # noqa: F401  (registers the system checks)

        post_migrate.connect(_end_first_run, sender=self)
        _say_the_release()


def _say_the_release() -> None:
    from .doing.releases import tag_connections

    try:
        release = read_settings().release
    except UsageError:  # a system check says so
        return
    if release:
        tag_connections(release)


def _end_first_run(using: str, **kwargs: Any) -> None:
    """A run that came to its end, ``migrate``'s too: the database is no longer new, and what it recorded is not half done."""
    from .doing.journal import end_first_run
    from .doing.steps_journal import forget_recorded

    end_first_run(connections[using])
    forget_recorded(connections[using])
