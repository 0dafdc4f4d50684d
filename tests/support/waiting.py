"""Waiting for what others do, instead of for a time that is hoped to be long enough."""

from __future__ import annotations

import time
from collections.abc import Callable


def wait_for(condition: Callable[[], object], seconds: float = 60.0) -> None:
    """Until it is true; fails where it does not come within so many seconds."""
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, f"it has not come within {seconds:.0f} s"
        time.sleep(0.01)


class Clock:
    """In place of ``time`` in a module: a sleep is over at once, however long it is said to be.

    ``tick``: how many seconds later it is at each look, so that how much is done in a time does not depend on the machine.
    """

    def __init__(self, tick: float = 0.0) -> None:
        self.tick, self._now = tick, 1_000.0

    def monotonic(self) -> float:
        self._now += self.tick
        return self._now

    def sleep(self, seconds: float) -> None:
        self._now += seconds
        time.sleep(0.001)
