from __future__ import annotations

from django_safemigrate.backends.postgresql import base


class DatabaseWrapper(base.DatabaseWrapper):
    remembers_new_tables = False
