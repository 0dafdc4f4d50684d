"""Which of the pending migrations run in a phase, which wait, and why.

The words are those of django-safemigrate: *ready* runs now; *delayed* runs later, which is as it should be; *blocked* should
run now and cannot.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import Enum

from django.db.migrations import Migration

from django_safemigrate.values.phases import Phase, Safe, When

from .assigning import Assigned, as_declared

Key = tuple[str, str]


class Status(Enum):
    READY = "ready"
    DELAYED = "delayed"
    BLOCKED = "blocked"


@dataclass(frozen=True)
class Planned:
    """A pending migration, what becomes of it in this run, and why. ``until`` is when its delay is over, if it has one.

    ``assigned``: its phase, and who has said it.
    """

    migration: Migration
    status: Status
    reason: str
    assigned: Assigned
    until: datetime | None = None
    behind: Migration | None = None

    @property
    def when(self) -> When:
        return self.assigned.safe.when

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
    phase_of: Callable[[Migration], Assigned] = as_declared,
    only_seen: bool = False,
    finish_earlier: bool = False,
) -> list[Planned]:
    """Every pending migration with its status, in the order given, which has to be one in which they can run.

    ``parents`` gives what a migration depends on, with ``run_before``, squashed names and swappable models resolved (the
    migration graph knows), ``phase_of`` its phase. ``detected`` is since when an after-deploy migration is known: the end of
    the phase before deploy that has seen it. ``only_seen``: after deploy, one that no phase before deploy has seen belongs to
    a later release. ``finish_earlier``: before deploy, those that an earlier phase has seen run as well, where others are
    blocked by them: the release that they belong to is deployed everywhere. Raises ``InvalidSafe``.
    """
    look = _Look(phase, phase_of, detected, now, only_seen, frozenset())
    planned = _categorize(pending, look, parents)
    blocked = [one for one in planned.values() if one.status is Status.BLOCKED]
    if finish_earlier and blocked:
        earlier = frozenset(_ancestors(blocked, planned, parents) & detected.keys())
        planned = _categorize(pending, replace(look, earlier=earlier), parents)
    return list(planned.values())


@dataclass(frozen=True)
class _Look:
    """What the status of a migration depends on beside its parents; see ``categorize``."""

    phase: Phase
    phase_of: Callable[[Migration], Assigned]
    detected: Mapping[Key, datetime]
    now: datetime
    only_seen: bool
    earlier: frozenset[Key]


def _categorize(
    pending: Sequence[Migration], look: _Look, parents: Callable[[Migration], Collection[Key]]
) -> dict[Key, Planned]:
    planned: dict[Key, Planned] = {}
    for migration in pending:
        own = _by_itself(migration, look)
        behind = [planned[key] for key in parents(migration) if key in planned]
        planned[_key(migration)] = _behind(own, [one for one in behind if one.status is not Status.READY], look.phase)
    return planned


def undone(when: When) -> str:
    """What is to be said of a migration that is undone: the reverse of what makes the database accept more is less.

    Phases are not kept there: nobody but those who go back know which code runs.
    """
    return {
        When.ALWAYS: "is undone",
        When.BEFORE_DEPLOY: "is undone: no code that needs it may be left",
        When.AFTER_DEPLOY: "is undone: that is for before older code comes back",
    }[when]


def _key(migration: Migration) -> Key:
    return migration.app_label, migration.name


def _ancestors(
    of: Sequence[Planned], planned: Mapping[Key, Planned], parents: Callable[[Migration], Collection[Key]]
) -> set[Key]:
    """The pending migrations on which some depend, directly or not."""
    found: set[Key] = set()
    left = [one.migration for one in of]
    while left:
        keys = {key for key in parents(left.pop()) if key in planned} - found
        found |= keys
        left += [planned[key].migration for key in keys]
    return found


def _by_itself(migration: Migration, look: _Look) -> Planned:
    assigned = look.phase_of(migration)
    if assigned.problem is not None:
        # After deploy it belongs to a release that comes; whose phase before deploy says no.
        status = Status.BLOCKED if look.phase is Phase.BEFORE_DEPLOY else Status.DELAYED
        return Planned(migration, status, assigned.problem.brief, assigned)
    safe, how = assigned.safe, assigned.source.words
    if safe.when is When.AFTER_DEPLOY:
        found = _after_deploy(migration, assigned, safe, look)
    elif safe.when is When.ALWAYS:
        found = Planned(migration, Status.READY, "runs in either phase", assigned)
    elif look.phase is Phase.BEFORE_DEPLOY:
        found = Planned(migration, Status.READY, "runs before deploy", assigned)
    else:
        reason = f"runs before the next deploy ({Phase.BEFORE_DEPLOY.command})"
        found = Planned(migration, Status.DELAYED, reason, assigned)
    return replace(found, reason=f"{found.reason}, {how}") if how else found


def _after_deploy(migration: Migration, assigned: Assigned, safe: Safe, look: _Look) -> Planned:
    since = look.detected.get(_key(migration))
    if since is None and look.only_seen:
        return Planned(
            migration,
            Status.DELAYED,
            f"belongs to a release whose phase before deploy has not been run ({Phase.BEFORE_DEPLOY.command})",
            assigned,
        )
    if safe.delay is not None:
        return _after_its_delay(migration, assigned, safe.delay, since, look.now)
    if look.phase is Phase.AFTER_DEPLOY:
        return Planned(migration, Status.READY, "runs after deploy", assigned)
    if _key(migration) in look.earlier:
        return Planned(migration, Status.READY, "was left by an earlier release", assigned)
    return Planned(migration, Status.DELAYED, f"runs after deploy ({Phase.AFTER_DEPLOY.command})", assigned)


def _after_its_delay(
    migration: Migration, assigned: Assigned, delay: timedelta, since: datetime | None, now: datetime
) -> Planned:
    if since is None:
        reason = f"runs {_days(delay)} after it is first seen"
        return Planned(migration, Status.DELAYED, reason, assigned, now + delay)
    if since + delay > now:
        reason = f"its delay of {_days(delay)} is not over"
        return Planned(migration, Status.DELAYED, reason, assigned, since + delay)
    return Planned(migration, Status.READY, f"its delay of {_days(delay)} is over", assigned, since + delay)


def _days(delay: object) -> str:
    return str(delay).removesuffix(", 0:00:00")


def _behind(own: Planned, others: Sequence[Planned], phase: Phase) -> Planned:
    """A migration cannot run before those that it depends on.

    One that has to run before deploy is blocked by a delayed one. In the phase after deploy nothing is blocked by what
    belongs to a later deploy: it waits for that deploy, too.
    """
    if not others or own.assigned.problem is not None:
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
        own.assigned,
        own.until,
        blocker.behind or blocker.migration,
    )
