"""The projects of ``tests.real_apps`` for a linter: ours, or django-migration-linter where the package is not installed."""

from __future__ import annotations

from tests.real_apps.settings import *  # noqa: F403
from tests.real_apps.settings import INSTALLED_APPS

if "django_safemigrate" not in INSTALLED_APPS:
    INSTALLED_APPS.append("django_migration_linter")

# Those that django-migration-linter leaves out.
SAFEMIGRATE = {"LINT": {"IGNORED_APPS": ["admin", "auth", "contenttypes", "sessions"]}}
