"""Further processes with the same work as this one, each with a connection of its own."""

from __future__ import annotations

import contextlib
import os
from typing import Any

from django_safemigrate.catalog.query import Connection

from .processes import spawned


def crew(
    connection: Connection, count: int, *, seconds: float, patience: float
) -> contextlib.AbstractContextManager[None]:
    """So many processes work through all backfills for the time of the context, and end as a ``Shift`` does, or with this
    process. What one of them cannot do is written into the row of the backfill."""
    return spawned(connection, count, _shift, seconds, patience)


def _shift(alias: str, settings: dict[str, Any], seconds: float, patience: float) -> None:
    """In the new process, where Django is not set up yet."""
    import django

    django.setup()
    from django.db import connections

    from django_safemigrate.values.settings import read_settings

    from .shift import Shift

    parent = os.getppid()
    connections[alias].settings_dict.update(settings)
    with contextlib.suppress(KeyboardInterrupt):  # Ctrl-C is the parent's to tell of
        shift = Shift(connections[alias], read_settings(), seconds, patience, stops=lambda: os.getppid() != parent)
        shift.run()
