"""Further processes with the same work as this one, each with a connection of its own."""

from __future__ import annotations

import contextlib
import multiprocessing
import os
from collections.abc import Iterator
from typing import Any

from django_safemigrate.catalog.query import Connection

# Seconds that a process is given to end by itself when ours has.
PATIENCE = 10.0


@contextlib.contextmanager
def crew(connection: Connection, count: int, *, seconds: float, patience: float) -> Iterator[None]:
    """So many processes work through all backfills for the time of the context, and end as a ``Shift`` does, or with this
    process. What one of them cannot do is written into the row of the backfill."""
    context = multiprocessing.get_context("spawn")
    settings = {key: value for key, value in connection.settings_dict.items() if key != "TEST"}
    arguments = (connection.alias, settings, seconds, patience)
    others = [context.Process(target=_shift, args=arguments, daemon=True) for _ in range(count)]
    for other in others:
        other.start()
    try:
        yield
        for other in others:
            other.join(PATIENCE)
    finally:
        for other in others:
            other.terminate()
            other.join()


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
