"""Which of the pending migrations run in a phase, which wait, and why.

The words are those of django-safemigrate: *ready* runs now; *delayed* runs later, which is as it should be; *blocked* should
run now and cannot.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import Enum

from django.db.migrations import Migration

from django_safemigrate.values.phases import Phase, When, declared

Key = tuple[str, str]


class Status(Enum):
    READY = "ready"
    DELAYED = "delayed"
    BLOCKED = "blocked"


@dataclass(frozen=True)
class Planned:
    """A pending migration, what becomes of it in this run, and why. ``until`` is when its delay is over, if it has one."""

    migration: Migration
    status: Status
    reason: str
    when: When
    until: datetime | None = None
    behind: Migration | None = None

    @property
    def name(self) -> str:
        return str(self.migration)


def categorize(
    pending: Sequence[Migration],
    phase: Phase,
    *,
    parents: Callable[[Migration], Collection[Key]],
    detected: Mapping[Key, datetime],
    now: datetime,
) -> list[Planned]:
    """Every pending migration with its status, in the order given, which has to be one in which they can run.

    ``parents`` gives what a migration depends on, with ``run_before``, squashed names and swappable models resolved (the
    migration graph knows). ``detected`` is since when a delayed migration is known. Raises ``InvalidSafe``.
    """
    planned: dict[Key, Planned] = {}
    for migration in pending:
        own = _by_itself(migration, phase, detected, now)
        behind = [planned[key] for key in parents(migration) if key in planned]
        key = (migration.app_label, migration.name)
        planned[key] = _behind(own, [other for other in behind if other.status is not Status.READY], phase)
    return list(planned.values())


def _by_itself(migration: Migration, phase: Phase, detected: Mapping[Key, datetime], now: datetime) -> Planned:
    safe = declared(migration)
    if safe.when is When.ALWAYS:
        return Planned(migration, Status.READY, "runs in either phase", safe.when)
    if safe.when is When.BEFORE_DEPLOY:
        if phase is Phase.BEFORE_DEPLOY:
            return Planned(migration, Status.READY, "runs before deploy", safe.when)
        return Planned(
            migration,
            Status.DELAYED,
            f"runs before the next deploy ({Phase.BEFORE_DEPLOY.command})",
            safe.when,
        )
    if safe.delay is not None:
        since = detected.get((migration.app_label, migration.name))
        if since is None:
            return Planned(
                migration,
                Status.DELAYED,
                f"runs {_days(safe.delay)} after it is first seen",
                safe.when,
                now + safe.delay,
            )
        until = since + safe.delay
        if until > now:
            return Planned(migration, Status.DELAYED, f"its delay of {_days(safe.delay)} is not over", safe.when, until)
        return Planned(migration, Status.READY, f"its delay of {_days(safe.delay)} is over", safe.when, until)
    if phase is Phase.AFTER_DEPLOY:
        return Planned(migration, Status.READY, "runs after deploy", safe.when)
    return Planned(migration, Status.DELAYED, f"runs after deploy ({Phase.AFTER_DEPLOY.command})", safe.when)


def _days(delay: object) -> str:
    return str(delay).removesuffix(", 0:00:00")


def _behind(own: Planned, others: Sequence[Planned], phase: Phase) -> Planned:
    """A migration cannot run before those that it depends on.

    One that has to run before deploy is blocked by a delayed one. In the phase after deploy nothing is blocked by what
    belongs to a later deploy: it waits for that deploy, too.
    """
    if not others:
        return own
    first = others[0]
    blocks = phase is Phase.BEFORE_DEPLOY and (
        own.when is When.BEFORE_DEPLOY or any(other.status is Status.BLOCKED for other in others)
    )
    blocker = next((other for other in others if other.status is Status.BLOCKED), first) if blocks else first
    return Planned(
        own.migration,
        Status.BLOCKED if blocks else Status.DELAYED,
        f"is behind {blocker.name}, which {blocker.reason}",
        own.when,
        own.until,
        blocker.behind or blocker.migration,
    )
