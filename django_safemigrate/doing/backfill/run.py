"""A fill in a run of ``safemigrate``: the run is one of its workers, under its own budget of waiting."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from django.db import DatabaseError

from django_safemigrate.catalog.query import Connection
from django_safemigrate.decisions.pacing import Pacing
from django_safemigrate.doing.asking import Asker
from django_safemigrate.doing.background import Background, in_background
from django_safemigrate.doing.lease import Lease, owner
from django_safemigrate.doing.observer import Observer
from django_safemigrate.doing.steps_journal import Entry
from django_safemigrate.models import Backfill, MigrationStep
from django_safemigrate.values.events import FillProgress, Holder, ThrottleGap
from django_safemigrate.values.goals import NoRows
from django_safemigrate.values.locks import RelationLock
from django_safemigrate.values.settings import Settings

from .control import Control, look
from .filler import RowsFunction
from .ledger import Worker, register
from .processes import helping
from .throttles import throttled
from .worker import Hooks, NoThrottle, Throttle, work

# Seconds between two looks at who has a row that a batch waits for.
WATCH = 0.005


@dataclass(frozen=True)
class Filling:
    """How a run fills rows. ``target``: how long a batch should take, in seconds; ``rest``: see ``Pacing``; ``settings``:
    what keeps it back, without them nothing does; ``workers``: in how many processes, this one included; ``before_deploy``:
    whether code is running that may not know what is filled."""

    target: float = Pacing.target
    rest: float = Pacing.rest
    settings: Settings | None = None
    workers: int = 1
    before_deploy: bool = False


def registered(
    connection: Connection, entry: Entry, migration: str, *, background: bool, new_rows_stay: bool
) -> tuple[Backfill, Control]:
    """The backfill of a step in the journal, begun where it is not known yet, and how far it is."""
    assert isinstance(entry.step.goal, NoRows)
    operation, number = (
        MigrationStep.objects.using(connection.alias).values_list("operation", "number").get(pk=entry.row)
    )
    name = f"{migration}:{operation}.{number}"
    table = entry.step.goal.table
    backfill = register(connection, entry.row, name, table, background=background, new_rows_stay=new_rows_stay)
    return backfill, look(connection, backfill.pk)


def run_fill(
    connection: Connection,
    asker: Asker,
    migration: str,
    entry: Entry,
    filling: Filling,
    *,
    code: RowsFunction | None = None,
    lease: Lease | None = None,
    new_rows_stay: bool = False,
) -> None:
    """Fill until no row is left. ``code``: of a fill by code. ``new_rows_stay``: see ``ledger.register``.

    Raises ``LockUnavailable`` when the run has waited long enough for rows of others, ``LeaseLost``, ``SafeMigrateError``
    when rows to fill keep coming, and what the server refuses.
    """
    backfill, _ = registered(connection, entry, migration, background=False, new_rows_stay=new_rows_stay)
    known = MigrationStep.objects.using(connection.alias).values_list("rows", flat=True).get(pk=entry.row) or 0
    observer = asker.observer.own_pid()
    hooks = _RunHooks(asker, migration, entry.step.locks, lease)
    try:
        with (
            _throttle(connection, filling, backfill.table, asker) as throttle,
            helping(connection, backfill.pk, filling.workers - 1, target=filling.target, rest=filling.rest),
        ):
            work(
                connection,
                backfill.pk,
                throttle=throttle,
                hooks=hooks,
                pacing=Pacing(filling.target, rest=filling.rest, longest_wait=asker.policy.longest_timeout),
                code=code,
                worker=Worker(owner(), [*([observer] if observer else []), *throttle.sessions()]),
            )
    finally:
        with contextlib.suppress(DatabaseError):
            asker.account.rows = look(connection, backfill.pk).rows - known


def _throttle(
    connection: Connection, filling: Filling, table: str, asker: Asker
) -> contextlib.AbstractContextManager[Throttle]:
    if filling.settings is None:
        return contextlib.nullcontext(NoThrottle())
    return throttled(connection, filling.settings, table, lambda line: asker.report(ThrottleGap(line)))


class _RunHooks(Hooks):
    def __init__(self, asker: Asker, migration: str, locks: Sequence[RelationLock], lease: Lease | None) -> None:
        self.asker, self.migration, self.locks, self.lease = asker, migration, locks, lease
        self._in_the_way: tuple[Holder, ...] = ()

    def progress(self, control: Control, reason: str) -> None:
        if self.lease is not None and self.lease.lost:
            raise self.lease.taken_over()
        self.asker.report(progress_of(self.migration, control, reason))

    def refused(self, attempt: int, error: DatabaseError, waited: float) -> None:
        self.asker.account.attempts += 1
        if attempt:
            self.asker.rest(self.migration, attempt, error, waited, self.locks, self._in_the_way)
        else:
            self.asker.spend(waited)

    @contextlib.contextmanager
    def watching(self) -> Iterator[None]:
        with in_background(_Blockers(self.asker.observer)) as seen:
            try:
                yield
            finally:
                # A wait is short: who is not seen in one was seen in another.
                self._in_the_way = seen.holders or self._in_the_way


class _Blockers(Background):
    """Looks for whom a batch waits."""

    def __init__(self, observer: Observer) -> None:
        super().__init__()
        self.observer = observer
        self.holders: tuple[Holder, ...] = ()

    def run(self) -> None:
        while not self.over.wait(WATCH):
            self.holders = self.observer.blockers() or self.holders


def progress_of(migration: str, control: Control, reason: str = "") -> FillProgress:
    """How far it is, for whoever is watching."""
    left = max(0, control.estimate - control.scanned)
    return FillProgress(
        migration,
        control.scanned,
        control.estimate,
        rows=control.rows,
        rate=control.rate,
        left=left / control.rate if control.rate > 0.0 and control.estimate else None,
        reason=reason or control.reason,
        workers=control.workers,
    )
