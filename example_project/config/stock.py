"""The same shop with Django as it comes: what the demo compares with."""

from __future__ import annotations

from config.settings import *  # noqa: F403
from config.settings import INSTALLED_APPS as WITH_SAFEMIGRATE

INSTALLED_APPS = [app for app in WITH_SAFEMIGRATE if app != "django_safemigrate"]
