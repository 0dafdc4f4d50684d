"""Plain text: timed lines for a log; on a terminal, what is passing is redrawn in place."""

from __future__ import annotations

import shutil
import time
from collections.abc import Sequence
from typing import Any

from .surface import Passing
from .throttle import Throttle

# Takes a line away on every terminal that is not a dumb one.
ERASE = "\r\033[K"


class Log:
    """Lines on a command's ``stdout``. ``timed``: each begins with the seconds since the start."""

    def __init__(self, stdout: Any, *, timed: bool = True) -> None:
        self.stdout, self.timed = stdout, timed
        self.started = time.monotonic()
        self._throttle = Throttle()

    def line(self, text: str) -> None:
        stamp = f"{time.monotonic() - self.started:7.1f} s  " if self.timed else ""
        for part in text.splitlines() or [""]:
            self.stdout.write(stamp + part)

    def passing(self, passing: Passing) -> None:
        """A line now and then, and at once when it is about something else."""
        if passing.each_counts or self._throttle.lets_through(passing.about):
            self.line(passing.text)

    def table(self, head: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
        for text in aligned(head, rows):
            self.line(text)

    def close(self) -> None:
        pass


class Terminal:
    """A terminal without rich: one line at its end says what is true just now."""

    def __init__(self, stdout: Any) -> None:
        self.stdout = stdout
        self._on_line = False

    def line(self, text: str) -> None:
        self.close()
        for part in text.splitlines() or [""]:
            self.stdout.write(part)

    def passing(self, passing: Passing) -> None:
        self.close()
        self.stdout.write(passing.text[: shutil.get_terminal_size().columns - 1], ending="")
        self.stdout.flush()
        self._on_line = True

    def table(self, head: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
        for text in aligned(head, rows):
            self.line(text)

    def close(self) -> None:
        if self._on_line:
            self.stdout.write(ERASE, ending="")
            self.stdout.flush()
            self._on_line = False


def aligned(head: Sequence[str], rows: Sequence[Sequence[str]]) -> list[str]:
    """The rows of a table as lines, a column below the other."""
    widths = [max(map(len, column)) for column in zip(head, *rows, strict=True)]
    return [
        "  " + "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
        for row in (head, *rows)
    ]
