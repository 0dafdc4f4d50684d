"""Settings of the example shop.

Three environment variables steer it, so that processes of two releases can run side by side:

``DATABASE_URL``
    The PostgreSQL database; a local database named ``shop`` by default.
``SHOP_RELEASE``
    Which release of the code to be: 1 or 2 (the default, and what ``makemigrations`` sees).
``SHOP_MIGRATIONS``
    A package to write the shop's migrations into and to read them from, instead of ``shop.migrations``.
"""

from __future__ import annotations

import os

from django_safemigrate.testing.postgres import database_settings

SHOP_RELEASE = int(os.environ.get("SHOP_RELEASE", "2"))

SECRET_KEY = "an example has no secrets"
DEBUG = False
USE_TZ = True
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

INSTALLED_APPS = ["django_safemigrate", "shop"]

DATABASES = {
    "default": {
        **database_settings(os.environ.get("DATABASE_URL") or "postgresql:///shop"),
        "CONN_MAX_AGE": None,
    }
}

if "SHOP_MIGRATIONS" in os.environ:
    MIGRATION_MODULES = {"shop": os.environ["SHOP_MIGRATIONS"]}
