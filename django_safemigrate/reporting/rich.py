"""A terminal with rich: bars and tables. The only module that imports it; without rich, importing this one fails."""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import Any

from rich.box import SIMPLE_HEAD
from rich.console import Console, Group, RenderableType
from rich.live import Live
from rich.progress_bar import ProgressBar
from rich.spinner import Spinner
from rich.table import Table
from rich.text import Text

from django_safemigrate.values.durations import format_duration

from .surface import Passing

BAR = 32
INDENT = "      "
COLOURS = {"done": "green", "failed": "red", "lost": "yellow", "running": "cyan"}


class RichTerminal:
    """What is passing is a few lines below the others: a bar or a spinner, how long, and who is in the way.

    They are there only between two lines of ours; what others print meanwhile goes above them.
    """

    def __init__(self, stdout: Any, console: Console | None = None) -> None:
        self.stdout = stdout
        # Django's wrapper adds line ends, so rich writes to what is below it.
        self.console = console or Console(file=getattr(stdout, "_out", stdout), highlight=False)
        self._live: Live | None = None
        self._shown: Passing | None = None
        self._since = 0.0
        self._spinner = Spinner("line")

    def line(self, text: str) -> None:
        self.close()
        for part in text.splitlines() or [""]:
            self.stdout.write(part)

    def passing(self, passing: Passing) -> None:
        if self._shown is None or self._shown.about != passing.about:
            self._since = time.monotonic()
        self._shown = passing
        if self._live is None:
            self._live = Live(
                get_renderable=self._drawn, console=self.console, transient=True, vertical_overflow="crop"
            )
            self._live.start()
            self.console.show_cursor(True)  # rich hides it: a run that is killed would leave it so

    def table(self, head: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
        self.close()
        table = Table(*head, box=SIMPLE_HEAD, pad_edge=True)
        for row in rows:
            table.add_row(*(Text(cell, style=COLOURS.get(cell, "")) for cell in row))
        self.console.print(table)

    def close(self) -> None:
        if self._live is not None:
            self._live.stop()
            self._live = self._shown = None

    def _drawn(self) -> RenderableType:
        shown = self._shown
        if shown is None:
            return Text()
        elapsed = max(time.monotonic() - self._since, shown.waited or 0.0)
        line = Table.grid(padding=(0, 1))
        line.add_row(
            INDENT,
            *_bar(shown, self._spinner),
            Text.from_ansi(shown.what.strip() + shown.counts),
            Text(_times(elapsed, shown.left), "dim"),
        )
        return Group(line, *(Text(f"{INDENT}  {who}", "yellow") for who in shown.who))


def _bar(shown: Passing, spinner: Spinner) -> tuple[RenderableType, ...]:
    """How much is done; of a wait, how much of its time is over."""
    if shown.share is not None:
        return ProgressBar(total=1.0, completed=shown.share, width=BAR), Text(f"{shown.share:4.0%}")
    if shown.left is not None and shown.waited is not None:
        over = shown.waited / max(shown.waited + shown.left, 0.001)
        return (ProgressBar(total=1.0, completed=over, width=BAR, complete_style="yellow", finished_style="red"),)
    return (spinner,)


def _times(elapsed: float, left: float | None) -> str:
    return format_duration(round(elapsed, 1)) + ("" if left is None else f", {format_duration(left)} left")
