"""On a log, what goes on is mentioned now and then, and at once when it changes."""

from __future__ import annotations

import re
import time
from collections.abc import Hashable

from django_safemigrate.values.events import (
    Event,
    FillProgress,
    IndexProgress,
    Looking,
    OldCode,
    ReplicaBehind,
    ScanProgress,
    WaitingForRunner,
)

# A reason to wait whose numbers have changed is the same one.
_NUMBERS = re.compile(r"[\d.,]+( (ms|s|min|h|bytes|kB|MB|GB|TB)\b)?")


class Throttle:
    """Lets a message through when what it is about is another than last time, or ``interval`` seconds have passed."""

    def __init__(self, interval: float = 5.0) -> None:
        self.interval = interval
        self._last: tuple[Hashable, float] | None = None

    def lets_through(self, about: Hashable) -> bool:
        now = time.monotonic()
        if self._last is not None and self._last[0] == about and now - self._last[1] < self.interval:
            return False
        self._last = about, now
        return True

    def forget(self) -> None:
        """What comes next is something new."""
        self._last = None


def about(event: Event) -> Hashable | None:
    """What a passing event is about: of several in a row about the same, the last is as good as all. None: it is not one."""
    match event:
        case Looking(migration, holders):
            return type(event), migration, *(holder.pid for holder in holders)
        case IndexProgress(migration, phase, _, _, holders):
            return type(event), migration, phase, *(holder.pid for holder in holders)
        case ScanProgress(migration, _, holders):
            return type(event), migration, *(holder.pid for holder in holders)
        case FillProgress(migration):
            return type(event), migration, _NUMBERS.sub("", event.reason) if event.reason else ""
        case WaitingForRunner(owner):
            return type(event), owner
        case OldCode(sessions):
            return type(event), *sorted({session.release for session in sessions})
        case ReplicaBehind(migration, standbys):
            return type(event), migration, *(standby.application_name for standby in standbys)
    return None
