"""Settings of the test suite: the server in DATABASE_URL, or an embedded one for the time of the run."""

import atexit
import contextlib
import os
import sys

from django_safemigrate.testing.postgres import database_settings, server_url

# Type checkers import the settings, too; they need no server.
if "pytest" in sys.modules and "DATABASE_URL" not in os.environ:
    _stack = contextlib.ExitStack()
    os.environ["DATABASE_URL"] = _stack.enter_context(server_url())
    atexit.register(_stack.close)

_url = os.environ.get("DATABASE_URL", "postgresql://localhost/postgres")
if _url.startswith("sqlite:"):
    _fast = {"init_command": "PRAGMA synchronous = OFF; PRAGMA journal_mode = MEMORY"}
    DATABASES = {"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": ":memory:", "OPTIONS": _fast}}
else:
    DATABASES = {"default": database_settings(_url)}

SECRET_KEY = "not a secret: only for tests"
INSTALLED_APPS = [
    "django_safemigrate",
    "django.contrib.contenttypes",
    "django.contrib.auth",
    "tests.shop",
]
MIGRATION_MODULES = {"shop": "tests.shop.migrations"}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
USE_TZ = True
TIME_ZONE = "UTC"
