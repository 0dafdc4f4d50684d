"""When a backfill waits although nobody is in its way: how much of what the server may have on its hands.

``SAFEMIGRATE["THROTTLE"]``; each key is a limit, and None (or an empty list, or False) means that nothing is asked.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Any

from .durations import parse_duration
from .errors import UsageError
from .sizes import parse_bytes


@dataclass(frozen=True)
class ThrottleLimits:
    """``replica_lag``: how far behind a standby may be, in seconds; ``replica_lag_bytes``: and in bytes of WAL.

    ``wal_to_archive``: how many files of WAL may wait for the archiver. ``snapshot_age``: for how long a transaction may keep
    VACUUM from removing what the backfill leaves behind, in seconds; ``snapshot_transactions``: the same in transactions that
    have begun since, which also tells of slots and of standbys with feedback. ``autovacuum``: whether to wait while one works
    on the table. ``active_sessions``: how many other sessions of clients may be at work. ``queries``: the user's, whose first
    value says whether to wait. ``callables``: the user's, by their dotted paths. ``interval``: seconds between two looks.
    """

    replica_lag: float | None = 10.0
    replica_lag_bytes: int | None = None
    wal_to_archive: int | None = 64
    snapshot_age: float | None = None
    snapshot_transactions: int | None = None
    autovacuum: bool = False
    active_sessions: int | None = None
    queries: tuple[str, ...] = ()
    callables: tuple[str, ...] = ()
    interval: float = 1.0


def limits_of(value: object, hint: str) -> ThrottleLimits:
    """The limits of the setting, None: no limit at all. Raises ``UsageError``, whose next command is ``hint``."""
    if value is None:
        return ThrottleLimits(replica_lag=None, wal_to_archive=None)
    if not isinstance(value, Mapping):
        raise UsageError(
            f"{_NAME} is {value!r}.",
            "It is a dict of limits, for example {'REPLICA_LAG': '5s', 'ACTIVE_SESSIONS': 50}, or None: nothing is asked.",
            hint,
        )
    for key in value:
        if key not in _READERS:
            close = get_close_matches(str(key).upper(), _READERS, n=1)
            raise UsageError(
                f"{_NAME} has an unknown key {key!r}." + (f" Did you mean {close[0]!r}?" if close else ""),
                f"The keys are {', '.join(_READERS)}.",
                hint,
            )
    return ThrottleLimits(**{key.lower(): _read(key, item, hint) for key, item in value.items()})


_NAME = "SAFEMIGRATE['THROTTLE']"


def _read(key: str, value: object, hint: str) -> Any:
    reader, what = _READERS[key]
    try:
        return reader(value)
    except ValueError as error:
        raise UsageError(f"{_NAME}[{key!r}]: {error}.", f"It is {what}.", hint) from None


def _or_none(reader: Callable[[object], Any]) -> Callable[[object], Any]:
    return lambda value: None if value is None else reader(value)


def _count(value: object) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or value < 0:
        raise ValueError(f"{value!r} is not a number; write for example 50")
    return value


def _flag(value: object) -> bool:
    if not isinstance(value, bool):
        raise ValueError(f"{value!r} is neither True nor False")
    return value


def _texts(value: object) -> tuple[str, ...]:
    texts = [value] if isinstance(value, str) else value
    if not isinstance(texts, list | tuple) or not all(isinstance(item, str) and item.strip() for item in texts):
        raise ValueError(f"{value!r} is neither a text nor a list of texts")
    return tuple(texts)


def _paths(value: object) -> tuple[str, ...]:
    paths = _texts(value)
    for path in paths:
        if "." not in path or not all(part.isidentifier() for part in path.split(".")):
            raise ValueError(f"{path!r} is not a dotted path; write for example 'shop.throttles.queue_is_long'")
    return paths


# How each key is read, and what it is, for whoever got it wrong.
_READERS: dict[str, tuple[Callable[[object], Any], str]] = {
    "REPLICA_LAG": (_or_none(parse_duration), "how far behind a standby may be, or None"),
    "REPLICA_LAG_BYTES": (_or_none(parse_bytes), "how much WAL a standby may have to replay, or None"),
    "WAL_TO_ARCHIVE": (_or_none(_count), "how many files of WAL may wait for the archiver, or None"),
    "SNAPSHOT_AGE": (_or_none(parse_duration), "how old a transaction may be that holds back VACUUM, or None"),
    "SNAPSHOT_TRANSACTIONS": (_or_none(_count), "how many transactions old a snapshot may be, or None"),
    "AUTOVACUUM": (_flag, "whether to wait while an autovacuum works on the table"),
    "ACTIVE_SESSIONS": (_or_none(_count), "how many other sessions may be at work, or None"),
    "QUERIES": (_texts, "a query whose first value is a reason to wait, or true; or a list of such"),
    "CALLABLES": (_paths, "the dotted path of a function that returns a reason to wait, or None; or a list of such"),
    "INTERVAL": (parse_duration, "how long to wait between two looks"),
}
