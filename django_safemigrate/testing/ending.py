"""A process that is asked to end drops first what it has made."""

from __future__ import annotations

import contextlib
import signal
import threading
from collections.abc import Iterator
from types import FrameType

SIGNALS = tuple(getattr(signal, name) for name in ("SIGINT", "SIGTERM", "SIGHUP") if hasattr(signal, name))


class Ended(BaseException):
    """Somebody has asked this process to end. ``number``: by which signal."""

    def __init__(self, number: int) -> None:
        super().__init__(number)
        self.number = number


@contextlib.contextmanager
def ending_in_order() -> Iterator[None]:
    """For the time of the context, the first signal raises ``Ended`` in the main thread; the others change nothing, so that
    impatience does not keep what is dropped then from being dropped."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    heard: list[int] = []

    def end(number: int, frame: FrameType | None) -> None:
        heard.append(number)
        if len(heard) == 1:
            raise Ended(number)

    before = {number: signal.getsignal(number) for number in SIGNALS}
    before = {number: its for number, its in before.items() if its not in {signal.SIG_IGN, None}}  # as under nohup
    for number in before:
        signal.signal(number, end)
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
