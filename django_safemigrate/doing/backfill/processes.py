"""Other processes that help with a backfill: as many workers as somebody has asked for, each with its own connection."""

from __future__ import annotations

import contextlib
import multiprocessing
from collections.abc import Iterator

from django_safemigrate.catalog.query import Connection

from .child import run_child

# Seconds that a process is given to end by itself when all is done.
PATIENCE = 10.0


@contextlib.contextmanager
def helping(connection: Connection, backfill: int, count: int, *, target: float, rest: float) -> Iterator[None]:
    """So many processes work on a backfill for the time of the context. They end when it is done, or with this process.

    What one of them cannot do, it leaves to the others, with its error on stderr and in the row of the backfill.
    """
    context = multiprocessing.get_context("spawn")
    settings = {key: value for key, value in connection.settings_dict.items() if key != "TEST"}
    arguments = (connection.alias, settings, backfill, target, rest)
    helpers = [context.Process(target=run_child, args=arguments, daemon=True) for _ in range(count)]
    for helper in helpers:
        helper.start()
    try:
        yield
        for helper in helpers:
            helper.join(PATIENCE)
    finally:
        for helper in helpers:
            helper.terminate()
            helper.join()
