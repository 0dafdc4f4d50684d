"""Sizes as people write them, in PostgreSQL's units: ``64MB``, ``1.5GB``; a bare number is bytes."""

from __future__ import annotations

from dataclasses import dataclass

# As the server reads them (manual, "Parameter Names and Values"): each 1024 times the one before.
_UNITS = {"B": 1, "kB": 1024, "MB": 1024**2, "GB": 1024**3, "TB": 1024**4}


def parse_bytes(value: object) -> int:
    """Bytes, from a string with a unit or a number. Raises ``ValueError`` for anything else, and for what is not positive."""
    size = _size(value)
    if size is None or not 1 <= size < float("inf"):
        raise ValueError(f"{value!r} is not a size; write for example 512kB, 64MB or 1GB")
    return int(size)


def _size(value: object) -> float | None:
    if isinstance(value, bool):
        return None
    if isinstance(value, int | float):
        return float(value)
    if not isinstance(value, str):
        return None
    text = value.strip()
    number = text.rstrip("kKMGTB ")
    try:
        return float(number) * _UNITS[text[len(number) :].strip() or "B"]
    except (ValueError, KeyError):
        return None


def format_bytes(count: int) -> str:
    """A number of bytes for people."""
    size, unit = float(count), "bytes"
    for unit in ("bytes", "kB", "MB", "GB", "TB"):
        if size < 10240 or unit == "TB":
            break
        size /= 1024
    return f"{size:.0f} {unit}"


@dataclass(frozen=True)
class Size:
    """``rows`` is the planner's estimate (None before the first ANALYZE), ``bytes`` includes indexes and TOAST."""

    rows: int | None
    bytes: int

    def __str__(self) -> str:
        rows = "" if self.rows is None else f"about {self.rows:,} rows, "
        return rows + format_bytes(self.bytes)
