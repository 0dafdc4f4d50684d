"""Something that looks on, in a thread of its own, while this thread is busy with a statement."""

from __future__ import annotations

import contextlib
import threading
from abc import ABC, abstractmethod
from collections.abc import Iterator
from typing import TypeVar


class Background(ABC):
    """``run`` works until ``over`` is set; see ``in_background``."""

    def __init__(self) -> None:
        self.over = threading.Event()

    @abstractmethod
    def run(self) -> None:
        """Called in the thread."""


B = TypeVar("B", bound=Background)


@contextlib.contextmanager
def in_background(worker: B) -> Iterator[B]:
    """Have ``worker`` run for the time of the context, and wait for its end."""
    thread = threading.Thread(target=worker.run, name=f"safemigrate-{type(worker).__name__}", daemon=True)
    thread.start()
    try:
        yield worker
    finally:
        worker.over.set()
        thread.join()
