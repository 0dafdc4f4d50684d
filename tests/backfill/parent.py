"""A process that has helpers. Imported before Django is set up, so it imports nothing of it by itself."""

from __future__ import annotations

import time
from typing import Any


def with_helpers(settings: dict[str, Any], backfill: int) -> None:
    """Two helpers, and nothing else to do, until somebody ends it. ``settings``: of the database."""
    import django

    django.setup()
    from django.db import connection

    from django_safemigrate.doing.backfill.processes import helping

    connection.settings_dict.update(settings)
    with helping(connection, backfill, 2, target=0.02, rest=1.0):
        time.sleep(600)
