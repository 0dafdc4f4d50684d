"""Durations as people write them: ``20ms``, ``1.5s``, ``10m``, ``2h``; a bare number is seconds."""

from __future__ import annotations

from datetime import timedelta

_UNITS = {"ms": 0.001, "s": 1.0, "m": 60.0, "min": 60.0, "h": 3600.0}


def parse_duration(value: object) -> float:
    """Seconds, from a string with a unit, a number of seconds, or a ``timedelta``.

    Raises ``ValueError`` with the accepted forms for anything else, and for what is not positive.
    """
    seconds = _seconds(value)
    if seconds is None or not 0 < seconds < float("inf"):
        raise ValueError(f"{value!r} is not a duration; write for example 20ms, 1.5s, 10m or 2h")
    return seconds


def _seconds(value: object) -> float | None:
    if isinstance(value, bool):
        return None
    if isinstance(value, timedelta):
        return value.total_seconds()
    if isinstance(value, int | float):
        return float(value)
    if not isinstance(value, str):
        return None
    text = value.strip()
    number = text.rstrip("abcdefghijklmnopqrstuvwxyz ")
    unit = text[len(number) :].strip() or "s"
    try:
        return float(number) * _UNITS[unit]
    except (ValueError, KeyError):
        return None


def format_duration(seconds: float) -> str:
    """Seconds for people: ``20 ms``, ``1.5 s``, ``10 min``."""
    if seconds < 0.9995:
        return f"{seconds * 1000:.0f} ms"
    if seconds < 120:
        return f"{seconds:.1f}".removesuffix(".0") + " s"
    if seconds < 7200:
        return f"{seconds / 60:.1f}".removesuffix(".0") + " min"
    return f"{seconds / 3600:.1f}".removesuffix(".0") + " h"
