"""On what a command writes: the one place in which that is decided."""

from __future__ import annotations

import os
from typing import Any

from .plain import Log, Terminal
from .surface import Surface


def surface_for(stdout: Any, *, colour: bool = True, timed: bool = True) -> Surface:
    """For a command's ``stdout``. ``colour``: what ``--no-color`` says; ``timed``: whether lines on a log have their time."""
    is_terminal = bool(getattr(stdout, "isatty", lambda: False)())
    if not is_terminal or os.environ.get("TERM") == "dumb":
        return Log(stdout, timed=timed)
    # https://no-color.org: set and not empty.
    if not colour or os.environ.get("NO_COLOR"):
        return Terminal(stdout)
    return _with_rich(stdout) or Terminal(stdout)


def _with_rich(stdout: Any) -> Surface | None:
    """None where rich is not installed: it is an extra."""
    try:
        from .rich import RichTerminal
    except ImportError:
        return None
    return RichTerminal(stdout)
