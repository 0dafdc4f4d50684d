"""A phase of a deploy on a scratch database, with what is to be done between its steps."""

from __future__ import annotations

import threading
from collections.abc import Callable, Collection
from dataclasses import replace
from typing import Any

from django.core.management.base import CommandError
from django.db import Error
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.migrations.exceptions import IrreversibleError

from django_safemigrate.decisions.assigning import as_declared
from django_safemigrate.decisions.planning import Planned, Status
from django_safemigrate.doing.deploy import Deploy
from django_safemigrate.doing.plan import Plan
from django_safemigrate.doing.runner import Runner
from django_safemigrate.values.errors import OffendingRows, Refused
from django_safemigrate.values.events import Event, MigrationDone, MigrationStarted, StepDone, StepStarted
from django_safemigrate.values.limits import SmallTable
from django_safemigrate.values.phases import Phase
from django_safemigrate.values.settings import Settings, read_settings
from django_safemigrate.values.steps import Step, Work

from .failures import Failure, Findings
from .listed import Key, StockExecutor
from .options import Options
from .rehearsal import Rehearsal
from .release import Release
from .watch import Watch, is_work

SIGNALS = {"verbosity": 0, "interactive": False, "stdout": None}


class Stop(Exception):
    """A failure after which the rest says nothing."""


class NotUndone(Exception):
    """A migration was not undone. ``reason``: why that says nothing against it; empty where it may."""

    def __init__(self, error: Exception) -> None:
        self.reason = ""
        if isinstance(error, IrreversibleError):
            self.reason = "it is irreversible"
        elif isinstance(error, OffendingRows):
            self.reason = "the new code has written what the old one cannot have"
        elif isinstance(error, Refused):
            self.reason = "there is no way back that nobody notices"
        super().__init__(str(error))


class Phases:
    """Runs the phases of a release as the command does, and says in ``findings.position`` how far it is.

    ``between`` is called after every step, outside of a transaction, with the tables that it has changed (None: who knows).
    ``watch`` is told what begins and ends. ``reached`` is set as soon as a phase begins to do something to tables.
    """

    def __init__(
        self,
        release: Release,
        options: Options,
        findings: Findings,
        report: Rehearsal,
        between: Callable[[frozenset[str] | None], None],
        watch: Watch | None = None,
    ) -> None:
        self.release, self.options, self.findings, self.report = release, options, findings, report
        self._between, self._watch = between, watch
        self.reached = threading.Event()
        self._stepped = False
        self._running = Phase.BEFORE_DEPLOY
        # The migrations that each phase has run, whoever has said that they belong there.
        self.ran: dict[Phase, set[Key]] = {phase: set() for phase in Phase}

    def run(self, connection: BaseDatabaseWrapper, phase: Phase, *, back: bool = False) -> None:
        """A phase; ``back``: undo what it has run. Raises ``Stop`` and ``NotUndone``."""
        self._running = phase
        try:
            with connection.execute_wrapper(self._reaching):
                if self.release.by_stock:
                    self._by_stock(connection)
                else:
                    self._safemigrate(connection, phase, self.ran[phase] if back else None)
        except (CommandError, Error, IrreversibleError) as error:
            self._ends(done=False)
            if back:
                raise NotUndone(error) from error
            self.failed(error)
            raise Stop from error

    def _reaching(self, execute: Callable[..., Any], sql: str, params: Any, many: bool, context: Any) -> Any:
        if not self.reached.is_set() and is_work(str(sql)):
            self.reached.set()
        return execute(sql, params, many, context)

    def _begins(self, migration: str, step: Step | None = None) -> None:
        if self._watch is not None:
            self._watch.begins(migration, step)

    def _ends(self, event: StepDone | None = None, *, done: bool = True) -> None:
        """What was begun is over; what it has not kept of its promises is a finding."""
        record = self._watch.ends(event, done=done) if self._watch is not None else None
        for table, what in record.broken_promises() if record is not None else ():
            self.findings.add(Failure(what, model=table))

    def failed(self, error: Exception) -> None:
        self.findings.add(Failure("A migration was refused, or failed.", message=str(error)))

    def _by_stock(self, connection: BaseDatabaseWrapper) -> None:
        def progress(action: str, migration: Any = None, fake: bool = False) -> None:
            if action == "apply_start":
                self.findings.position.migration = str(migration)
                self._begins(str(migration))
            elif action == "apply_success":
                self._ends()
                self.report.migrations.append(str(migration))
                self._between(None)

        StockExecutor(connection, self.release.stock_loader(connection), progress).go_to(self.release.end)

    def _safemigrate(self, connection: BaseDatabaseWrapper, phase: Phase, undo: Collection[Key] | None) -> None:
        """As the command does; ``undo`` are migrations to undo."""
        runner = Runner(connection, self._listen, self.release.loader(connection))
        deploy = Deploy(connection, phase, self._settings(), self._listen, runner=runner)
        plan = deploy.look(None, None) if undo is None else _undoing(runner, undo)
        with deploy.turn():
            deploy.check(plan)
            deploy.act(plan, fake=False, fake_initial=False, signals=SIGNALS)

    def _settings(self) -> Settings:
        """The project's, as if every table were large and in use."""
        settings = read_settings(allow_unsafe=self.options.allow_unsafe)
        small = settings.small_table if self.options.small_tables else SmallTable(rows=0)
        return replace(settings, small_table=small, max_wait=self.options.max_wait, release="")

    def _listen(self, event: Event) -> None:
        """Called by the runner, between steps outside of a transaction."""
        at = self.findings.position
        if isinstance(event, MigrationStarted):
            at.migration, at.step, at.step_sql = event.name, "", ""
            self._stepped = False
            self._begins(event.name)
        elif isinstance(event, StepStarted):
            at.step, at.step_sql = event.step.description, event.step.sql
            self.reached.set()
            self._begins(event.migration, event.step)
        elif isinstance(event, StepDone):
            self._ends(event)
            self.report.steps.append(event.step.description)
            self._stepped = True
            if self.options.each_step:
                self._between(_tables(event.step))
        elif isinstance(event, MigrationDone):
            self.report.migrations.append(event.name)
            if not event.backwards:
                app_label, _, name = event.name.partition(".")
                self.ran[self._running].add((app_label, name))
            if not self._stepped:
                self._ends()
                if self.options.each_step:
                    self._between(None)


def _tables(step: Step) -> frozenset[str] | None:
    """The tables that a step has changed; None: who knows. Nothing changes a table without a lock on it."""
    if step.work is Work.OPAQUE or not step.locks:
        return None
    return frozenset(one.relation.split(".")[-1].strip('"') for one in step.locks)


def _undoing(runner: Runner, keys: Collection[Key]) -> Plan:
    """A plan to undo these migrations and no others, which no target names where histories branch."""
    graph = runner.loader.graph
    order = dict.fromkeys(key for leaf in graph.leaf_nodes() for key in graph.forwards_plan(leaf))
    migrations = [graph.nodes[key] for key in reversed(order) if key in keys]
    planned = [Planned(one, Status.READY, "is undone", as_declared(one)) for one in migrations]
    return Plan(tuple(planned), (), backwards=True, new_database=False)
