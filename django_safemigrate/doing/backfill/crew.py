"""Further processes with the same work as this one, each with a connection of its own."""

from __future__ import annotations

import contextlib
import os
import signal
import threading
from collections.abc import Callable, Iterator
from typing import Any

from django_safemigrate.catalog.query import Connection

from .processes import spawned


def crew(
    connection: Connection,
    count: int,
    *,
    seconds: float,
    patience: float,
    waiting: bool = False,
    told: Callable[[], bool] = lambda: False,
) -> contextlib.AbstractContextManager[None]:
    """So many processes work through all backfills for the time of the context, and end as a ``Shift`` does, or with this
    process. What one of them cannot do is written into the row of the backfill.

    ``waiting``: they wait for the next backfill, too. ``told``: whether this process was told to stop, and so are they.
    """
    return spawned(connection, count, _shift, seconds, patience, waiting, at_once=lambda: waiting or told())


@contextlib.contextmanager
def told_to_stop() -> Iterator[Callable[[], bool]]:
    """Whether somebody has said SIGTERM in the context: what is at hand is finished, and then it is over.

    Signals are heard by the main thread alone; in another one nobody says anything.
    """
    told: list[int] = []
    if threading.current_thread() is not threading.main_thread():
        yield lambda: False
        return
    before = signal.signal(signal.SIGTERM, lambda number, frame: told.append(number))
    try:
        yield lambda: bool(told)
    finally:
        signal.signal(signal.SIGTERM, before)


def _shift(alias: str, settings: dict[str, Any], seconds: float, patience: float, waiting: bool) -> None:
    """In the new process, where Django is not set up yet."""
    import django

    django.setup()
    from django.db import connections

    from django_safemigrate.values.settings import read_settings

    from .shift import Shift

    parent = os.getppid()
    connections[alias].settings_dict.update(settings)
    # Ctrl-C is the parent's to tell of.
    with contextlib.suppress(KeyboardInterrupt), told_to_stop() as told:
        shift = Shift(connections[alias], read_settings(), seconds, patience)
        shift.stops = lambda: told() or os.getppid() != parent
        shift.waits = _in_silence if waiting else None
        shift.run()


def _in_silence() -> None:
    """The parent says that it waits."""
