"""One run of ``safemigrate``: look, plan, check, and only then act."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Collection, Iterator
from typing import Any

from django.apps import apps
from django.core.management.sql import emit_post_migrate_signal, emit_pre_migrate_signal
from django.db.migrations import Migration
from django.db.migrations.recorder import MigrationRecorder
from django.db.migrations.state import ModelState, ProjectState
from django.db.transaction import atomic
from django.utils import timezone

from django_safemigrate.catalog import rights
from django_safemigrate.catalog.query import Connection, executing
from django_safemigrate.catalog.relations import is_empty_database
from django_safemigrate.compile.situation import Allowances
from django_safemigrate.decisions.assigning import as_declared
from django_safemigrate.decisions.lock_policy import policy_of
from django_safemigrate.decisions.planning import Key, Planned, Status, categorize, undone
from django_safemigrate.models import MigrationRun
from django_safemigrate.values.errors import UsageError
from django_safemigrate.values.events import Report
from django_safemigrate.values.own_app import OWN_APP
from django_safemigrate.values.phases import Phase, When
from django_safemigrate.values.settings import Mode, Settings

from . import journal
from .asking import Asker
from .backfill.run import Filling
from .checking import check_blocked, check_earlier_release, check_refused, check_rights
from .direct import require_direct
from .lease import Lease, only_runner, owner
from .loading import loaded_runner
from .observer import Observer, observing
from .phases import Phases
from .plan import Plan
from .releases import wait_for_old_code
from .replay import ReplayGuard
from .runner import Runner
from .runs import begin_run, end_run
from .speaking import speaking_of
from .targets import resolve_targets


class Deploy:
    """A phase on a database. ``look`` reads and changes nothing; ``check`` says no; ``act`` applies."""

    def __init__(
        self,
        connection: Connection,
        phase: Phase,
        settings: Settings,
        report: Report,
        *,
        finish_earlier: bool = False,
        terminate_after: float | None = None,
        workers: int = 1,
        runner: Runner | None = None,
    ) -> None:
        """``finish_earlier``: before deploy, run first what an earlier release has left for after its deploy.
        ``terminate_after``: see ``LockPolicy``. ``workers``: in how many processes rows are filled. ``runner``: one with
        other migrations than those of the project."""
        self.connection, self.phase, self.settings, self.report = connection, phase, settings, report
        self._finish_earlier, self._policy = finish_earlier, policy_of(settings, terminate_after)
        self._workers = workers
        self._lease: Lease | None = None
        self._observer: Observer | None = None
        with speaking_of(connection):
            connection.ensure_connection()
            self._use(runner or loaded_runner(self.connection, self.report))

    def _use(self, runner: Runner) -> None:
        """The files and what of them is applied, as it is now."""
        self.runner = runner
        self.phases = Phases(runner, self.settings)

    # Looking

    def look(self, app_label: str | None, migration_name: str | None) -> Plan:
        """The plan for ``migrate``'s arguments. Changes nothing. Raises ``UsageError``."""
        loader = self.runner.loader
        with speaking_of(self.connection):
            targets = resolve_targets(loader, app_label, migration_name)
            steps = self.runner.migration_plan(targets)
            new = self._is_new()
            detected = journal.detected(self.connection)
            # A migration that is named is meant, whether or not a phase before deploy has seen it.
            only_seen = (
                self.phase is Phase.AFTER_DEPLOY
                and migration_name is None
                and journal.has_recorded_a_deploy(self.connection)
            )
        migrations = [migration for migration, _ in steps]
        backwards = bool(steps) and steps[0][1]
        # An invalid declaration is an error in either direction; what is applied, or new as a whole, needs no other phase.
        declared = {(one.app_label, one.name): as_declared(one) for one in migrations}
        if backwards or new:
            reason = undone if backwards else lambda when: "the database is new"
            planned = [
                Planned(one, Status.READY, reason(its.safe.when), its)
                for one, its in zip(migrations, declared.values(), strict=True)
            ]
        else:
            with speaking_of(self.connection):
                assigned = self.phases.of(migrations)
            planned = categorize(
                migrations,
                self.phase,
                parents=self._parents,
                phase_of=lambda one: assigned[one.app_label, one.name],
                detected=detected,
                now=timezone.now(),
                only_seen=only_seen,
                finish_earlier=self._finish_earlier,
            )
        return Plan(tuple(planned), tuple(targets), backwards, new)

    def _parents(self, migration: Migration) -> list[Key]:
        """What a migration depends on, with ``run_before``, squashed names and ``__first__`` resolved by the graph."""
        node = self.runner.loader.graph.node_map[migration.app_label, migration.name]
        return [parent.key for parent in node.parents]

    def _is_new(self) -> bool:
        if self.connection.vendor == "postgresql":
            empty = is_empty_database(self.connection)
        else:
            with self.connection.cursor() as cursor:
                tables = set(self.connection.introspection.table_names(cursor))
            empty = tables <= {"django_migrations"} and not self.runner.loader.applied_migrations
        return empty or journal.in_first_run(self.connection)

    # Checking

    def check(self, plan: Plan) -> None:
        """Say no before anything is touched. Raises ``Blocked``, ``DatabaseUnavailable``, ``Refused``."""
        check_blocked(plan, self.phase, strict=self.settings.mode is Mode.STRICT)
        if self.careful and not plan.new_database:
            with speaking_of(self.connection):
                if self._finish_earlier:
                    check_earlier_release(self.connection, plan, self.phase, self.settings.release)
                check_rights(self.runner, plan)
                check_refused(self, plan)

    def wait_for_old_code(self, plan: Plan, patience: float | None) -> None:
        """After deploy, while code of another release is connected: wait ``patience`` seconds for its end.

        Raises ``Blocked``. Nobody can tell where ``SAFEMIGRATE["RELEASE"]`` has no name.
        """
        release = self.settings.release
        if release and self.careful and self.phase is Phase.AFTER_DEPLOY and plan.ready and not plan.backwards:
            wait_for_old_code(self.connection, release, patience, self.report)

    def allowances(self, migration: Migration, new_tables: Collection[str] = ()) -> Allowances:
        """What a migration may do to tables in use."""
        unsafe = self.settings.allows_unsafe(migration.app_label, migration.name)
        return Allowances(self.settings.small_table, unsafe, new_tables)

    def state_before(self, migration: Migration) -> ProjectState:
        """The state before an applied migration."""
        return self.runner.loader.project_state((migration.app_label, migration.name), at_end=False)

    def migration(self, app_label: str, name: str) -> Migration:
        """A migration of the project. Raises ``UsageError`` where its file is gone."""
        found = self.runner.loader.disk_migrations.get((app_label, name))
        if found is None:
            raise UsageError(
                f"{app_label}.{name} was begun, and its file is gone.",
                "What its code does, and how it is taken back, stood there.",
                "Bring the file back, and run the same command again.",
            )
        return found

    @property
    def careful(self) -> bool:
        """Whether locks are our business: on PostgreSQL, and not inside somebody's open transaction (``TestCase``)."""
        return self.connection.vendor == "postgresql" and not self.connection.in_atomic_block

    # Acting

    @contextlib.contextmanager
    def turn(self) -> Iterator[bool]:
        """Wait until nobody else runs migrations on this database, and keep others from it for the time of the context.

        Yields whether somebody else has run some since we looked: then look again. Raises ``LockUnavailable``.
        """
        if not self.careful:
            yield False
            return
        with observing(self.connection) as observer:
            with speaking_of(self.connection):
                require_direct(self.connection)
            settings = self.settings
            with only_runner(
                self.connection, observer, self.report, seconds=settings.lease, patience=settings.max_wait
            ) as lease:
                applied = set(MigrationRecorder(self.connection).applied_migrations())
                stale = applied != set(self.runner.loader.applied_migrations)
                if stale:
                    self._use(loaded_runner(self.connection, self.report))
                self._lease, self._observer = lease, observer
                try:
                    yield stale
                finally:
                    self._lease = self._observer = None

    def act(
        self,
        plan: Plan,
        *,
        fake: bool,
        fake_initial: bool,
        signals: dict[str, Any],
        before: Callable[[], None] = lambda: None,
    ) -> None:
        """Apply what is ready, with Django's signals around it. To be called in our ``turn``.

        ``signals`` has verbosity, interactive and stdout; ``before`` is called between ``pre_migrate`` and the migrations.
        """
        steps = [(migration, plan.backwards) for migration in plan.ready]
        state = self.runner.applied_state()
        with speaking_of(self.connection):
            self.connection.prepare_database()  # creates the extension on PostGIS, so not while only looking
            emit_pre_migrate_signal(**signals, db=self.connection.alias, apps=state.apps, plan=steps)
            before()
            state, steps = self._own_tables_first(plan, state, steps, fake)
            with self.journaled("backwards" if plan.backwards else self.phase.value):
                with self._asking(plan):
                    # Not a copy: its models would still find who refers to them in the one that they were rendered for.
                    state = self.runner.migrate(
                        plan.targets, plan=steps, state=state, fake=fake, fake_initial=fake_initial
                    )
                if not plan.backwards:
                    self._remember(plan)
                emit_post_migrate_signal(
                    **signals,
                    db=self.connection.alias,
                    apps=_complete(state),
                    plan=[(migration, plan.backwards) for migration in plan.ready],
                )

    @contextlib.contextmanager
    def journaled(self, what: str) -> Iterator[None]:
        """The run in the journal, with its end. Our own tables are there."""
        if self._lease is not None:
            self._lease.write()
        elif self.connection.in_atomic_block or not journal.is_complete(self.connection, MigrationRun):
            yield
            return
        run = begin_run(
            self.connection,
            self.report,
            what=what,
            who=owner(),
            release=self.settings.release,
        )
        self.runner.run_number, self.runner.lease = run, self._lease
        try:
            yield
        except BaseException as error:
            end_run(self.connection, run, error)
            raise
        finally:
            self.runner.run_number = self.runner.lease = None
        end_run(self.connection, run, None)

    def _own_tables_first(
        self, plan: Plan, state: ProjectState, steps: list[tuple[Migration, bool]], fake: bool
    ) -> tuple[ProjectState, list[tuple[Migration, bool]]]:
        """Our own tables before anything else: the journal has to be there before it is written to.

        In one transaction with their records, and with the mark that this is a first run.
        """
        if plan.backwards:
            journal.ensure_tables(self.connection)
            return state, steps
        self.runner.records_at_once = self.careful
        with atomic(using=self.connection.alias) if self.careful else contextlib.nullcontext():
            own = [step for step in self.runner.migration_plan(self._own_targets()) if not step[1]]
            if own:
                state = self.runner.migrate(plan.targets, plan=own, state=state, fake=fake)
            if self.careful:
                journal.ensure_tables(self.connection)
            if plan.new_database:
                journal.begin_first_run(self.connection, timezone.now())
        done = {(migration.app_label, migration.name) for migration, _ in own}
        return state, [step for step in steps if (step[0].app_label, step[0].name) not in done]

    def _own_targets(self) -> list[Key]:
        return [key for key in self.runner.loader.graph.leaf_nodes() if key[0] == OWN_APP]

    @contextlib.contextmanager
    def _asking(self, plan: Plan) -> Iterator[None]:
        if self._observer is None or plan.new_database:
            yield
            return
        self.runner.allow_unsafe = lambda one: self.settings.allows_unsafe(one.app_label, one.name)
        self.runner.small_table = self.settings.small_table
        self.runner.asker = asker = self.asker()
        self.runner.filling = Filling(
            target=self.settings.batch_target,
            settings=self.settings,
            workers=self._workers,
            before_deploy=self.phase is Phase.BEFORE_DEPLOY,
        )
        self.runner.replay = self.replay_guard(asker)
        try:
            yield
        finally:
            self.runner.asker = self.runner.replay = None

    def asker(self) -> Asker:
        """Who asks for locks in our turn."""
        assert self._observer is not None
        return Asker(
            self._policy,
            self.connection,
            self._observer,
            self.report,
            executing(self.connection),
            may_set_deadlock_timeout=rights.may_set(self.connection, "deadlock_timeout"),
        )

    def replay_guard(self, asker: Asker) -> ReplayGuard:
        """Who waits for standbys in our turn, within the budget of ``asker``."""
        settings = self.settings
        return ReplayGuard(
            self.connection,
            settings.max_replay_lag,
            asker.budget,
            self.report,
            ignored=settings.ignored_standbys,
        )

    def confirm(self) -> None:
        """Raises ``LeaseLost`` when somebody else has taken our turn."""
        if self._lease is not None:
            self._lease.confirm()

    def _remember(self, plan: Plan) -> None:
        """What the phase before deploy leaves for the one after it: from now on it is known, and delays run.

        Where no phase before deploy was ever recorded, that after it does so for delays.
        """
        before = self.phase is Phase.BEFORE_DEPLOY
        if not before and journal.has_recorded_a_deploy(self.connection):
            return
        keys = [
            (planned.migration.app_label, planned.migration.name)
            for planned in plan.with_status(Status.DELAYED)
            if planned.when is When.AFTER_DEPLOY and (before or planned.assigned.safe.delay is not None)
        ]
        if keys:
            journal.record_detected(self.connection, keys, timezone.now())


def _complete(state: ProjectState) -> Any:
    """The apps of a state for ``post_migrate`` receivers: with every model, and those of unmigrated apps with relations."""
    state.clear_delayed_apps_cache()
    rendered = state.apps
    with rendered.bulk_update():
        keys = [(model.app_label, model.name_lower) for model in rendered.real_models]
        for key in keys:
            rendered.unregister_model(*key)
    rendered.render_multiple([ModelState.from_model(apps.get_model(*key)) for key in keys])
    return rendered
