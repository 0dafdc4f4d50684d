"""Other processes that help with a backfill: as many workers as somebody has asked for, each with its own connection."""

from __future__ import annotations

import contextlib
import multiprocessing
import os
import sys
import threading
from collections.abc import Callable, Iterator
from types import ModuleType
from typing import Any

from django_safemigrate.catalog.query import Connection

from .child import run_child

# Seconds that a process is given to end by itself when all is done.
PATIENCE = 10.0


@contextlib.contextmanager
def spawned(
    connection: Connection,
    count: int,
    target: Callable[..., None],
    *arguments: Any,
    at_once: Callable[[], bool] = lambda: False,
) -> Iterator[None]:
    """So many processes call ``target`` with the alias and the settings of the database, and ``arguments``, for the time of
    the context. At its end they are told to end if they have not by then, after a while or ``at_once``."""
    context = multiprocessing.get_context("spawn")
    settings = {key: value for key, value in connection.settings_dict.items() if key != "TEST"}
    everything = (connection.alias, settings, *arguments)
    processes = [context.Process(target=target, args=everything, daemon=True) for _ in range(count)]
    with _without_the_main_module():
        for process in processes:
            process.start()
    try:
        yield
        for process in processes:
            process.join(0.0 if at_once() else PATIENCE)
    finally:
        for process in processes:
            process.terminate()
            process.join()


@contextlib.contextmanager
def _without_the_main_module() -> Iterator[None]:
    """Processes that are started in the context do not import the script that this one runs.

    ``multiprocessing`` has each of them do so, which runs a ``manage.py`` without ``if __name__ == "__main__"`` again. Ours
    need nothing of it, unless it is the script that makes the settings.
    """
    if not os.environ.get("DJANGO_SETTINGS_MODULE"):
        yield
        return
    with _SWAPPING:
        main = sys.modules["__main__"]
        sys.modules["__main__"] = ModuleType("__main__")
        try:
            yield
        finally:
            sys.modules["__main__"] = main


_SWAPPING = threading.Lock()


def helping(
    connection: Connection, backfill: int, count: int, *, target: float, rest: float
) -> contextlib.AbstractContextManager[None]:
    """So many processes work on a backfill for the time of the context. They end when it is done, or with this process.

    What one of them cannot do, it leaves to the others, with its error on stderr and in the row of the backfill.
    """
    return spawned(connection, count, run_child, backfill, target, rest)
