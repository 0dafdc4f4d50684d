"""What a run would do, in detail, without doing it."""

from __future__ import annotations

from dataclasses import dataclass, replace

from django.db import Error
from django.db.migrations import Migration
from django.db.migrations.state import ProjectState
from django.db.transaction import atomic
from django.utils import timezone

from django_safemigrate.catalog.goals import reached
from django_safemigrate.catalog.query import Connection
from django_safemigrate.catalog.relations import table_size
from django_safemigrate.compile.binding import Binding, BoundOperation, paths
from django_safemigrate.compile.operations import Compiler, opaque_step
from django_safemigrate.compile.tables import probable_locks
from django_safemigrate.decisions.planning import Planned
from django_safemigrate.values.errors import Refused, SafeMigrateError
from django_safemigrate.values.locks import RelationLock
from django_safemigrate.values.operations import runs_itself
from django_safemigrate.values.sizes import Size
from django_safemigrate.values.steps import Step, Work

from .backfill.overview import by_step
from .deploy import Deploy
from .plan import Plan
from .steps_journal import Entry, begun


@dataclass(frozen=True)
class StepPreview:
    """A step, and whether the catalog shows it as done already. ``conflict`` is why it could not run.

    For code that we cannot see into: ``sql``, what Django would run, and ``locks``, those that it probably takes.
    """

    step: Step
    done: bool = False
    conflict: str = ""
    sql: tuple[str, ...] = ()
    locks: tuple[RelationLock, ...] = ()


@dataclass(frozen=True)
class MigrationPreview:
    """``refused`` is why the migration has no safe way, in words. ``unknown``: its steps are known only later."""

    planned: Planned
    steps: tuple[StepPreview, ...] = ()
    refused: str = ""
    unknown: str = ""


@dataclass(frozen=True)
class Preview:
    """``sizes`` are those of the existing tables that steps lock, by quoted name."""

    plan: Plan
    migrations: tuple[MigrationPreview, ...]
    sizes: dict[str, Size]


def preview(deploy: Deploy, plan: Plan) -> Preview:
    """Compile every pending migration against the catalog as it is now; nothing is changed.

    Steps of later migrations are shown as they look before the earlier ones have run.
    """
    connection = deploy.connection
    if plan.new_database or connection.vendor != "postgresql":
        return Preview(plan, tuple(MigrationPreview(planned) for planned in plan.planned), {})
    state, new_tables = deploy.runner.applied_state(), set[str]()
    previews = []
    for planned in plan.planned:
        migration = planned.migration
        before = deploy.state_before(migration) if plan.backwards else state
        compiler = Compiler(migration, connection, deploy.allowances(migration, new_tables), plan.backwards)
        previews.append(preview_migration(compiler, planned, before))
        new_tables |= compiler.created
        if not plan.backwards:
            migration.mutate_state(state, preserve=False)
    tables = {lock.relation for one in previews for lock in _locks(one)}
    sizes = {table: size for table in sorted(tables) if (size := table_size(connection, table))}
    return Preview(plan, tuple(previews), sizes)


def _locks(preview: MigrationPreview) -> list[RelationLock]:
    return [lock for one in preview.steps for lock in (*one.locks, *one.step.locks)]


def preview_migration(compiler: Compiler, planned: Planned, state: ProjectState) -> MigrationPreview:
    """The steps of one migration, against the catalog as it is now. ``state`` is the state before it."""
    migration, connection = planned.migration, compiler.connection
    if runs_itself(migration, backwards=compiler.backwards):
        sql = _django_sql(connection, migration, state, backwards=compiler.backwards)
        step = opaque_step(None, "the migration says itself how it is applied", migration)
        return MigrationPreview(
            planned, (StepPreview(step, sql=sql, locks=probable_locks(migration, state, connection)),)
        )
    steps: list[StepPreview] = []
    journal = begun(connection, migration, backwards=compiler.backwards)
    passed = journal.has_passed(paths(migration, backwards=compiler.backwards)) if journal else set()
    try:
        for bound in Binding(migration, state, backwards=compiler.backwards):
            if journal and (journal.has_begun(bound.path) or bound.path in passed):
                compiler.skip(bound)
                steps += [_begun_step(connection, entry) for entry in journal.known(bound.path)]
                continue
            steps += [_preview_step(connection, step, bound, migration) for step in compiler.compile(bound)]
        steps += [_preview_step(connection, step, None, migration) for step in compiler.at_end()]
    except Refused as refused:
        if refused.certain:
            return MigrationPreview(planned, tuple(steps), refused=str(refused))
        return MigrationPreview(planned, tuple(steps), unknown=str(refused))
    except Exception as error:  # whatever an operation says that asks for what earlier ones have not made yet
        return MigrationPreview(planned, tuple(steps), unknown=str(error).strip())
    return MigrationPreview(planned, tuple(steps))


def _begun_step(connection: Connection, entry: Entry) -> StepPreview:
    """One of an operation that was begun; of a fill, how far it is."""
    backfill = by_step(connection, timezone.now()).get(entry.row) if entry.step.work is Work.ROWS else None
    if backfill is None or entry.done:
        return StepPreview(entry.step, entry.done)
    share = "" if backfill.share is None else f"{backfill.share:.0%} of the table passed, "
    begun = f"Begun: {share}{backfill.rows:,} rows changed."
    return StepPreview(replace(entry.step, remark=f"{entry.step.remark} {begun}".strip()))


def _preview_step(
    connection: Connection, step: Step, bound: BoundOperation | None, migration: Migration
) -> StepPreview:
    if step.is_code and bound is not None:
        alone = bound.alone(migration)
        sql = _django_sql(connection, alone, bound.state_before, backwards=bound.backwards)
        return StepPreview(step, sql=sql, locks=probable_locks(alone, bound.state_before, connection))
    try:
        return StepPreview(step, step.mark is not None and reached(step.mark, connection))
    except SafeMigrateError as error:
        return StepPreview(step, conflict=str(error))


def _django_sql(
    connection: Connection, migration: Migration, state: ProjectState, *, backwards: bool
) -> tuple[str, ...]:
    """What ``sqlmigrate`` says, from a transaction in which the server lets nobody write."""
    try:
        with atomic(using=connection.alias):
            with connection.cursor() as cursor:
                cursor.execute("SET TRANSACTION READ ONLY")
            with connection.schema_editor(collect_sql=True, atomic=False) as editor:
                run = migration.unapply if backwards else migration.apply
                run(state.clone(), editor, collect_sql=True)
            connection.set_rollback(True)
            return tuple(editor.collected_sql)
    except (Error, ValueError, LookupError) as error:
        return (f"-- The SQL is known only when the migrations before have run: {str(error).strip()}",)
