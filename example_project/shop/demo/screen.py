"""What the reader sees while the demo runs: a status line on a terminal, timed lines elsewhere."""

from __future__ import annotations

import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Protocol


class Screen(Protocol):
    """Where the demo writes. All methods may be called from any thread."""

    def heading(self, text: str) -> None: ...

    def line(self, text: str) -> None: ...

    def status(self, text: str) -> None:
        """Something that the next status replaces, where that can be done."""


class PlainScreen:
    """Lines that begin with the seconds since the demo began."""

    def __init__(self) -> None:
        self._began = time.monotonic()
        self._lock = threading.Lock()

    def heading(self, text: str) -> None:
        self.line(f"== {text}")

    def line(self, text: str) -> None:
        with self._lock:
            print(f"[{time.monotonic() - self._began:6.1f} s] {text}", flush=True)

    def status(self, text: str) -> None:
        self.line(text)


@contextmanager
def open_screen() -> Iterator[Screen]:
    """The best screen that there is: rich's on a terminal where rich is installed, plain lines otherwise."""
    if not sys.stdout.isatty():
        yield PlainScreen()
        return
    try:
        from shop.demo.richscreen import open_rich_screen
    except ImportError:
        yield PlainScreen()
    else:
        with open_rich_screen() as screen:
            yield screen
