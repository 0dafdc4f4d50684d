"""About how long work on a table takes, by its size: for plans, and for findings.

The numbers are those of ``python -m benchmarks.rates``, rounded up: PostgreSQL 18 with its own settings and ``fsync``, on two
processors that had other things to do; two million rows, which fit into memory. Another server may be several times as fast,
or as slow: people are told "about".
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from .durations import format_duration
from .sizes import Size
from .steps import Work


@dataclass(frozen=True)
class Rate:
    """Seconds for each million rows, and for each GB of the table with its indexes: the one and the other, together."""

    million_rows: float
    gigabyte: float

    def seconds(self, size: Size) -> float:
        """For a table of this size. Where nobody knows how many rows it has: as many short ones as there is room for."""
        rows = size.bytes / SHORT_ROW if size.rows is None else size.rows
        return rows / 1e6 * self.million_rows + size.bytes / 1024**3 * self.gigabyte


# Bytes of a row, with its part of the indexes: of one that is short, and of one as there are many.
SHORT_ROW, TYPICAL_ROW = 100, 200

RATES: Mapping[Work, Rate] = {
    Work.SCAN: Rate(million_rows=0.2, gigabyte=1.0),
    Work.BLOCKING_SCAN: Rate(million_rows=0.1, gigabyte=1.0),
    Work.INDEX_BUILD: Rate(million_rows=5.0, gigabyte=2.0),
    Work.BLOCKING_BUILD: Rate(million_rows=4.0, gigabyte=1.0),
    Work.REWRITE: Rate(million_rows=2.0, gigabyte=10.0),
    Work.ROWS: Rate(million_rows=60.0, gigabyte=10.0),
}


def seconds_of(work: Work, size: Size) -> float | None:
    """About how long; None for work that does not grow with the table (the catalog alone), and where nobody knows."""
    rate = RATES.get(work)
    return None if rate is None else rate.seconds(size)


def typical_size(rows: int) -> Size:
    """Of a table with so many rows that nobody has measured."""
    return Size(rows, rows * TYPICAL_ROW)


def format_about(seconds: float) -> str:
    """An estimate for people, no more exact than it is: ``about 8 s``, ``about 40 min``, ``less than a second``."""
    if seconds < 0.1:
        return "some milliseconds"
    if seconds < 1:
        return "less than a second"
    unit = next(unit for unit, least in _UNITS if seconds >= least)
    count = seconds / unit
    digits = -1 if count >= 100 else 0 if unit == 1 or count >= 10 else 1
    return f"about {format_duration(round(count, digits) * unit)}"


# As durations are said: seconds up to two minutes, minutes up to two hours.
_UNITS = ((3600, 7200), (60, 120), (1, 0))
