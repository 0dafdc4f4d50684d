"""What a run would do, in detail, without doing it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from django.db import Error
from django.db.migrations import Migration
from django.db.migrations.operations.base import Operation
from django.db.migrations.state import ProjectState
from django.db.transaction import atomic
from django.utils import timezone

from django_safemigrate.catalog.goals import reached
from django_safemigrate.catalog.query import Connection
from django_safemigrate.catalog.relations import table_size
from django_safemigrate.compile.binding import Binding, BoundOperation, paths
from django_safemigrate.compile.operations import Compiler, opaque_step
from django_safemigrate.compile.tables import probable_locks
from django_safemigrate.decisions.explaining import Circumstances, Explanation, explain
from django_safemigrate.decisions.lock_policy import policy_of
from django_safemigrate.decisions.planning import Planned
from django_safemigrate.operations.online import (
    AlterFieldOnline,
    FinishAlterField,
    FinishRenameField,
    RenameFieldOnline,
)
from django_safemigrate.values.errors import Refused, SafeMigrateError
from django_safemigrate.values.locks import RelationLock
from django_safemigrate.values.operations import runs_itself
from django_safemigrate.values.steps import Step, Work

from .backfill.overview import by_step
from .deploy import Deploy
from .plan import Plan
from .steps_journal import Entry, begun


@dataclass(frozen=True)
class StepPreview:
    """A step, and whether the catalog shows it as done already. ``conflict`` is why it could not run.

    For code that we cannot see into: ``sql``, what Django would run, ``locks``, those that it probably takes, and
    ``has_reverse``, whether its author has given it a way back.
    """

    step: Step
    done: bool = False
    conflict: str = ""
    sql: tuple[str, ...] = ()
    locks: tuple[RelationLock, ...] = ()
    has_reverse: bool = False

    def explained(self, met: Circumstances) -> Explanation:
        """In words: whom it could make wait, and whether it can be undone."""
        return explain(self.step, met, done=self.done, probable=self.locks, has_reverse=self.has_reverse)


@dataclass(frozen=True)
class MigrationPreview:
    """``refused`` is why the migration has no safe way, in words. ``unknown``: its steps are known only later."""

    planned: Planned
    steps: tuple[StepPreview, ...] = ()
    refused: str = ""
    unknown: str = ""


@dataclass(frozen=True)
class Preview:
    """``met``: what the steps meet, with the sizes of the existing tables that they lock."""

    plan: Plan
    migrations: tuple[MigrationPreview, ...]
    met: Circumstances = field(default_factory=Circumstances)


def preview(deploy: Deploy, plan: Plan) -> Preview:
    """Compile every pending migration against the catalog as it is now; nothing is changed.

    Steps of later migrations are shown as they look before the earlier ones have run.
    """
    connection = deploy.connection
    if plan.new_database or connection.vendor != "postgresql":
        return Preview(plan, tuple(MigrationPreview(planned) for planned in plan.planned))
    state, new_tables = deploy.runner.applied_state(), set[str]()
    previews: list[MigrationPreview] = []
    for planned in plan.planned:
        migration = planned.migration
        before = deploy.state_before(migration) if plan.backwards else state
        compiler = Compiler(migration, connection, deploy.allowances(migration, new_tables), plan.backwards)
        one = preview_migration(compiler, planned, before)
        previews.append(one if plan.backwards else _with_what_is_left_to_finish(one, previews))
        new_tables |= compiler.created
        if not plan.backwards:
            migration.mutate_state(state, preserve=False)
    tables = {lock.relation for one in previews for lock in _locks(one)}
    sizes = {table: size for table in sorted(tables) if (size := table_size(connection, table))}
    settings = deploy.settings
    met = Circumstances(sizes, frozenset(new_tables), policy_of(settings), settings.batch_target)
    return Preview(plan, tuple(previews), met)


def _with_what_is_left_to_finish(one: MigrationPreview, before: Sequence[MigrationPreview]) -> MigrationPreview:
    """The old column that a change will leave is not there yet, so that nothing is seen that could be dropped."""
    changed = {_field_of(operation) for earlier in before for operation in earlier.planned.migration.operations}
    left = [
        f"{operation.describe()} (if there is one then)"
        for operation in one.planned.migration.operations
        if isinstance(operation, FinishAlterField | FinishRenameField)
        and any(field is not None and operation.is_about(*field) for field in changed)
    ]
    return replace(one, unknown="; ".join(filter(None, (*left, one.unknown)))) if left and not one.refused else one


def _field_of(operation: Operation) -> tuple[str, str] | None:
    """Of one that leaves an old column: its model and its field."""
    if isinstance(operation, RenameFieldOnline):
        return operation.model_name, operation.new_name
    return (operation.model_name, operation.name) if isinstance(operation, AlterFieldOnline) else None


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
                steps += [_begun_step(connection, entry, bound) for entry in journal.known(bound.path)]
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


def _begun_step(connection: Connection, entry: Entry, bound: BoundOperation) -> StepPreview:
    """One of an operation that was begun; of a fill, how far it is."""
    backfill = by_step(connection, timezone.now()).get(entry.row) if entry.step.work is Work.ROWS else None
    if backfill is None or entry.done:
        return StepPreview(entry.step, entry.done, has_reverse=_has_reverse(bound))
    share = "" if backfill.share is None else f"{backfill.share:.0%} of the table passed, "
    begun = f"Begun: {share}{backfill.rows:,} rows changed."
    return StepPreview(replace(entry.step, remark=f"{entry.step.remark} {begun}".strip()))


def _has_reverse(bound: BoundOperation) -> bool:
    """What is undone has a way forwards."""
    return bound.backwards or bound.operation.reversible


def _preview_step(
    connection: Connection, step: Step, bound: BoundOperation | None, migration: Migration
) -> StepPreview:
    if step.is_code and bound is not None:
        alone = bound.alone(migration)
        sql = _django_sql(connection, alone, bound.state_before, backwards=bound.backwards)
        locks = probable_locks(alone, bound.state_before, connection)
        return StepPreview(step, sql=sql, locks=locks, has_reverse=_has_reverse(bound))
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
