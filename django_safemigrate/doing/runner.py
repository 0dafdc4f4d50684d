"""Applies migrations: step by step where they compile, as a whole where they do not, each under the lock policy."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable, Iterator, Sequence

from django.db import Error
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.migrations import Migration
from django.db.migrations.executor import MigrationExecutor
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.recorder import MigrationRecorder
from django.db.migrations.state import ProjectState
from django.db.transaction import atomic

from django_safemigrate.catalog.goals import reached
from django_safemigrate.catalog.query import Connection
from django_safemigrate.compile.binding import Binding, BoundOperation, paths
from django_safemigrate.compile.operations import Compiler, opaque_step
from django_safemigrate.compile.situation import Allowances
from django_safemigrate.compile.tables import probable_locks
from django_safemigrate.values.errors import DatabaseUnavailable, SafeMigrateError
from django_safemigrate.values.events import (
    LeftToWorkers,
    MigrationDone,
    MigrationStarted,
    MigrationWaits,
    Report,
    StepDone,
    StepSkipped,
    StepStarted,
)
from django_safemigrate.values.limits import SmallTable
from django_safemigrate.values.operations import is_django, runs_itself
from django_safemigrate.values.own_app import OWN_APP
from django_safemigrate.values.steps import Work

from .asking import Account, Asker
from .backfill.code import bound_code
from .backfill.meanwhile import is_for_rows_that_are_there
from .backfill.run import Filling, registered, run_fill
from .lease import Lease
from .offenders import refuse_offenders
from .opaque import run_in_autocommit, run_in_transaction
from .replay import ReplayGuard
from .sqlstate import INSUFFICIENT_PRIVILEGE, connection_lost, sqlstate
from .step_runner import run_step
from .steps_journal import Entry, StepsJournal
from .words import words

# Where in the journal the steps stand that belong to no single operation.
AT_END = "end"
WHOLE = "whole"


class _Left(Exception):
    """A fill is left to workers, and with it the rest of its migration."""

    def __init__(self, event: LeftToWorkers) -> None:
        super().__init__(event.name)
        self.event = event


class Runner(MigrationExecutor):
    """Django's executor, with another way to apply a migration.

    ``asker`` is None where nobody can be waiting (a new database) or where locks are not our business (another vendor, an
    open transaction): then everything runs as Django's executor runs it. ``loader``: other migrations than the project's.
    """

    def __init__(self, connection: Connection, report: Report, loader: MigrationLoader | None = None) -> None:
        if loader is None:
            super().__init__(connection)
        else:  # Django's executor would load the project's
            self.connection, self.loader, self.progress_callback = connection, loader, None
            self.recorder = MigrationRecorder(connection)
        self.report = report
        self.asker: Asker | None = None
        self.small_table = SmallTable()
        self.allow_unsafe: Callable[[Migration], bool] = lambda migration: False
        self.new_tables: set[str] = set()
        # Whether what runs as Django runs it is recorded in its own transaction, and not after it.
        self.records_at_once = False
        self.lease: Lease | None = None
        self.replay: ReplayGuard | None = None
        self.run_number: int | None = None  # in the journal
        self.filling = Filling()
        # Migrations that are not done, because they or one before them wait for a backfill of workers: for which one.
        self.waiting: dict[tuple[str, str], str] = {}
        self._number = 0  # of the step in its migration

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
        if not fake and self._depends_on_waiting(migration):
            return state
        try:
            return self._timed(migration, fake, lambda: self._apply(state, migration, fake), backwards=False)
        except _Left as left:
            self.waiting[migration.app_label, migration.name] = left.event.name
            self.report(left.event)
            return state

    def _depends_on_waiting(self, migration: Migration) -> bool:
        key = (migration.app_label, migration.name)
        for parent in self.loader.graph.node_map[key].parents if self.waiting else ():
            if parent.key in self.waiting:
                self.waiting[key] = self.waiting[parent.key]
                self.report(MigrationWaits(str(migration), ".".join(parent.key)))
                return True
        return False

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
            if self.lease is not None and self.lease.lost:
                raise self.lease.taken_over() from error
            raise failed(migration, error, backwards=backwards) from error
        self.report(MigrationDone(str(migration), time.monotonic() - started, backwards, fake))
        return state

    def _apply(self, state: ProjectState, migration: Migration, fake: bool) -> ProjectState:
        if fake or self.asker is None or migration.app_label == OWN_APP:
            self.report(MigrationStarted(str(migration)))
            with self._recording_at_once(migration):
                return super().apply_migration(state, migration, fake=fake)
        return self._run(self.asker, state, migration, backwards=False)

    def _unapply(self, state: ProjectState, migration: Migration, fake: bool) -> ProjectState:
        if fake or self.asker is None or migration.app_label == OWN_APP:
            self.report(MigrationStarted(str(migration), backwards=True))
            with self._recording_at_once(migration):
                return super().unapply_migration(state, migration, fake=fake)
        self._run(self.asker, state, migration, backwards=True)
        return state

    def _recording_at_once(self, migration: Migration) -> contextlib.AbstractContextManager[None]:
        """Django's executor records a migration with deferred statements (indexes, keys) only after its transaction.

        Killed in between, it could not be run again.
        """
        if self.records_at_once and migration.atomic:
            return atomic(using=self.connection.alias)
        return contextlib.nullcontext()

    # Under the lock policy

    def _run(self, asker: Asker, state: ProjectState, migration: Migration, *, backwards: bool) -> ProjectState:
        asker.observer.remember_pid()
        if runs_itself(migration, backwards=backwards):
            return self._run_whole(asker, state, migration, backwards=backwards)
        self.report(MigrationStarted(str(migration), backwards))
        self._number = 0
        journal = StepsJournal(self.connection, migration, backwards=backwards)
        allowances = Allowances(self.small_table, self.allow_unsafe(migration), self.new_tables)
        compiler = Compiler(migration, self.connection, allowances, backwards)
        passed = journal.has_passed([*paths(migration, backwards=backwards), AT_END])
        binding = Binding(migration, state, backwards=backwards, used_up=not backwards)
        for bound in binding:
            if journal.has_begun(bound.path):
                compiler.skip(bound)
                self._run_steps(asker, migration, journal, journal.entries(bound.path, words(bound)), bound)
            elif bound.path in passed:
                compiler.skip(bound)
            else:
                steps = compiler.compile(bound)
                self._run_steps(asker, migration, journal, journal.begin(bound.path, words(bound), steps), bound)
            self.new_tables |= compiler.created
        kept = (
            journal.entries(AT_END, AT_END)
            if journal.has_begun(AT_END)
            else journal.begin(AT_END, AT_END, compiler.at_end())
        )
        self._run_steps(asker, migration, journal, kept, None)
        self._close(journal, state, migration, backwards=backwards)
        return binding.after

    def _close(self, journal: StepsJournal, state: ProjectState, migration: Migration, *, backwards: bool) -> None:
        with atomic(using=self.connection.alias):
            self._confirm()
            self._record(state, migration, backwards=backwards)
            journal.close()

    def _run_steps(
        self,
        asker: Asker,
        migration: Migration,
        journal: StepsJournal,
        entries: Sequence[Entry],
        bound: BoundOperation | None,
    ) -> None:
        for entry in entries:
            step = entry.step
            self._number += 1
            number = self._number
            if entry.done or (step.mark is not None and reached(step.mark, self.connection)):
                self.report(StepSkipped(str(migration), number, step))
                if not entry.done:
                    journal.done(entry)
                continue
            if bound is not None and step.work is Work.ROWS:
                self._leave_to_workers(migration, entry, bound)
            refuse_offenders(self.connection, str(migration), step)
            if self.replay is not None:
                self.replay.before(str(migration), step, self.new_tables)
            self.report(StepStarted(str(migration), number, step))
            started = time.monotonic()
            with self._accounted(asker, journal, entry) as account:
                self._run_step(asker, migration, journal, entry, bound)
            took = time.monotonic() - started
            if self.replay is not None:
                self.replay.after(step, self.new_tables)
            self.report(
                StepDone(
                    str(migration), number, step, account.attempts, account.waited, account.blocked, account.rows, took
                )
            )

    def _leave_to_workers(self, migration: Migration, entry: Entry, bound: BoundOperation) -> None:
        """Raises ``_Left`` as long as a fill in the background is not done."""
        if not bound.backwards and getattr(bound.operation, "background", False):
            stay = self._new_rows_stay(migration, bound)
            backfill, control = registered(self.connection, entry, str(migration), background=True, new_rows_stay=stay)
            if not control.over:
                counts = (control.scanned, control.estimate, control.rows)
                raise _Left(LeftToWorkers(str(migration), backfill.name, *counts, control.reason))

    def _new_rows_stay(self, migration: Migration, bound: BoundOperation) -> bool:
        """Whether old code may go on adding rows that such a fill is for: they are for the phase after deploy."""
        return self.filling.before_deploy and not bound.backwards and is_for_rows_that_are_there(migration, bound)

    @contextlib.contextmanager
    def _accounted(self, asker: Asker, journal: StepsJournal, entry: Entry) -> Iterator[Account]:
        """A step with its beginning, its costs and its error in the journal. Raises ``LeaseLost``."""
        self._confirm()
        journal.started(entry, self.run_number)
        account = asker.account = Account()
        try:
            yield account
        except Exception as error:
            journal.cost(entry, account, error)
            raise
        journal.cost(entry, account)

    def _confirm(self) -> None:
        if self.lease is not None:
            self.lease.confirm()

    def _done(self, journal: StepsJournal, entry: Entry) -> None:
        """In the transaction of the step, where it has one. Raises ``LeaseLost``."""
        self._confirm()
        journal.done(entry)

    def _run_step(
        self,
        asker: Asker,
        migration: Migration,
        journal: StepsJournal,
        entry: Entry,
        bound: BoundOperation | None,
    ) -> None:
        if bound is not None and entry.step.is_code:
            self._run_opaque(asker, migration, journal, entry, bound)
        elif entry.step.work is Work.ROWS:
            code = bound_code(bound) if bound is not None and not entry.step.sql else None
            run_fill(
                self.connection,
                asker,
                str(migration),
                entry,
                self.filling,
                code=code,
                lease=self.lease,
                new_rows_stay=bound is not None and self._new_rows_stay(migration, bound),
            )
            self._done(journal, entry)
        else:
            run_step(self.connection, asker, str(migration), entry.step, lambda: self._done(journal, entry))

    def _run_opaque(
        self, asker: Asker, migration: Migration, journal: StepsJournal, entry: Entry, bound: BoundOperation
    ) -> None:
        locks = probable_locks(bound.alone(migration), bound.state_before, self.connection)

        def body() -> None:
            with self._djangos_editor() as editor:
                bound.run(editor)
            if entry.step.transactional:
                self._done(journal, entry)

        if entry.step.transactional:
            changes_rows = not is_django(bound.operation)
            run_in_transaction(self.connection, asker, str(migration), locks, body, changes_rows=changes_rows)
        else:
            run_in_autocommit(self.connection, asker, str(migration), locks, body)
            self._done(journal, entry)

    def _djangos_editor(self, *, atomic: bool = False) -> BaseDatabaseSchemaEditor:
        """One that executes at once, whichever ENGINE is in use: the lock policy is ours already."""
        return self.connection.SchemaEditorClass(self.connection, atomic=atomic)

    def _run_whole(self, asker: Asker, state: ProjectState, migration: Migration, *, backwards: bool) -> ProjectState:
        """A migration that overrides ``apply``: in one transaction if it is atomic."""
        self.report(MigrationStarted(str(migration), backwards))
        locks = probable_locks(migration, state, self.connection)
        journal = StepsJournal(self.connection, migration, backwards=backwards)
        step = opaque_step(None, "the migration says itself how it is applied", migration)
        [entry] = journal.entries(WHOLE, WHOLE) if journal.has_begun(WHOLE) else journal.begin(WHOLE, WHOLE, [step])

        if entry.done:  # killed before it was recorded
            self._close(journal, state, migration, backwards=backwards)
            return state if backwards else migration.mutate_state(state)

        def body() -> ProjectState:
            own_state = state.clone()
            with self._djangos_editor(atomic=migration.atomic) as editor:
                run = migration.unapply if backwards else migration.apply
                after = run(own_state, editor)
            self._done(journal, entry)
            if migration.atomic:
                self._close(journal, state, migration, backwards=backwards)
            return after

        with self._accounted(asker, journal, entry):
            if migration.atomic:
                return run_in_transaction(self.connection, asker, str(migration), locks, body, changes_rows=True)
            after = run_in_autocommit(self.connection, asker, str(migration), locks, body)
        self._close(journal, state, migration, backwards=backwards)
        return after

    def _record(self, state: ProjectState, migration: Migration, *, backwards: bool) -> None:
        """Django's own bookkeeping, squashed migrations included, without running anything."""
        if backwards:
            super().unapply_migration(state, migration, fake=True)
        else:
            super().apply_migration(state, migration, fake=True)


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
