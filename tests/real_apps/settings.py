"""The settings of one group's project; the group, the database and the package come from the environment.

A process has one set of Django settings and every group needs another: see ``environment.py``.
"""

from __future__ import annotations

from importlib import import_module

from django_safemigrate.testing.postgres import database_settings
from tests.real_apps.environment import Environment
from tests.real_apps.groups import CONTRIB

_environment = Environment.from_process()

if _environment.group.defaults:
    _defaults = vars(import_module(_environment.group.defaults))
    globals().update({name: value for name, value in _defaults.items() if name.isupper()})

SECRET_KEY = "not a secret"
DATABASES = {"default": database_settings(_environment.database_url)}
DEFAULT_AUTO_FIELD = "django.db.models.AutoField"
USE_TZ = True
TIME_ZONE = "UTC"
SITE_ID = 1
STATIC_URL = "/static/"
MEDIA_ROOT = _environment.media_root
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ]
        },
    }
]
INSTALLED_APPS = [*CONTRIB, *_environment.group.apps]
if _environment.with_package:
    INSTALLED_APPS.append("django_safemigrate")

globals().update(_environment.group.settings)
