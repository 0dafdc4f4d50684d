"""What a report is written on: lines that stay, something that is true just now, and tables.

A log has only lines, a terminal redraws what is passing, and with rich it draws bars. Which one it is: ``choosing``.
"""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True)
class Passing:
    """What is true just now, until the next line or the next such remark.

    ``about``: when it changes, this is something new. ``share``: how much is done, from 0 to 1. ``counts``: other numbers,
    in words. ``waited``, ``left``: of the time that it may take, in seconds. ``note``: the same in words. ``who``: what it
    waits for. ``each_counts``: on a log, each one is a line.
    """

    about: Hashable
    what: str
    counts: str = ""
    note: str = ""
    share: float | None = None
    waited: float | None = None
    left: float | None = None
    who: tuple[str, ...] = ()
    each_counts: bool = False

    @property
    def text(self) -> str:
        """In one line."""
        share = "" if self.share is None else f" {self.share:.0%}"
        return f"{self.what}{share}{self.counts}{self.note}" + (f": {'; '.join(self.who)}" if self.who else "")


class Surface(Protocol):
    """See ``Log``, ``Terminal`` and ``RichTerminal``."""

    def line(self, text: str) -> None:
        """Write what stays; ``text`` may have several lines."""

    def passing(self, passing: Passing) -> None:
        """Show what is true just now, instead of what was."""

    def table(self, head: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
        """Write a table that stays."""

    def close(self) -> None:
        """Take away what is passing. Others may write now."""
