"""Other processes that help with a backfill: as many workers as somebody has asked for, each with its own connection."""

from __future__ import annotations

import contextlib
import multiprocessing
from collections.abc import Callable, Iterator
from typing import Any

from django_safemigrate.catalog.query import Connection

from .child import run_child

# Seconds that a process is given to end by itself when all is done.
PATIENCE = 10.0


@contextlib.contextmanager
def spawned(connection: Connection, count: int, target: Callable[..., None], *arguments: Any) -> Iterator[None]:
    """So many processes call ``target`` with the alias and the settings of the database, and ``arguments``, for the time of
    the context. They are told to end at its end, if they have not by then."""
    context = multiprocessing.get_context("spawn")
    settings = {key: value for key, value in connection.settings_dict.items() if key != "TEST"}
    everything = (connection.alias, settings, *arguments)
    processes = [context.Process(target=target, args=everything, daemon=True) for _ in range(count)]
    for process in processes:
        process.start()
    try:
        yield
        for process in processes:
            process.join(PATIENCE)
    finally:
        for process in processes:
            process.terminate()
            process.join()


def helping(
    connection: Connection, backfill: int, count: int, *, target: float, rest: float
) -> contextlib.AbstractContextManager[None]:
    """So many processes work on a backfill for the time of the context. They end when it is done, or with this process.

    What one of them cannot do, it leaves to the others, with its error on stderr and in the row of the backfill.
    """
    return spawned(connection, count, run_child, backfill, target, rest)
