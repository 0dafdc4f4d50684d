"""The terminal's screen: output scrolls above one line that shows the present second."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.live import Live
from rich.spinner import Spinner
from rich.text import Text


class RichScreen:
    def __init__(self, live: Live) -> None:
        self._live = live
        self._spinner = Spinner("dots", style="cyan")
        self._began = time.monotonic()

    def heading(self, text: str) -> None:
        self._live.console.rule(Text(text, style="bold"), align="left")

    def line(self, text: str) -> None:
        stamp = Text(f"{time.monotonic() - self._began:6.1f} s  ", style="dim")
        self._live.console.print(stamp + Text(text), soft_wrap=True)

    def status(self, text: str) -> None:
        self._spinner.update(text=Text(text, style="cyan"))
        self._live.update(self._spinner)


@contextmanager
def open_rich_screen() -> Iterator[RichScreen]:
    with Live(console=Console(highlight=False), refresh_per_second=4, transient=True) as live:
        yield RichScreen(live)
