"""Settings of workers in processes of their own, on the database of the test that has started them."""

import os
from importlib.util import find_spec

import django

from tests.settings import *  # noqa: F403
from tests.settings import DATABASES, INSTALLED_APPS

DATABASES["default"]["NAME"] = os.environ["TEST_DATABASE"]
SAFEMIGRATE = {"RELEASE": "worker"}
# Those of the test are in its own process.
MIGRATION_MODULES = {"shop": None}

if django.VERSION >= (6, 0) and find_spec("django_tasks_db"):
    INSTALLED_APPS = [*INSTALLED_APPS, "django_tasks_db"]
    TASKS = {"default": {"BACKEND": "django_tasks_db.DatabaseBackend"}}
