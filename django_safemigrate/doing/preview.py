"""What a run would do, in detail, without doing it."""

from __future__ import annotations

from dataclasses import dataclass

from django.db import Error
from django.db.migrations import Migration
from django.db.migrations.state import ProjectState
from django.db.transaction import atomic

from django_safemigrate.catalog.goals import reached
from django_safemigrate.catalog.query import Connection
from django_safemigrate.catalog.relations import Size, table_size
from django_safemigrate.compile.editor import NotCompiled
from django_safemigrate.compile.operations import bind, compile_migration, runs_itself
from django_safemigrate.compile.tables import probable_locks
from django_safemigrate.decisions.planning import Planned
from django_safemigrate.values.errors import SafeMigrateError
from django_safemigrate.values.locks import RelationLock
from django_safemigrate.values.steps import Step

from .deploy import Deploy, Plan


@dataclass(frozen=True)
class StepPreview:
    """A step, and whether the catalog shows it as done already. ``conflict`` is why it could not run."""

    step: Step
    done: bool
    conflict: str = ""


@dataclass(frozen=True)
class MigrationPreview:
    """``steps`` where the migration compiles; else ``whole``: ``sql``, what Django would run, and ``why``.

    A migration with ``atomic = False`` may have both: ``sql`` is that of the operations without steps.
    """

    planned: Planned
    steps: tuple[StepPreview, ...] = ()
    whole: bool = False
    why: str = ""
    sql: tuple[str, ...] = ()
    locks: tuple[RelationLock, ...] = ()


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
    state = deploy.runner.applied_state()
    previews = []
    for planned in plan.planned:
        before = _state_before(deploy, planned.migration) if plan.backwards else state
        previews.append(_preview_migration(connection, planned, before, backwards=plan.backwards))
        if not plan.backwards:
            planned.migration.mutate_state(state, preserve=False)
    tables = {lock.relation for one in previews for lock in _locks(one)}
    sizes = {table: size for table in sorted(tables) if (size := table_size(connection, table))}
    return Preview(plan, tuple(previews), sizes)


def _locks(preview: MigrationPreview) -> list[RelationLock]:
    return [*preview.locks, *(lock for one in preview.steps for lock in one.step.locks)]


def _state_before(deploy: Deploy, migration: Migration) -> ProjectState:
    return deploy.runner.loader.project_state((migration.app_label, migration.name), at_end=False)


def _preview_migration(
    connection: Connection, planned: Planned, state: ProjectState, *, backwards: bool
) -> MigrationPreview:
    migration = planned.migration
    try:
        compiled = compile_migration(migration, state, connection, backwards=backwards)
    except NotCompiled as reason:
        if not migration.atomic and not runs_itself(migration, backwards=backwards):
            return _preview_operations(connection, planned, state, str(reason), backwards=backwards)
        return MigrationPreview(
            planned,
            whole=True,
            why=str(reason),
            sql=_django_sql(connection, migration, state, backwards=backwards),
            locks=probable_locks(migration, state, connection),
        )
    steps = tuple(_preview_step(connection, step) for _, steps in compiled for step in steps)
    return MigrationPreview(planned, steps)


def _preview_operations(
    connection: Connection, planned: Planned, state: ProjectState, why: str, *, backwards: bool
) -> MigrationPreview:
    """Without a transaction the operations stand alone: some have steps, the others are Django's."""
    steps: list[StepPreview] = []
    sql: list[str] = []
    locks: dict[RelationLock, None] = {}
    for bound in bind(planned.migration, state, backwards=backwards):
        try:
            steps += [_preview_step(connection, step) for step in bound.compile(connection)]
        except NotCompiled:
            alone = bound.alone(planned.migration)
            sql += _django_sql(connection, alone, bound.state_before, backwards=backwards)
            locks |= dict.fromkeys(probable_locks(alone, bound.state_before, connection))
    return MigrationPreview(planned, tuple(steps), whole=True, why=why, sql=tuple(sql), locks=tuple(locks))


def _preview_step(connection: Connection, step: Step) -> StepPreview:
    try:
        return StepPreview(step, reached(step.goal, connection))
    except SafeMigrateError as error:
        return StepPreview(step, done=False, conflict=str(error))


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
