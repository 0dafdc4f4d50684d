"""What ran, runs, waits or failed, seen from outside: ``safemigrate --status``.

Nothing is changed and nobody is waited for: short transactions in which the server lets nobody write, and which give up
after a moment where somebody has locked our own tables.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from enum import Enum

from django.db import OperationalError
from django.db.migrations.recorder import MigrationRecorder
from django.db.models import Sum
from django.db.transaction import atomic
from django.utils import timezone

from django_safemigrate.catalog.holders import blockers_of, holders, waiting_behind
from django_safemigrate.catalog.progress import BuildProgress, build_progress
from django_safemigrate.catalog.query import Connection, rows, value
from django_safemigrate.compile.names import unquoted
from django_safemigrate.decisions.planning import Planned, Status
from django_safemigrate.models import MigrationRun, MigrationStep, RunnerLease
from django_safemigrate.values.errors import LockUnavailable, UsageError
from django_safemigrate.values.events import Holder
from django_safemigrate.values.phases import Phase
from django_safemigrate.values.serial import from_data
from django_safemigrate.values.settings import Settings
from django_safemigrate.values.steps import Step

from .backfill.overview import BackfillSeen, by_step
from .deploy import Deploy
from .journal import is_complete
from .lease import KEY
from .speaking import speaking_of
from .sqlstate import LOCK_NOT_AVAILABLE, sqlstate
from .targets import resolve_targets

LAST_RUNS = 10

# Nobody has to wait longer for us, nor we for anybody.
PATIENCE = "1s"


class Life(Enum):
    """Whether a run that has not ended goes on. ``SILENT``: its session is there, and its lease is not renewed."""

    ALIVE = "alive"
    SILENT = "silent"
    LOST = "lost"


@dataclass(frozen=True)
class RunSeen:
    """A row of the journal of runs. ``took``: up to now, where it has not ended."""

    number: int
    what: str
    who: str
    release: str
    started: datetime
    took: float
    outcome: str
    error: str


@dataclass(frozen=True)
class StepSeen:
    """A row of the journal of steps; ``number`` is its place in the migration, ``since``: seconds since it was begun.

    ``backfill``: how far it is, where it fills rows."""

    number: int
    description: str
    sql: str
    work: str
    done: bool
    since: float | None
    attempts: int
    waited: float
    blocked: float
    rows: int | None
    error: str
    backfill: BackfillSeen | None = None


@dataclass(frozen=True)
class MigrationSeen:
    """A migration that was begun and is not recorded yet, with those of its steps that are known so far."""

    app: str
    migration: str
    backwards: bool
    steps: tuple[StepSeen, ...]
    # What to name to ``safemigrate``, so that undoing it goes on.
    undo_to: str = ""

    @property
    def key(self) -> tuple[str, str]:
        return self.app, self.migration

    @property
    def name(self) -> str:
        return f"{self.app}.{self.migration}"

    @property
    def done(self) -> int:
        return sum(step.done for step in self.steps)


@dataclass(frozen=True)
class Behind:
    """A session that waits behind the run."""

    pid: int
    table: str
    waited: float


@dataclass(frozen=True)
class Going:
    """The run that has not ended.

    ``lease``: for how many seconds its lease is good, less than 0 where it has run out; None where there is none.
    ``migration``, ``step``: what it works on, as far as the journal says. ``asking``: since how many seconds it waits in the
    queue for a lock; None while it does not ask. ``in_the_way``: for whom it waits, whether it asks or only looks.
    ``waited``, ``blocked``: seconds that it and others behind it have waited, over the steps that are over.
    """

    run: RunSeen
    life: Life
    session: int | None
    lease: float | None
    waited: float = 0.0
    blocked: float = 0.0
    migration: str = ""
    step: StepSeen | None = None
    build: BuildProgress | None = None
    asking: float | None = None
    in_the_way: tuple[Holder, ...] = ()
    behind: tuple[Behind, ...] = ()


@dataclass(frozen=True)
class Pending:
    """What is pending, as one of the phases sees it."""

    phase: Phase
    planned: tuple[Planned, ...]

    def names(self, status: Status) -> list[str]:
        return [planned.name for planned in self.planned if planned.status is status]


@dataclass(frozen=True)
class Seen:
    """All of it. ``vendor``: runs are written down on PostgreSQL only. ``runner``: a session that has the runner's
    turn without a run in the journal (yet), in words. ``why_not``: why nobody can say what is pending."""

    database: str
    vendor: str
    at: datetime
    going: Going | None = None
    runner: str = ""
    half_done: tuple[MigrationSeen, ...] = ()
    runs: tuple[RunSeen, ...] = ()
    pending: tuple[Pending, ...] = ()
    new_database: bool = False
    why_not: str = ""


def look_around(
    connection: Connection, settings: Settings, app_label: str | None = None, migration_name: str | None = None
) -> Seen:
    """What there is to see; of one app or migration, where they are given.

    Raises ``DatabaseUnavailable``, ``LockUnavailable`` where somebody has locked our own tables, and ``UsageError`` for an
    app that is not there.
    """
    now = timezone.now()
    postgres = connection.vendor == "postgresql"
    with speaking_of(connection):
        with _only_looking(connection):
            journal = postgres and is_complete(connection, MigrationRun) and is_complete(connection, MigrationStep)
            runs = _runs(connection, now) if journal else ()
            half_done = _half_done(connection, now, app_label, migration_name) if journal else ()
            applied = set(MigrationRecorder(connection).applied_migrations())
        # What is recorded past the journal counts no more; see ``forget_recorded``.
        half_done = tuple(row for row in half_done if (row.seen.key in applied) is row.seen.backwards)
        with _only_looking(connection):
            going = _going(connection, runs, half_done) if journal else None
            runner = _runner(connection) if postgres and (going is None or going.life is Life.LOST) else ""
        with _only_looking(connection):
            deploy, why_not = _deploy(connection, settings)
            pending, new, why_not = (
                _pending(deploy, app_label, migration_name) if deploy is not None else ((), False, why_not)
            )
    return Seen(
        database=connection.alias,
        vendor=connection.vendor,
        at=now,
        going=going,
        runner=runner,
        half_done=tuple(replace(row.seen, undo_to=_undo_to(deploy, row.seen)) for row in half_done),
        runs=runs[:LAST_RUNS],
        pending=pending,
        new_database=new,
        why_not=why_not,
    )


@contextlib.contextmanager
def _only_looking(connection: Connection) -> Iterator[None]:
    """A short transaction in which nothing can be changed. Raises ``LockUnavailable``."""
    if connection.vendor != "postgresql" or connection.in_atomic_block:
        yield  # what is set inside somebody's transaction would stay until its end
        return
    try:
        with atomic(using=connection.alias):
            rows(
                connection,
                "SELECT set_config('transaction_read_only', 'on', true), set_config('lock_timeout', %s, true), "
                "set_config('statement_timeout', '10s', true)",
                [PATIENCE],
            )
            yield
    except OperationalError as error:
        if sqlstate(error) != LOCK_NOT_AVAILABLE:
            raise
        raise LockUnavailable(
            f"The journal cannot be read: {str(error).strip()}",
            "Somebody has locked one of the tables of django_safemigrate, or django_migrations.",
            "Run the same command again in a moment.",
        ) from error


# The journal


@dataclass(frozen=True)
class _Begun:
    """A half-done migration. ``runs``: those that have worked on it last; ``in_hand``: their steps that are not done, by the
    number of the run, each with its number."""

    seen: MigrationSeen
    runs: frozenset[int]
    in_hand: dict[int, tuple[int, Step]]


def _runs(connection: Connection, now: datetime) -> tuple[RunSeen, ...]:
    """The last ones, the latest first."""
    return tuple(
        RunSeen(
            number=run.pk,
            what=run.what,
            who=run.who,
            release=run.release,
            started=run.started,
            took=((run.ended or now) - run.started).total_seconds(),
            outcome=run.outcome,
            error=run.error,
        )
        for run in MigrationRun.objects.using(connection.alias).order_by("-id")[:LAST_RUNS]
    )


def _half_done(
    connection: Connection, now: datetime, app_label: str | None, migration_name: str | None
) -> tuple[_Begun, ...]:
    """Those that were begun and not closed."""
    found: dict[tuple[str, str, bool], list[MigrationStep]] = {}
    backfills = by_step(connection, now)
    for row in MigrationStep.objects.using(connection.alias).filter(closed=None).order_by("id"):
        if app_label in (None, row.app) and row.name.startswith(migration_name or ""):
            found.setdefault((row.app, row.name, row.backwards), []).append(row)
    return tuple(
        _Begun(
            _migration(key, steps, backfills, now),
            frozenset(row.run_id for row in steps if row.run_id is not None),
            {
                row.run_id: (number, from_data(row.step))
                for number, row in enumerate(steps, 1)
                if row.run_id is not None and row.started is not None and row.done is None
            },
        )
        for key, steps in found.items()
    )


def _migration(
    key: tuple[str, str, bool], steps: Sequence[MigrationStep], backfills: Mapping[int, BackfillSeen], now: datetime
) -> MigrationSeen:
    app, name, backwards = key
    seen = (_step(number, row, backfills.get(row.pk), now) for number, row in enumerate(steps, 1))
    return MigrationSeen(app, name, backwards, tuple(seen))


def _step(number: int, row: MigrationStep, backfill: BackfillSeen | None, now: datetime) -> StepSeen:
    step = from_data(row.step)
    return StepSeen(
        number=number,
        description=step.description,
        sql=step.sql,
        work=step.work.value,
        done=row.done is not None,
        since=(now - row.started).total_seconds() if row.started else None,
        attempts=row.attempts,
        waited=row.waited,
        blocked=row.blocked,
        rows=row.rows,
        error=row.error,
        backfill=backfill,
    )


# The server


def _going(connection: Connection, runs: Sequence[RunSeen], half_done: Sequence[_Begun]) -> Going | None:
    run = next((run for run in runs if run.outcome == MigrationRun.Outcome.RUNNING), None)
    if run is None:
        return None
    life, session, lease = _life(connection, run)
    name, step, compiled = "", None, None
    for one in half_done:
        if run.number in one.runs:
            name = one.seen.name
        if run.number in one.in_hand:
            number, compiled = one.in_hand[run.number]
            step = one.seen.steps[number - 1]
    costs = MigrationStep.objects.using(connection.alias).filter(run=run.number)
    waited, blocked = costs.aggregate(waited=Sum("waited"), blocked=Sum("blocked")).values()
    known = Going(run, life, session, lease, waited or 0.0, blocked or 0.0, name, step)
    if life is Life.LOST or session is None:
        return known
    return replace(
        known,
        build=build_progress(connection, session),
        asking=_asking(connection, session),
        in_the_way=_in_the_way(connection, session, compiled),
        behind=tuple(
            Behind(pid, unquoted(table), waited)
            for pid, table, waited in waiting_behind(connection, session, float("inf"))
        ),
    )


def _life(connection: Connection, run: RunSeen) -> tuple[Life, int | None, float | None]:
    """Whether the run goes on, its session, and for how long its lease is good.

    Without ``pg_read_all_stats``, the beginning of another role's session is not visible: then the lock says whose it is.
    """
    if not is_complete(connection, RunnerLease):
        return Life.LOST, None, None
    found = rows(
        connection,
        f"""
        SELECT l.backend_pid, extract(epoch FROM l.expires - clock_timestamp())::float8,
               a.pid IS NOT NULL AND coalesce(a.backend_start = l.backend_start, {_HAS_THE_LOCK})
        FROM "{RunnerLease._meta.db_table}" l LEFT JOIN pg_stat_activity a ON a.pid = l.backend_pid
        WHERE l.owner = %(who)s
        """,
        {**_LOCK_PARAMS, "who": run.who},
    )
    if not found:
        return Life.LOST, None, None
    session, lease, is_there = found[0]
    if value(connection, "SELECT pg_is_in_recovery()"):
        return (Life.ALIVE if lease > 0 else Life.LOST), None, lease  # its session is one of the primary's
    if not is_there:
        return Life.LOST, None, lease
    return (Life.ALIVE if lease > 0 else Life.SILENT), session, lease


_LOCK = (
    "locktype = 'advisory' AND granted AND classid::bigint = %(high)s AND objid::bigint = %(low)s AND objsubid = 1 "
    "AND database = (SELECT oid FROM pg_database WHERE datname = current_database())"
)
_LOCK_PARAMS = {"high": (KEY >> 32) & 0xFFFFFFFF, "low": KEY & 0xFFFFFFFF}
_HAS_THE_LOCK = f"EXISTS (SELECT FROM pg_locks WHERE pid = l.backend_pid AND {_LOCK})"


def _runner(connection: Connection) -> str:
    """The session that has the lock of the runner, in words: before its run is written down, and after it."""
    found = rows(
        connection,
        f"SELECT pid, a.usename, a.application_name FROM pg_locks LEFT JOIN pg_stat_activity a USING (pid) WHERE {_LOCK}",
        _LOCK_PARAMS,
    )
    if not found:
        return ""
    pid, user, application = found[0]
    return f"session {pid}" + (f" of {user}" if user else "") + (f" ({application})" if application else "")


def _asking(connection: Connection, session: int) -> float | None:
    found: float | None = value(
        connection,
        "SELECT extract(epoch FROM clock_timestamp() - min(waitstart))::float8 FROM pg_locks WHERE pid = %s AND NOT granted",
        [session],
    )
    return found


def _in_the_way(connection: Connection, session: int, step: Step | None) -> tuple[Holder, ...]:
    """For whom it waits; where it does not ask, who keeps it from asking."""
    blockers = blockers_of(connection, session)
    if blockers or step is None:
        return blockers
    return holders(connection, [lock for lock in step.locks if lock.mode.makes_others_wait], ours=session)


# What is pending


def _deploy(connection: Connection, settings: Settings) -> tuple[Deploy | None, str]:
    """One that only looks; or why there is none: the files or the history are broken."""
    try:
        return Deploy(connection, Phase.BEFORE_DEPLOY, settings, lambda event: None), ""
    except UsageError as error:
        return None, str(error)


def _pending(
    deploy: Deploy, app_label: str | None, migration_name: str | None
) -> tuple[tuple[Pending, ...], bool, str]:
    """For each phase; whether the database is new; and why nobody can say. Raises ``UsageError`` for an unknown app."""
    resolve_targets(deploy.runner.loader, app_label, migration_name)
    found, new = [], False
    for phase in Phase:
        deploy.phase = phase
        try:
            plan = deploy.look(app_label, migration_name)
        except UsageError as error:  # what stands in a migration file
            return (), False, str(error)
        found.append(Pending(phase, plan.planned))
        new = plan.new_database
    return tuple(found), new, ""


def _undo_to(deploy: Deploy | None, one: MigrationSeen) -> str:
    """The migration of its app before it, where that is known."""
    migration = deploy.runner.loader.disk_migrations.get((one.app, one.migration)) if deploy else None
    if migration is None or not one.backwards:
        return ""
    return next((name for app, name in migration.dependencies if app == one.app), "zero")
