"""The check of one release: both versions at work, step by step, from the old schema to the new one and back."""

from __future__ import annotations

import contextlib
import copy
import itertools
import time
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any

from django.core.management.base import CommandError
from django.db import Error
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.migrations.exceptions import IrreversibleError

from django_safemigrate.decisions.planning import Planned, Status
from django_safemigrate.doing.deploy import Deploy
from django_safemigrate.doing.plan import Plan
from django_safemigrate.doing.runner import Runner
from django_safemigrate.values.errors import OffendingRows
from django_safemigrate.values.events import Event, MigrationDone, MigrationStarted, StepDone, StepStarted
from django_safemigrate.values.limits import SmallTable
from django_safemigrate.values.phases import Phase, declared
from django_safemigrate.values.settings import Settings, read_settings
from django_safemigrate.values.steps import Step, Work

from .exercise import Exercise, Left, empty_left
from .failures import CannotRehearse, Failure, Findings, Position, StockCannot, ZeroDowntimeError
from .ledger import Ledger
from .lineage import lineages
from .listed import Key, ListedLoader, StockExecutor
from .options import Options
from .reading import differences, link_differences
from .release import Release
from .schema import Schema, schema_differences, schema_of
from .scratch import Scratch, Worker
from .traffic import Traffic
from .version import Factories, Version
from .watching import Queries

SIGNALS = {"verbosity": 0, "interactive": False, "stdout": None}


@dataclass
class Rehearsal:
    """What a check has done. ``str`` is for people. ``said`` are remarks, on what was skipped and why."""

    title: str
    steps: list[str] = field(default_factory=list)
    migrations: list[str] = field(default_factory=list)
    exercises: int = 0
    queries: int = 0
    traffic: int = 0
    slowest: float = 0.0
    rows: int = 0
    took: float = 0.0
    said: list[str] = field(default_factory=list)

    def __str__(self) -> str:
        lines = [
            f"{self.title}: {len(self.migrations)} migrations in {len(self.steps)} steps; the versions were exercised "
            f"{self.exercises} times ({self.queries} queries), beside {self.traffic} queries of traffic, the slowest of "
            f"{self.slowest * 1000:.0f} ms; {self.rows} writes in the ledger; {self.took:.1f} s."
        ]
        return "\n".join([*lines, *(f"  {line}" for line in self.said)])


class Stop(Exception):
    """A failure after which the rest says nothing."""


class Refusal(Exception):
    """A migration was not undone."""


