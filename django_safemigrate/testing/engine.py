"""The check of one release: both versions at work, step by step, from the old schema to the new one and back."""

from __future__ import annotations

import contextlib
import itertools
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from functools import partial

from django.db import Error
from django.db.backends.base.base import BaseDatabaseWrapper

from django_safemigrate.values.errors import OffendingRows
from django_safemigrate.values.phases import Phase

from .control import Control, Expected
from .enlarging import enlarge
from .exercise import Exercise
from .failures import CannotRehearse, Failure, Findings, StockCannot, ZeroDowntimeError
from .holding import holding
from .ledger import Ledger, Left, empty_left
from .lineage import lineages
from .options import Options
from .parents import permanent_keys
from .patience import Patience
from .phases import NotUndone, Phases, Stop
from .reading import constant_differences, differences, link_differences, take_fills_over
from .rehearsal import Rehearsal
from .release import Release
from .rewrites import uncompared_of
from .schema import Schema, named_differently, schema_differences, schema_of
from .scratch import Scratch, Worker
from .traffic import Traffic
from .version import Factories, Version
from .watch import Watch
from .watching import Queries, overdue

Session = tuple[Worker, Exercise]


class Engine:
    """``run`` returns a ``Rehearsal``, or raises ``ZeroDowntimeError``, ``CannotRehearse`` or ``StockCannot``."""

    def __init__(
        self, release: Release, scratch: Scratch, options: Options, factories: Factories, watch: Watch | None = None
    ) -> None:
        """``watch`` looks at the session that migrates, and is told where the rehearsal is."""
        self.release, self.scratch, self.options, self.watch = release, scratch, options, watch
        self.findings = Findings(most=options.most_failures)
        self.report = Rehearsal(release.title)
        self.ledger = Ledger()
        self.phases = Phases(release, options, self.findings, self.report, self._exercise, watch)
        self.patience = Patience(options.budget)
        self._factories = factories
        self._sessions: list[Session] = []
        self._left: Left = empty_left()

    def run(self) -> Rehearsal:
        started = time.monotonic()
        self.old, self.new = self._versions()
        self.control = Control(self.release, self.scratch, self.options, self.old, self.new)
        self._tell("the same by stock Django")
        expected = self.control.expected()
        for version in (self.old, self.new):
            version.permanent.update(permanent_keys(version, expected.constants))
        with self.scratch.database(self.control.base()) as name:
            try:
                self._main(name, expected)
            except Stop as stop:
                if self.control.fails_with_rows and isinstance(stop.__cause__, OffendingRows | Error):
                    raise self.control.fails_with_rows from stop
        self.report.took = time.monotonic() - started
        self.report.writes = self.ledger.writes
        if self.findings.found:
            text = "\n".join(f"# {name}\n{content}" for name, content in self.release.text.items())
            raise ZeroDowntimeError(self.release.title, self.findings.found, self.report, text)
        return self.report

    def _versions(self) -> tuple[Version, Version]:
        numbers = itertools.count(1)
        old, new = (
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
        )
        old.other, new.other = new, old
        old.uncompared = new.uncompared = uncompared_of((old, new), self.options.rewrites)
        old.permanent = new.permanent = set()
        return old, new

    # The way there and back

    def _main(self, name: str, expected: Expected) -> None:
        with self.scratch.connected(name) as connection:
            self.control.begin(connection)
            self.old.fill(self.options.rows)
            self.control.try_alone(self.old, connection)
            if self.options.large:
                self._tell("filling the tables")
                self.report.said += enlarge(self.old, connection, self.options, self._tell)
                self.new.enlarged = True
            beginning = schema_of(connection)
            with self._watching(name, connection), self._patient(name), self._working(name) as (old, new):
                self._forwards(connection, name, old, new)
                self._same_schema(connection, expected.schema, "stock Django")
                self._same_rows(self.new)
                self._same_constants(expected)
                for model in self.new.models:
                    take_fills_over(self.new, model)
                self._nothing_remains()
                if self.options.backwards and not self.findings.found and not self.release.by_stock:
                    self._backwards(connection, name, old, new)
                    self._same_beginning(connection, beginning)

    def _tell(self, stage: str, what: str = "") -> None:
        if self.watch is not None:
            self.watch.tell(stage, what)

    def _watching(self, name: str, connection: BaseDatabaseWrapper) -> contextlib.AbstractContextManager[None]:
        return contextlib.nullcontext() if self.watch is None else self.watch.on(self.scratch, name, connection)

    def _patient(self, name: str) -> contextlib.AbstractContextManager[None]:
        return self.patience.on(self.scratch, name) if self.scratch.on_postgres else contextlib.nullcontext()

    @contextlib.contextmanager
    def _working(self, name: str) -> Iterator[tuple[Session, Session]]:
        """A session for each version."""
        made: list[Session] = []
        watched = contextlib.ExitStack()
        try:
            for version in (self.old, self.new):
                worker = Worker(self.scratch, name, lock_timeout=self.options.endurance)
                queries = Queries()
                worker.connection.execute_wrappers.append(queries)
                made.append((worker, Exercise(version, queries, self.findings, self.options, self._left)))
                if self.scratch.on_postgres:
                    late = partial(overdue, version, queries, self.findings, self.options.budget)
                    watched.enter_context(self.patience.watching(worker.do(worker.pid), queries, late))
            yield made[0], made[1]
        finally:
            watched.close()
            for worker, exercise in made:
                worker.close()
                self.report.exercises += exercise.count
                self.report.add(exercise.queries)

    def _forwards(self, connection: BaseDatabaseWrapper, name: str, old: Session, new: Session) -> None:
        with self._traffic(name, self.old) as stop_old:
            with self._phase("before deploy", [old], name):
                self.phases.run(connection, Phase.BEFORE_DEPLOY)
            self._begin(new)
            with self._traffic(name, self.new):
                with self._phase("between the phases", [new, old]):
                    pass
                stop_old()
                self.ledger.only(self.new.known())
                with self._phase("after deploy", [new], name):
                    if not self.release.by_stock:
                        self.phases.run(connection, Phase.AFTER_DEPLOY)

    def _backwards(self, connection: BaseDatabaseWrapper, name: str, old: Session, new: Session) -> None:
        try:
            with self._traffic(name, self.new) as stop_new:
                with self._phase("undoing what ran after deploy", [new], name):
                    self.phases.run(connection, Phase.AFTER_DEPLOY, back=True)
                self._begin(old)
                with self._traffic(name, self.old):
                    with self._phase("between the phases, on the way back", [old, new]):
                        pass
                    stop_new()
                    self.ledger.only(self.old.known())
                    with self._phase("undoing what ran before deploy", [old], name):
                        self.phases.run(connection, Phase.BEFORE_DEPLOY, back=True)
            self._same_rows(self.old)
        except NotUndone as error:
            why = error.reason or self._stock_cannot_go_back()
            if why:
                self.report.said.append(f"Not undone, since {why}: {error}")
            else:
                self.phases.failed(error)
            raise Stop from error

    def _stock_cannot_go_back(self) -> str:
        try:
            self.control.way_back()
        except StockCannot as error:
            return f"stock Django cannot do it with rows, either ({error.__cause__})"
        return ""

    def _begin(self, session: Session) -> None:
        """A version of the code comes: it has its rows in the tables that it alone knows."""
        worker, exercise = session
        try:
            worker.do(lambda: exercise.version.fill(self.options.rows))
        except CannotRehearse as error:
            self.findings.add(
                Failure(
                    f"The {exercise.version.name} code cannot make rows.",
                    version=exercise.version.name,
                    statement=exercise.queries.failed or exercise.queries.last,
                    message=str(error.__cause__ or error),
                )
            )
            raise Stop from error

    @contextlib.contextmanager
    def _phase(self, title: str, sessions: Sequence[Session], name: str = "") -> Iterator[None]:
        """Exercise these between the steps of what is done in the context, and at its end.

        ``name`` is the database in which somebody reads or writes for long while it begins, if the options say so.
        """
        at = self.findings.position
        at.phase, at.migration, at.step, at.step_sql = title, "", "", ""
        self._sessions = list(sessions)
        if self.watch is not None:
            self.watch.enters(title)
        self.phases.reached = reached = threading.Event()
        with holding(self.scratch, name, self.options, self.patience, reached) if name else contextlib.nullcontext():
            yield
        self._exercise()
        if len(self.findings.found) >= self.options.most_failures:
            raise Stop

    def _exercise(self, tables: frozenset[str] | None = None) -> None:
        """``tables``: what was changed, None: who knows."""
        for worker, exercise in self._sessions:
            worker.do(partial(exercise.run, tables))

    @contextlib.contextmanager
    def _traffic(self, name: str, version: Version) -> Iterator[Callable[[], None]]:
        """Yields what stops it before the end of the context."""
        if not self.options.traffic or not self.scratch.on_postgres:
            yield lambda: None
            return
        traffic = Traffic(self.scratch, name, version, self.findings, self.options, self.patience)
        if self.watch is not None:
            self.watch.traffic.append(traffic.queries)
        traffic.start()
        try:
            yield traffic.stop
        finally:
            traffic.stop()
            self.report.add(traffic.queries, traffic=True)

    # At the end

    def _same_schema(self, connection: BaseDatabaseWrapper, expected: Schema, other: str) -> None:
        self._report_differences(expected, schema_of(connection), other)

    def _same_beginning(self, connection: BaseDatabaseWrapper, beginning: Schema) -> None:
        """Where stock Django does not come back to the beginning either, its end will do: of migrations that it has made
        itself, altogether; of others, as far as names go."""
        found = schema_of(connection)
        if found != beginning:
            with contextlib.suppress(StockCannot):
                stocks = self.control.way_back()
                same = {key for key in found.keys() | beginning.keys() if found.get(key) == stocks.get(key)}
                if self.release.on_disk:
                    same &= named_differently(beginning, found)
                found = {key: its for key, its in found.items() if key not in same}
                beginning = {key: its for key, its in beginning.items() if key not in same}
        self._report_differences(beginning, found, "the beginning")

    def _report_differences(self, expected: Schema, found: Schema, other: str) -> None:
        for table, line in schema_differences(expected, found, other):
            self.findings.add(Failure(f"The schema differs from that of {other}: {line}", model=table))

    def _same_rows(self, version: Version) -> None:
        for model in version.models:
            for name, what in itertools.chain(differences(version, model), link_differences(version, model)):
                self.findings.add(Failure(what, version=version.name, model=model._meta.label, field=name))

    def _same_constants(self, expected: Expected) -> None:
        for model in self.new.models:
            for name, what in constant_differences(self.new, model, expected.constants):
                self.findings.add(Failure(what, version="new", model=model._meta.label, field=name))

    def _nothing_remains(self) -> None:
        for line in self.release.remaining():
            self.findings.add(Failure(f"makemigrations --check would find changes: {line}"))
