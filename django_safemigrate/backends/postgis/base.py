"""Django's PostGIS, with schema changes that nobody notices."""

from __future__ import annotations

from django.contrib.gis.db.backends.postgis import base

from django_safemigrate.backends.wrapper import SafeWrapper


class DatabaseWrapper(SafeWrapper, base.DatabaseWrapper):
    """See ``SafeWrapper``."""