class Engine:
    """``run`` returns a ``Rehearsal``, or raises ``ZeroDowntimeError``, ``CannotRehearse`` or ``StockCannot``."""

    def __init__(self, release: Release, scratch: Scratch, options: Options, factories: Factories) -> None:
        self.release, self.scratch, self.options = release, scratch, options
        self.findings = Findings(most=options.most_failures)
        self.position: Position = self.findings.position
        self.report = Rehearsal(release.title)
        self.ledger = Ledger()
        self._factories = factories
        self._exercises: list[tuple[Worker, Exercise]] = []
        self._left: Left = empty_left()
        self._watched = False

    def run(self) -> Rehearsal:
        started = time.monotonic()
        self.old, self.new = self._versions()
        try:
            with contextlib.ExitStack() as stack:
                expected = self._control()
                main = stack.enter_context(self.scratch.database(self.release.template or self._base()))
                with contextlib.suppress(Stop):
                    self._main(main, expected)
        finally:
            self.report.took = time.monotonic() - started
            self.report.rows = self.ledger.writes
        if self.findings.found:
            text = "\n".join(f"# {name}\n{content}" for name, content in self.release.text.items())
            raise ZeroDowntimeError(self.release.title, self.findings.found, self.report, text)
        return self.report

    def _versions(self) -> tuple[Version, Version]:
        numbers = itertools.count(1)
        made = [
            Version(
                name,
                state,
                lineage,
                alias=self.scratch.alias,
                ledger=self.ledger,
                numbers=numbers,
                factories=self._factories,
                labels=self.release.labels,
            )
            for name, state, lineage in zip(
                ("old", "new"),
                (self.release.old, self.release.new),
                lineages(self.release.old, self.release.operations),
                strict=True,
            )
        ]
        made[0].other, made[1].other = made[1], made[0]
        return made[0], made[1]

    def _base(self) -> str:
        """A database with the package's own tables, made once."""
        extensions = self.release.extensions
        if extensions not in self.scratch.bases:
            name = self.scratch.create()
            with self.scratch.connected(name) as connection:
                for extension in extensions:
                    with connection.cursor() as cursor:
                        cursor.execute(f"CREATE EXTENSION {connection.ops.quote_name(extension)}")
                StockExecutor(connection, ListedLoader(connection, {})).go_to([])
            self.scratch.bases[extensions] = name
        return self.scratch.bases[extensions]

    # By stock Django alone

    def _control(self) -> Schema:
        """What stock Django makes of the release, in a database of its own with rows; there the new version has to work.

        Raises ``StockCannot`` and ``CannotRehearse``.
        """
        reasons = []
        for nulls in (True, False):
            self.old.nulls = nulls
            try:
                return self._controlled()
            except StockCannot as error:
                reasons.append(error)
        raise reasons[-1]

    def _controlled(self, *, back: bool = False) -> Schema:
        """``back``: stock Django's way there and back, and nothing else."""
        ledger = Ledger()
        old, new = copy.copy(self.old), copy.copy(self.new)
        old.ledger = new.ledger = ledger
        old.other, new.other = new, old
        with (
            self.scratch.database(self.release.template or self._base()) as name,
            self.scratch.connected(name) as connection,
        ):
            if self.release.template is None:
                self._stock_or_not(connection, self.release.start)
            old.fill(self.options.rows)
            self._stock_or_not(connection, self.release.end)
            found = schema_of(connection)
            new.adopt(self.options.rows)
            if back:
                self._stock_or_not(connection, self.release.start)
            else:
                self._try(new, connection)
        return found

    def _stock_or_not(self, connection: BaseDatabaseWrapper, keys: Collection[Key]) -> None:
        try:
            StockExecutor(connection, self.release.stock_loader(connection)).go_to(keys)
        except Exception as error:
            raise StockCannot(
                f"Stock Django cannot make this change either: {type(error).__name__}: {error}"
            ) from error

    def _try(self, version: Version, connection: BaseDatabaseWrapper) -> None:
        """Exercise a version where nothing can be in its way. Raises ``CannotRehearse``."""
        findings = Findings()
        findings.position.phase = f"none: the {version.name} version in a database of its own"
        queries = Queries()
        with connection.execute_wrapper(queries):
            Exercise(version, queries, findings, replace(self.options, upserts="own"), empty_left()).run()
        if findings.found:
            raise CannotRehearse(
                f"The check itself cannot work with the {version.name} version, which says nothing about the migrations. "
                "Perhaps a factory helps.\n" + "\n".join(str(one) for one in findings.found)
            )

    # Ours

    def _main(self, name: str, expected: Schema) -> None:
        with self.scratch.connected(name) as connection:
            if self.release.template is None:
                StockExecutor(connection, self.release.stock_loader(connection)).go_to(self.release.start)
            self.old.fill(self.options.rows)
            self._try(self.old, connection)
            beginning = schema_of(connection)
            with self._sessions(name) as (old, new):
                self._forwards(connection, name, old, new)
                self._same_schema(connection, expected, "stock Django")
                self._same_rows(self.new)
                self._nothing_remains()
                if self.options.backwards and not self.findings.found and not self.release.by_stock:
                    self._backwards(connection, name, old, new)
                    self._same_schema(connection, beginning, "the beginning")

    @contextlib.contextmanager
    def _sessions(self, name: str) -> Iterator[tuple[tuple[Worker, Exercise], tuple[Worker, Exercise]]]:
        made = []
        try:
            for version in (self.old, self.new):
                worker = Worker(self.scratch, name, lock_timeout=self.options.budget)
                queries = Queries()
                worker.connection.execute_wrappers.append(queries)
                exercise = Exercise(version, queries, self.findings, self.options, self._left)
                made.append((worker, exercise))
            yield made[0], made[1]
        finally:
            for worker, exercise in made:
                worker.close()
                self.report.exercises += exercise.count
                self.report.queries += exercise.queries.count
                self.report.slowest = max(self.report.slowest, exercise.queries.slowest)

    def _forwards(self, connection: BaseDatabaseWrapper, name: str, old: Any, new: Any) -> None:
        with self._traffic(name, self.old) as stop_old:
            with self._phase("before deploy", [old]):
                self._run(connection, Phase.BEFORE_DEPLOY)
            self._begin(new)
            with self._traffic(name, self.new):
                with self._phase("between the phases", [new, old]):
                    pass
                stop_old()
                self.ledger.only(self.new.known())
                with self._phase("after deploy", [new]):
                    if not self.release.by_stock:
                        self._run(connection, Phase.AFTER_DEPLOY)

    def _backwards(self, connection: BaseDatabaseWrapper, name: str, old: Any, new: Any) -> None:
        try:
            with self._traffic(name, self.new) as stop_new:
                with self._phase("undoing what ran after deploy", [new]):
                    self._run(connection, Phase.AFTER_DEPLOY, undo=self.release.after)
                self._begin(old)
                with self._traffic(name, self.old):
                    with self._phase("between the phases, on the way back", [old, new]):
                        pass
                    stop_new()
                    self.ledger.only(self.old.known())
                    with self._phase("undoing what ran before deploy", [old]):
                        self._run(connection, Phase.BEFORE_DEPLOY, undo=self.release.before)
            self._same_rows(self.old)
        except IrreversibleError as error:
            self.report.said.append(f"Not undone, since it is irreversible: {error}")
            raise Stop from error
        except Refusal as error:
            if isinstance(error.__cause__, OffendingRows):
                self.report.said.append(
                    f"Not undone, since the new code has written what the old one cannot have: {error}"
                )
                raise Stop from error
            try:
                self._controlled(back=True)
            except StockCannot as stocks:
                self.report.said.append(
                    f"Not undone, since stock Django cannot do it with rows, either: {stocks.__cause__}"
                )
            else:
                self._failed(error)
            raise Stop from error

    def _begin(self, session: tuple[Worker, Exercise]) -> None:
        """A version of the code comes: it has its rows in the tables that it alone knows."""
        worker, exercise = session
        try:
            worker.do(lambda: exercise.version.fill(self.options.rows))
        except CannotRehearse as error:
            cause = error.__cause__
            self.findings.add(
                Failure(
                    f"The {exercise.version.name} code cannot make rows.",
                    version=exercise.version.name,
                    statement=exercise.queries.last,
                    message=str(cause or error),
                )
            )
            raise Stop from error

    # Phases

    @contextlib.contextmanager
    def _phase(self, title: str, sessions: Sequence[tuple[Worker, Exercise]]) -> Iterator[None]:
        """Exercise these between the steps of what is done in the context, and at its end."""
        self.position.phase = title
        self.position.migration = self.position.step = self.position.step_sql = ""
        self._exercises = list(sessions)
        yield
        self._exercise()
        if len(self.findings.found) >= self.options.most_failures:
            raise Stop

    def _exercise(self, tables: frozenset[str] | None = None) -> None:
        """``tables``: what was changed, None: who knows."""
        for worker, exercise in self._exercises:
            worker.do(partial(exercise.run, tables))

    def _run(self, connection: BaseDatabaseWrapper, phase: Phase, *, undo: Collection[Key] | None = None) -> None:
        if self.release.by_stock:
            self._run_stock(connection)
            return
        try:
            self._safemigrate(connection, phase, undo)
        except IrreversibleError:
            raise
        except (CommandError, Error) as error:
            if undo is not None:
                raise Refusal(str(error)) from error
            self._failed(error)
            raise Stop from error

    def _failed(self, error: Exception) -> None:
        self.findings.add(Failure("A migration was refused, or failed.", message=str(error)))

    def _run_stock(self, connection: BaseDatabaseWrapper) -> None:
        def progress(action: str, migration: Any = None, fake: bool = False) -> None:
            if action == "apply_start":
                self.position.migration = str(migration)
            elif action == "apply_success":
                self.report.migrations.append(str(migration))
                self._exercise()

        try:
            loader = self.release.stock_loader(connection)
            StockExecutor(connection, loader, progress).go_to(self.release.end)
        except Error as error:
            self._failed(error)
            raise Stop from error

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
        settings = read_settings()
        small = settings.small_table if self.options.small_tables else SmallTable(rows=0)
        return replace(settings, small_table=small, max_wait=self.options.max_wait, release="")

    def _listen(self, event: Event) -> None:
        """Called by the runner, between steps outside of a transaction."""
        if isinstance(event, MigrationStarted):
            self.position.migration, self.position.step, self.position.step_sql = event.name, "", ""
            self._watched = False
        elif isinstance(event, StepStarted):
            self.position.step, self.position.step_sql = event.step.description, event.step.sql
        elif isinstance(event, StepDone):
            self.report.steps.append(event.step.description)
            self._watched = True
            if self.options.each_step:
                self._exercise(_tables(event.step))
        elif isinstance(event, MigrationDone):
            self.report.migrations.append(event.name)
            if not self._watched and self.options.each_step:
                self._exercise()

    @contextlib.contextmanager
    def _traffic(self, name: str, version: Version) -> Iterator[Callable[[], None]]:
        """Yields what stops it before the end of the context."""
        if not self.options.traffic or not self.scratch.on_postgres:
            yield lambda: None
            return
        traffic = Traffic(self.scratch, name, version, self.findings, self.options)
        traffic.start()
        try:
            yield traffic.stop
        finally:
            traffic.stop()
            self.report.traffic += traffic.queries.count
            self.report.slowest = max(self.report.slowest, traffic.queries.slowest)

    # At the end

    def _same_schema(self, connection: BaseDatabaseWrapper, expected: Schema, other: str) -> None:
        for table, line in schema_differences(expected, schema_of(connection)):
            self.findings.add(Failure(f"The schema differs from that of {other}: {line}", model=table))

    def _same_rows(self, version: Version) -> None:
        for model in version.models:
            for name, what in itertools.chain(differences(version, model), link_differences(version, model)):
                self.findings.add(Failure(what, version=version.name, model=model._meta.label, field=name))

    def _nothing_remains(self) -> None:
        for line in self.release.remaining():
            self.findings.add(Failure(f"makemigrations --check would find changes: {line}"))


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
    planned = [Planned(one, Status.READY, "is undone", declared(one).when) for one in migrations]
    return Plan(tuple(planned), (), backwards=True, new_database=False)
