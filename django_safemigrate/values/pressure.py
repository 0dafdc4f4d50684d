"""What a server has on its hands, seen at one moment. None is what nobody was asked, or what it does not tell."""

from __future__ import annotations

from dataclasses import dataclass

from .standbys import Standby


@dataclass(frozen=True)
class OldSnapshot:
    """Who keeps VACUUM from removing rows, in words; for how long (seconds), where that is known, or since how many
    transactions."""

    who: str
    age: float | None = None
    transactions: int = 0


@dataclass(frozen=True)
class Vacuum:
    """An autovacuum at work. ``share``: how much of the table it has read, from 0 to 1, while it reads it."""

    table: str
    pid: int
    phase: str
    share: float | None = None


@dataclass(frozen=True)
class Pressure:
    """``position``: up to where there is WAL, in bytes. ``wal_to_archive``: files of WAL that wait for the archiver.

    ``oldest``: the snapshot that is there for longest, ``farthest``: the one with the most transactions since.
    ``active_sessions``: those of clients that execute something, without the one that asks.
    """

    standbys: tuple[Standby, ...] = ()
    position: int | None = None
    wal_to_archive: int | None = None
    oldest: OldSnapshot | None = None
    farthest: OldSnapshot | None = None
    vacuums: tuple[Vacuum, ...] = ()
    active_sessions: int | None = None
