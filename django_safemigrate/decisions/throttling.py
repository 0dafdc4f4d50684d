"""Whether a backfill has to wait for what the server has on its hands, and why in words: what, how much, the limit."""

from __future__ import annotations

from collections.abc import Collection, Iterator

from django_safemigrate.values.durations import format_duration
from django_safemigrate.values.pressure import Pressure
from django_safemigrate.values.sizes import format_bytes
from django_safemigrate.values.standbys import Standby
from django_safemigrate.values.throttling import ThrottleLimits


class Replay:
    """How far behind standbys are in seconds, measured by where the WAL was when.

    What the server says itself (``replay_lag``) tells nothing of a replay that is stuck. Only positions that somebody has not
    replayed yet are kept.
    """

    def __init__(self) -> None:
        self._passed: list[tuple[int, float]] = []

    def note(self, position: int, now: float, standbys: Collection[Standby]) -> None:
        """The WAL goes up to ``position`` now (seconds of any clock that only goes forwards)."""
        if not self._passed or position > self._passed[-1][0]:
            self._passed.append((position, now))
        replayed = [standby.replayed for standby in standbys if standby.replayed is not None]
        slowest = min(replayed, default=position)
        self._passed = [(at, since) for at, since in self._passed if at > slowest]

    def lag(self, standby: Standby, now: float) -> float | None:
        """Seconds since the first position that it has not replayed; None where nobody can tell.

        What we have not seen ourselves, since we have only just begun, the server may know.
        """
        replayed = standby.replayed
        if replayed is None:
            return None
        if not standby.behind:
            return 0.0
        ours = max((now - since for at, since in self._passed if at > replayed), default=0.0)
        return max(ours, standby.lag or 0.0)


def reasons(pressure: Pressure, limits: ThrottleLimits, replay: Replay, now: float) -> list[str]:
    """Why to wait, a line each; nothing where there is no reason."""
    return [
        *(line for standby in pressure.standbys for line in _behind(standby, limits, replay.lag(standby, now))),
        *_archiver(pressure, limits),
        *_snapshots(pressure, limits),
        *_vacuums(pressure, limits),
        *_sessions(pressure, limits),
    ]


def _behind(standby: Standby, limits: ThrottleLimits, lag: float | None) -> Iterator[str]:
    name, bytes_behind = standby.application_name, standby.behind
    if limits.replica_lag is not None and lag is not None and lag > limits.replica_lag:
        yield f"standby {name!r} is {format_duration(lag)} behind (limit {format_duration(limits.replica_lag)})"
    if limits.replica_lag_bytes is not None and bytes_behind is not None and bytes_behind > limits.replica_lag_bytes:
        limit = format_bytes(limits.replica_lag_bytes)
        yield f"standby {name!r} has {format_bytes(bytes_behind)} of WAL to replay (limit {limit})"


def _archiver(pressure: Pressure, limits: ThrottleLimits) -> Iterator[str]:
    waiting, limit = pressure.wal_to_archive, limits.wal_to_archive
    if limit is not None and waiting is not None and waiting > limit:
        yield f"{waiting} files of WAL wait for the archiver (limit {limit})"


def _snapshots(pressure: Pressure, limits: ThrottleLimits) -> Iterator[str]:
    oldest, farthest = pressure.oldest, pressure.farthest
    limit = limits.snapshot_age
    if limit is not None and oldest is not None and oldest.age is not None and oldest.age > limit:
        age = format_duration(oldest.age)
        yield f"{oldest.who} has held back VACUUM for {age} (limit {format_duration(limit)})"
    most = limits.snapshot_transactions
    if most is not None and farthest is not None and farthest.transactions > most:
        yield f"{farthest.who} has held back VACUUM for {farthest.transactions} transactions (limit {most})"


def _vacuums(pressure: Pressure, limits: ThrottleLimits) -> Iterator[str]:
    for vacuum in pressure.vacuums if limits.autovacuum else ():
        share = "" if vacuum.share is None else f" {vacuum.share:.0%}"
        yield f"an autovacuum works on {vacuum.table} (pid {vacuum.pid}, {vacuum.phase}{share})"


def _sessions(pressure: Pressure, limits: ThrottleLimits) -> Iterator[str]:
    active, limit = pressure.active_sessions, limits.active_sessions
    if limit is not None and active is not None and active > limit:
        yield f"{active} sessions are active (limit {limit})"
