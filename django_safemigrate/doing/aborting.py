"""``--abort``: what a half-done migration has done so far is taken back, last step first, and the journal closed.

All of it is known before any of it runs: a step that has no way back (dropped data does not come back) refuses the whole.
Each way back commits together with the journal's row, as the step did; interrupted, both ``--abort`` and ``safemigrate`` can
go on from there.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from django.db.migrations import Migration
from django.utils import timezone

from django_safemigrate.catalog.goals import reached
from django_safemigrate.catalog.indexes import bare_name, find_index, qualified
from django_safemigrate.catalog.query import Connection
from django_safemigrate.compile.binding import Binding, BoundOperation
from django_safemigrate.compile.tables import probable_locks
from django_safemigrate.models import MigrationStep
from django_safemigrate.values.errors import Refused
from django_safemigrate.values.events import MigrationDone, MigrationStarted, Report, StepDone, StepStarted
from django_safemigrate.values.goals import IndexAbsent, IndexPresent, IndexValid
from django_safemigrate.values.locks import LockMode, RelationLock
from django_safemigrate.values.serial import from_data
from django_safemigrate.values.steps import Step, Work

from .asking import Account, Asker
from .deploy import Deploy
from .journal import is_complete
from .offenders import refuse_offenders
from .opaque import run_in_autocommit, run_in_transaction
from .step_runner import run_step


@dataclass(frozen=True)
class WayBack:
    """A row of the journal that was done, with what takes it back: a step, the operation's own way back, or nothing.

    ``step`` is None where there is nothing to take back; ``why_not`` says why there is no way. ``ends``: with it the row is
    taken back, and not only prepared for that.
    """

    row: int
    of: Step
    step: Step | None = None
    bound: BoundOperation | None = None
    why_not: str = ""
    ends: bool = True


@dataclass(frozen=True)
class HalfDone:
    """A migration that was begun and not finished, and the way back, last step first."""

    app: str
    name: str
    backwards: bool
    ways_back: tuple[WayBack, ...]

    def __str__(self) -> str:
        return f"{self.app}.{self.name}"


def half_done(deploy: Deploy, app_label: str | None, migration_name: str | None) -> list[HalfDone]:
    """The half-done migrations, the last one first; of one app, or the one whose name begins so, where they are given."""
    connection = deploy.connection
    if not is_complete(connection, MigrationStep):
        return []
    found: dict[tuple[str, str, bool], list[MigrationStep]] = {}
    for row in MigrationStep.objects.using(connection.alias).filter(closed=None).order_by("-id"):
        if app_label in (None, row.app) and row.name.startswith(migration_name or ""):
            found.setdefault((row.app, row.name, row.backwards), []).append(row)
    return [HalfDone(*key, tuple(_ways_back(deploy, rows))) for key, rows in found.items()]


def refuse_what_cannot_be_taken_back(migrations: Sequence[HalfDone]) -> None:
    """Raises ``Refused`` with every step that has no way back."""
    stuck = [(one, way) for one in migrations for way in one.ways_back if way.why_not]
    if stuck:
        raise Refused(
            "\n".join(f"{one}: {way.of.description}: {way.why_not}" for one, way in stuck),
            "What was done cannot be taken back as a whole, so nothing was touched.",
            "Go on instead: manage.py safemigrate. What else was done can be taken back by hand:\n"
            + "\n".join(
                f"  {way.step.sql}" for one in migrations for way in one.ways_back if way.step and way.step.sql
            ),
        )


def abort(deploy: Deploy, asker: Asker, migrations: Sequence[HalfDone], report: Report) -> None:
    """Take everything back and close the journal. In our turn. Raises ``LockUnavailable``, ``OffendingRows`` where rows have
    been written that were not possible before, and what the server refuses."""
    for one in migrations:
        for step in (way.step for way in one.ways_back if way.step is not None):
            refuse_offenders(deploy.connection, str(one), step)
    replay = deploy.replay_guard(asker)
    for one in migrations:
        started = time.monotonic()
        report(MigrationStarted(str(one), backwards=True))
        asker.observer.remember_pid()
        for number, way in enumerate(one.ways_back, 1):
            if way.step is not None:
                refuse_offenders(deploy.connection, str(one), way.step)
                replay.before(str(one), way.step)
            _take_back(deploy, asker, one, number, way, report)
            if way.step is not None:
                replay.after(way.step)
        rows = MigrationStep.objects.using(deploy.connection.alias)
        rows.filter(app=one.app, name=one.name, backwards=one.backwards, closed=None).update(closed=timezone.now())
        report(MigrationDone(str(one), time.monotonic() - started, backwards=True))


def _take_back(deploy: Deploy, asker: Asker, one: HalfDone, number: int, way: WayBack, report: Report) -> None:
    step, connection = way.step, deploy.connection

    def finish() -> None:
        deploy.confirm()
        if way.ends:
            MigrationStep.objects.using(connection.alias).filter(pk=way.row).update(done=None, error="")

    if step is None:
        finish()
        return
    report(StepStarted(str(one), number, step))
    deploy.confirm()
    account = asker.account = Account()
    started = time.monotonic()
    if way.bound is None:
        run_step(connection, asker, str(one), step, finish)
    else:
        _run_back(connection, asker, str(one), deploy.migration(one.app, one.name), way.bound, step, finish)
    took = time.monotonic() - started
    report(StepDone(str(one), number, step, account.attempts, account.waited, account.blocked, account.rows, took))


def _run_back(
    connection: Connection,
    asker: Asker,
    name: str,
    migration: Migration,
    bound: BoundOperation,
    step: Step,
    finish: Callable[[], None],
) -> None:
    locks = probable_locks(bound.alone(migration), bound.state_before, connection)

    def body() -> None:
        with connection.SchemaEditorClass(connection, atomic=False) as editor:
            bound.run(editor)
        finish()

    if step.transactional:
        run_in_transaction(connection, asker, name, locks, body, changes_rows=True)
    else:
        run_in_autocommit(connection, asker, name, locks, body)


# Which way back


def _ways_back(deploy: Deploy, rows: Sequence[MigrationStep]) -> Iterator[WayBack]:
    bound: dict[str, BoundOperation] | None = None
    for row in rows:
        step = from_data(row.step)
        if not _has_happened(deploy.connection, row, step):
            continue
        if step.is_code:
            bound = _bound_back(deploy, row) if bound is None else bound
            back = bound.get(row.operation)
            if back is None:
                yield WayBack(row.pk, step, why_not="its author has given it no way back.")
            else:
                yield WayBack(row.pk, step, _opaque_back(step), back)
        elif step.undo is None and step.work not in _LEAVES_NOTHING:
            yield WayBack(row.pk, step, why_not=step.no_undo or "there is no short statement that takes it back.")
        else:
            yield from (WayBack(row.pk, step, first, ends=False) for first in step.undo_first)
            yield WayBack(row.pk, step, _step_back(deploy.connection, step) if step.undo else None)


# What they have read or filled in does no harm.
_LEAVES_NOTHING = {Work.SCAN, Work.ROWS}


def _has_happened(connection: Connection, row: MigrationStep, step: Step) -> bool:
    """Whether there is something to take back, also where the end came before the journal knew."""
    if row.done is not None:
        return True
    if row.started is None or step.transactional or step.goal is None or step.mark is None:
        return False
    if isinstance(step.goal, IndexPresent | IndexValid):  # built, or left behind half built
        return find_index(connection, step.goal.table, step.goal.name) is not None
    return reached(step.goal, connection)


def _step_back(connection: Connection, step: Step) -> Step:
    """The way back as a step that runs like any other."""
    assert step.undo
    goal: IndexAbsent | IndexValid | None = None
    work, mode = Work.CATALOG, LockMode.ACCESS_EXCLUSIVE
    if not step.transactional:
        mode = LockMode.SHARE_UPDATE_EXCLUSIVE
        if isinstance(step.goal, IndexPresent | IndexValid):
            work, goal = Work.INDEX_DROP, IndexAbsent(qualified(connection, step.goal.table, step.goal.name))
        elif isinstance(step.goal, IndexAbsent):
            table = step.locks[0].relation
            work, goal = Work.INDEX_BUILD, IndexValid(table, bare_name(connection, step.goal.name))
    return Step(
        description=f"Take back: {step.description}",
        sql=step.undo,
        locks=tuple(RelationLock(relation, mode) for relation in dict.fromkeys(lock.relation for lock in step.locks)),
        work=work,
        goal=goal,
        transactional=step.transactional,
    )


def _opaque_back(step: Step) -> Step:
    return Step(
        description=f"Take back: {step.description}",
        sql="",
        locks=(),
        work=Work.OPAQUE,
        transactional=step.transactional,
    )


def _bound_back(deploy: Deploy, row: MigrationStep) -> dict[str, BoundOperation]:
    """The operations of the migration the other way round, by their place in the file, as far as they have such a way."""
    migration = deploy.migration(row.app, row.name)
    binding = Binding(migration, deploy.state_before(migration), backwards=not row.backwards)
    return {bound.path: bound for bound in binding.reversible()}
