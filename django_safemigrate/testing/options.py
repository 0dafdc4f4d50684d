"""How much a check does: the knobs of its speed, in one place."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Options:
    """Durations are in seconds.

    ``rows``: how many rows each table begins with. ``budget``: how long a query may wait for a lock, on a machine that has
    time (``Patience``). ``traffic``: whether queries of both versions run all the time while steps run; ``pause``: between
    two queries of one thread of traffic. ``reader``: for so long somebody reads every table in one transaction while each
    phase begins; ``writer``: the same with somebody who writes. ``backwards``: whether both phases are undone at the end.
    ``each_step``: whether the versions are exercised after every step, or only at the ends of phases. ``upserts``:
    ``"shared"`` for unique constraints that both versions have, ``"own"`` for each version's own. ``most_failures``: after
    how many the check stops collecting. ``small_tables``: whether tables may be taken for small ones, as they are;
    otherwise every one counts as large. ``max_wait``: how long a phase may wait for locks. ``rewrites``: fields
    (``shop.Order.status``) whose values, and models (``shop.Order``) whose rows the migrations are meant to change.
    ``large``: so many rows more in each table while the phases run, so that durations mean something; for as long as
    ``filling`` they are made. ``allow_unsafe``: as the command's option.
    """

    rows: int = 3
    budget: float = 1.0
    traffic: bool = True
    pause: float = 0.01
    reader: float = 0.0
    writer: float = 0.0
    backwards: bool = True
    each_step: bool = True
    upserts: str = "shared"
    most_failures: int = 20
    small_tables: bool = False
    max_wait: float = 60.0
    rewrites: tuple[str, ...] = ()
    large: int = 0
    filling: float = 60.0
    allow_unsafe: tuple[str, ...] = ()

    @property
    def endurance(self) -> float:
        """After how long the server ends a wait for a lock, however busy the machine is."""
        return max(30.0, 10 * self.budget)
