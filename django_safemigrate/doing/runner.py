"""Applies migrations: step by step where they compile, as a whole where they do not, each under the lock policy."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence

from django.db import Error
from django.db.migrations import Migration
from django.db.migrations.executor import MigrationExecutor
from django.db.migrations.operations import RunPython, RunSQL
from django.db.migrations.operations.base import Operation
from django.db.migrations.state import ProjectState
from django.db.transaction import atomic

from django_safemigrate.catalog.goals import reached
from django_safemigrate.catalog.query import Connection
from django_safemigrate.compile.editor import NotCompiled
from django_safemigrate.compile.operations import BoundOperation, bind, compile_migration, runs_itself
from django_safemigrate.compile.tables import probable_locks
from django_safemigrate.values.errors import DatabaseUnavailable, SafeMigrateError
from django_safemigrate.values.events import (
    MigrationDone,
    MigrationStarted,
    Report,
    StepDone,
    StepSkipped,
    StepStarted,
)
from django_safemigrate.values.steps import Step

from .asking import Asked, Asker
from .concurrently import run_concurrently
from .opaque import run_in_autocommit, run_in_transaction
from .sqlstate import INSUFFICIENT_PRIVILEGE, connection_lost, sqlstate
from .timeouts import set_local_timeouts


class Runner(MigrationExecutor):
    """Django's executor, with another way to apply a migration.

    ``asker`` is None where nobody can be waiting (a new database) or where locks are not our business (another vendor, an
    open transaction): then everything runs as Django's executor runs it.
    """

    def __init__(self, connection: Connection, report: Report) -> None:
        super().__init__(connection)
        self.report = report
        self.asker: Asker | None = None

    def applied_state(self) -> ProjectState:
        """The state that the applied migrations lead to."""
        state: ProjectState = self._create_project_state(with_applied_migrations=True)  # type: ignore[attr-defined]
        return state

    def apply_migration(
        self, state: ProjectState, migration: Migration, fake: bool = False, fake_initial: bool = False
    ) -> ProjectState:
        """Run a migration forwards; returns the state after it."""
        if fake_initial and not fake:
            fake, state = self.detect_soft_applied(state, migration)
        return self._timed(migration, fake, lambda: self._apply(state, migration, fake), backwards=False)

    def unapply_migration(self, state: ProjectState, migration: Migration, fake: bool = False) -> ProjectState:
        """Run a migration backwards; ``state`` is the state before it, and what is returned."""
        return self._timed(migration, fake, lambda: self._unapply(state, migration, fake), backwards=True)

    def _timed(
        self, migration: Migration, fake: bool, work: Callable[[], ProjectState], *, backwards: bool
    ) -> ProjectState:
        started = time.monotonic()
        try:
            state = work()
        except Error as error:
            raise failed(migration, error, backwards=backwards) from error
        self.report(MigrationDone(str(migration), time.monotonic() - started, backwards, fake))
        return state

    def _apply(self, state: ProjectState, migration: Migration, fake: bool) -> ProjectState:
        if fake or self.asker is None:
            self.report(MigrationStarted(str(migration), None))
            return super().apply_migration(state, migration, fake=fake)
        return self._run(self.asker, state, migration, backwards=False)

    def _unapply(self, state: ProjectState, migration: Migration, fake: bool) -> ProjectState:
        if fake or self.asker is None:
            self.report(MigrationStarted(str(migration), None, backwards=True))
            return super().unapply_migration(state, migration, fake=fake)
        self._run(self.asker, state, migration, backwards=True)
        return state

    # Under the lock policy

    def _run(self, asker: Asker, state: ProjectState, migration: Migration, *, backwards: bool) -> ProjectState:
        asker.observer.remember_pid()
        try:
            compiled = compile_migration(migration, state, self.connection, backwards=backwards)
        except NotCompiled:
            return self._run_whole(asker, state, migration, backwards=backwards)
        total = sum(len(steps) for _, steps in compiled)
        self.report(MigrationStarted(str(migration), total, backwards))
        number = 0
        for bound, _ in compiled:
            # Again, since the steps before may have changed what the catalog says.
            for step in bound.compile(self.connection):
                number += 1
                self._run_step(asker, str(migration), step, number, max(total, number))
        self._record(state, migration, backwards=backwards)
        return compiled[-1][0].to_state if compiled else state

    def _run_step(self, asker: Asker, migration: str, step: Step, number: int, total: int) -> None:
        if reached(step.goal, self.connection):
            self.report(StepSkipped(migration, number, total, step))
            return
        self.report(StepStarted(migration, number, total, step))
        started = time.monotonic()
        if step.transactional:
            _, asked = asker.run(migration, step.locks, lambda timeout: self._execute(asker, step, timeout))
        else:
            asked = run_concurrently(self.connection, asker, migration, step)
        took = time.monotonic() - started
        self.report(StepDone(migration, number, total, step, asked.attempts, asked.waited, took))

    def _execute(self, asker: Asker, step: Step, timeout: float) -> None:
        with atomic(using=self.connection.alias):
            set_local_timeouts(self.connection, lock=timeout, deadlock=asker.deadlock_timeout)
            with self.connection.cursor() as cursor:
                cursor.execute(step.sql, None)

    def _run_whole(self, asker: Asker, state: ProjectState, migration: Migration, *, backwards: bool) -> ProjectState:
        """As Django runs it: in one transaction if the migration is atomic, else operation by operation."""
        self.report(MigrationStarted(str(migration), None, backwards))
        if not migration.atomic and not runs_itself(migration, backwards=backwards):
            return self._run_operations(asker, state, migration, backwards=backwards)
        locks = probable_locks(migration, state, self.connection)

        def body() -> ProjectState:
            own_state = state.clone()
            with self.connection.schema_editor(atomic=migration.atomic) as editor:
                run = migration.unapply if backwards else migration.apply
                after = run(own_state, editor)
            if migration.atomic:
                self._record(state, migration, backwards=backwards)
            return after

        if migration.atomic:
            result, _ = run_in_transaction(
                self.connection,
                asker,
                str(migration),
                locks,
                body,
                changes_rows=_changes_rows(migration.operations),
            )
        else:
            result = run_in_autocommit(self.connection, asker, str(migration), locks, body)
            self._record(state, migration, backwards=backwards)
        return result

    def _run_operations(
        self, asker: Asker, state: ProjectState, migration: Migration, *, backwards: bool
    ) -> ProjectState:
        """A migration with ``atomic = False``: its operations stand alone anyway, so those with steps run as steps."""
        after = state
        for bound in bind(migration, state, backwards=backwards):
            try:
                steps = bound.compile(self.connection)
            except NotCompiled:
                self._run_operation(asker, migration, bound)
            else:
                for number, step in enumerate(steps, 1):
                    self._run_step(asker, str(migration), step, number, len(steps))
            after = bound.to_state
        self._record(state, migration, backwards=backwards)
        return after

    def _run_operation(self, asker: Asker, migration: Migration, bound: BoundOperation) -> None:
        locks = probable_locks(bound.alone(migration), bound.state_before, self.connection)

        def body() -> None:
            with self.connection.schema_editor(atomic=False) as editor:
                operation = bound.operation
                run = operation.database_backwards if bound.backwards else operation.database_forwards
                run(bound.app_label, editor, bound.from_state, bound.to_state)

        if bound.operation.atomic:
            run_in_transaction(
                self.connection,
                asker,
                str(migration),
                locks,
                body,
                changes_rows=_changes_rows([bound.operation]),
            )
        else:
            run_in_autocommit(self.connection, asker, str(migration), locks, body)

    def _record(self, state: ProjectState, migration: Migration, *, backwards: bool) -> None:
        """Django's own bookkeeping, squashed migrations included, without running anything."""
        if backwards:
            super().unapply_migration(state, migration, fake=True)
        else:
            super().apply_migration(state, migration, fake=True)


def _changes_rows(operations: Sequence[Operation]) -> bool:
    """Whether other things than Django's schema operations are among them."""
    return any(
        isinstance(operation, RunPython | RunSQL) or not type(operation).__module__.startswith("django.")
        for operation in operations
    )


def failed(migration: Migration, error: Error, *, backwards: bool) -> SafeMigrateError:
    """The error for people, of a database error in a migration."""
    doing = "undone" if backwards else "applied"
    fact = f"{migration} could not be {doing}: {str(error).strip()}"
    if sqlstate(error) == INSUFFICIENT_PRIVILEGE:
        return DatabaseUnavailable(
            fact, "The role of this connection may not do that.", "Grant it, and run the same command again."
        )
    if connection_lost(error):
        return SafeMigrateError(
            fact,
            "The connection to the server was lost.",
            "Run the same command again: it goes on from what the database shows as done.",
        )
    return SafeMigrateError(
        fact,
        f"The server refused it (SQLSTATE {sqlstate(error)}). What earlier migrations and steps did stays done; this step "
        "left nothing behind.",
        "Correct the migration or the data, and run the same command again.",
    )


__all__ = ["Asked", "Runner", "failed"]
