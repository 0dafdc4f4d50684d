"""Python's garbage collector, which would go through all of Django again and again while a history is looked at."""

from __future__ import annotations

import contextlib
import gc
from collections.abc import Iterator

# How many more objects there are before it looks again; Python's own number is 700, or 2000.
_MANY = 50_000


@contextlib.contextmanager
def rarely_collecting() -> Iterator[None]:
    """What is there already is left alone, and what comes is looked at less often."""
    usual = gc.get_threshold()
    gc.freeze()
    gc.set_threshold(_MANY, *usual[1:])
    try:
        yield
    finally:
        gc.set_threshold(*usual)
        gc.unfreeze()
