"""Django's PostgreSQL, with schema changes that nobody notices."""

from __future__ import annotations

from django.db.backends.postgresql import base

from django_safemigrate.backends.wrapper import SafeWrapper


class DatabaseWrapper(SafeWrapper, base.DatabaseWrapper):
    """See ``SafeWrapper``."""
