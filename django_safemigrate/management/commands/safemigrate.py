"""``manage.py safemigrate``: the phase before deploy; with ``--after-deploy``, the one after."""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Iterator, Sequence
from importlib import import_module
from typing import Any

from django.apps import apps
from django.core.management.base import CommandParser
from django.core.management.commands import migrate
from django.core.management.utils import run_formatters
from django.db import DEFAULT_DB_ALIAS, connections
from django.db.migrations.exceptions import IrreversibleError
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.state import ProjectState
from django.utils.module_loading import module_has_submodule

from django_safemigrate.decisions.planning import Status
from django_safemigrate.doing.aborting import (
    HalfDone,
    abort,
    half_done,
    refuse_what_cannot_be_taken_back,
)
from django_safemigrate.doing.deploy import Deploy
from django_safemigrate.doing.dividing import divide
from django_safemigrate.doing.plan import Plan
from django_safemigrate.doing.preview import preview
from django_safemigrate.doing.speaking import speaking_of
from django_safemigrate.doing.status import look_around
from django_safemigrate.doing.targets import resolve_targets
from django_safemigrate.doing.whats_next import whats_next
from django_safemigrate.management import rehearsal_options
from django_safemigrate.management.exporting import export_sizes
from django_safemigrate.management.next_command import next_autodetector
from django_safemigrate.management.showing_plan import JSON, add_plan_arguments, check_plan_options, show_plan
from django_safemigrate.reporting.choosing import surface_for
from django_safemigrate.reporting.jsonlines import JsonReport, failure_data
from django_safemigrate.reporting.plan import abort_data, abort_lines
from django_safemigrate.reporting.status import show_status, status_data
from django_safemigrate.reporting.surface import Surface
from django_safemigrate.reporting.text import TextReport
from django_safemigrate.values.errors import SafeMigrateError, UsageError
from django_safemigrate.values.phases import Phase
from django_safemigrate.values.settings import Mode, Settings, duration_option, read_settings

# Exit statuses of --check; see values/errors.py for those of errors.
CHECK_READY, CHECK_BLOCKED, CHECK_DELAYED = 1, 4, 7


class Command(migrate.Command):
    """Takes ``migrate``'s arguments, and runs those migrations that belong to the phase, without making anyone wait.

    Exit status: 0 done, 1 a migration failed, 2 bad argument, setting or migration, 3 database not reachable or not
    enough rights, 4 blocked, 5 no lock in time, 6 something else of that name exists, 8 refused, 9 rows in the way, 10
    another runner has taken over. With ``--check``: 0 nothing is pending, 1 something is ready, 4 blocked, 7 only delayed.
    """

    help = "Runs the migrations that are safe before deploy (with --after-deploy: after it) without making anyone wait."
    surface: Surface | None = None
    autodetector = next_autodetector

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        parser.add_argument(
            "--after-deploy",
            action="store_const",
            const=Phase.AFTER_DEPLOY,
            default=Phase.BEFORE_DEPLOY,
            dest="phase",
            help="Run the phase after deploy: the new code runs everywhere, and the old code nowhere.",
        )
        parser.add_argument(
            "--lock-timeout",
            metavar="DURATION",
            help="The longest that one request for a lock may wait and make others wait, for example 50ms (default 50ms).",
        )
        parser.add_argument(
            "--max-wait",
            metavar="DURATION",
            help="How long to wait for locks altogether before giving up, for example 30m (default 10m).",
        )
        parser.add_argument(
            "--allow-unsafe",
            metavar="MIGRATION",
            action="append",
            default=[],
            help="Run operations of this migration (APP.NAME, APP, or '*') although they make others wait or fail.",
        )
        parser.add_argument(
            "--terminate-blockers-after",
            metavar="DURATION",
            help="End a session that has sat idle in a transaction in our way for so long, for example 30s (default: never).",
        )
        parser.add_argument(
            "--finish-earlier",
            action="store_true",
            help="The earlier release is deployed everywhere: run first what it has left for after its deploy.",
        )
        parser.add_argument(
            "--wait-for-old-code",
            metavar="DURATION",
            nargs="?",
            const="10m",
            help="After deploy: wait until no code of another release is connected (default at most 10m).",
        )
        parser.add_argument(
            "--abort",
            action="store_true",
            help="Take back what half-done migrations have done so far; --plan shows it, --check exits with 1 if there is.",
        )
        parser.add_argument(
            "--status",
            action="store_true",
            help="Show what ran, runs, waits or failed, also while a run goes on; change nothing, and wait for nobody.",
        )
        parser.add_argument(
            "--split",
            action="store_true",
            help="Make two files of a migration that mixes phases, one for each; with --plan: show them, and write nothing.",
        )
        parser.add_argument(
            "--workers",
            metavar="N",
            type=int,
            default=1,
            help="In how many processes to fill rows, each with its own connection (default 1).",
        )
        parser.add_argument("--json", action="store_true", help="Write JSON lines, for pipelines.")
        add_plan_arguments(parser)
        parser.add_argument(
            "--export-sizes",
            metavar="FILE",
            help="Write how large the tables are, for lintmigrations (- for standard output); change nothing.",
        )
        rehearsal_options.add_arguments(parser)

    def handle(self, *args: Any, **options: Any) -> None:
        settings = read_settings(
            lock_timeout=options["lock_timeout"],
            max_wait=options["max_wait"],
            allow_unsafe=options["allow_unsafe"],
        )
        check_plan_options(options)
        if asked := rehearsal_options.rehearsal_asked_for(options):
            from django_safemigrate.management.rehearsing import (
                rehearse,
            )  # both versions' machinery: no deploy needs it

            rehearse(self, asked, options)
            return
        if options["export_sizes"]:
            self.stdout.write(export_sizes(connections[options["database"]], options["export_sizes"]))
            return
        if options["status"]:
            self._show_status(settings, options)
            return
        if options["split"]:
            self._split(options)
            return
        if settings.mode is Mode.DISABLED and not options["abort"]:
            super().handle(*args, **options)
            return
        self.verbosity, self.interactive = options["verbosity"], options["interactive"]
        self._import_management_modules()
        connection = connections[options["database"]]
        phase: Phase = options["phase"]
        self.surface = surface_for(self.stdout, colour=not options["no_color"])
        text = TextReport(self.surface, self.style)
        lines = JsonReport(self.stdout)
        report: Any = lines if options["json"] else text if self.verbosity else lambda event: None
        deploy = Deploy(
            connection,
            phase,
            settings,
            report,
            finish_earlier=options["finish_earlier"],
            terminate_after=duration_option("--terminate-blockers-after", options["terminate_blockers_after"]),
            workers=_count("--workers", options["workers"]),
        )
        patience = duration_option("--wait-for-old-code", options["wait_for_old_code"])
        if options["prune"]:
            resolve_targets(deploy.runner.loader, options["app_label"], None)
            super().handle(*args, **options)
            return
        if options["abort"]:
            self._abort(deploy, text, options)
            return
        syncdb = self._syncdb(deploy, options)
        plan = self._look(deploy, syncdb, options)
        if options["plan"]:
            show_plan(preview(deploy, plan), deploy, options, self.stdout, self.style)
        if options["check_unapplied"]:
            self._check(plan)
        if options["plan"] or options["check_unapplied"]:
            return
        deploy.wait_for_old_code(plan, patience)
        with deploy.turn() as stale:
            if stale:
                plan = self._look(deploy, syncdb, options)
            with _translated():  # only now: while somebody else runs, half of an operation answers for none
                deploy.check(plan)
            if not options["json"] and self.verbosity:
                self._say_what(plan, phase, text)
            with _translated():
                deploy.act(
                    plan,
                    fake=options["fake"],
                    fake_initial=options["fake_initial"],
                    signals={
                        "verbosity": 0 if options["json"] else self.verbosity,
                        "interactive": self.interactive,
                        "stdout": self.stdout,
                    },
                    before=lambda: self._run_syncdb(deploy, syncdb),
                )
        if options["json"]:
            lines.write(_summary(deploy, plan, phase))
        elif self.verbosity:
            self._say_what_next(deploy, plan, phase, text)

    # --split

    def _split(self, options: dict[str, Any]) -> None:
        loader = MigrationLoader(connections[options["database"]])
        app_label, name = options["app_label"], options["migration_name"]
        targets = resolve_targets(loader, app_label, name) if app_label and name else []
        if not targets or targets[0][1] is None or targets[0] not in loader.graph.nodes:
            raise UsageError(
                "--split takes an app and a migration.",
                "It makes two files of one.",
                "Run: manage.py safemigrate --split APP NAME",
            )
        divided = divide(loader, loader.graph.nodes[targets[0]])
        for path, text in divided.files.items():
            if options["plan"]:
                self.stdout.write(f"# {path}\n{text}")
            else:
                path.write_text(text, encoding="utf-8")
        if not options["plan"]:
            run_formatters([str(path) for path in divided.files if path.suffix == ".py"], stderr=self.stderr)
        for title, level, operations in divided.parts:
            self.stdout.write(f"{app_label}.{title} runs {level.words}:")
            for operation in operations:
                self.stdout.write(f"  {operation}")
        for remark in divided.remarks:
            self.stdout.write(self.style.WARNING(f"  {remark}"))
        self.stdout.write("Nothing was written." if options["plan"] else "Look at the files, and commit them.")

    # --abort

    def _abort(self, deploy: Deploy, text: TextReport, options: dict[str, Any]) -> None:
        app_label, name = options["app_label"], options["migration_name"]
        migrations = half_done(deploy, app_label, name)
        if options["check_unapplied"]:
            if migrations:
                sys.exit(CHECK_READY)
            return
        if options["plan"]:
            if options["json"]:
                JsonReport(self.stdout).write(abort_data(migrations))
            else:
                self.stdout.write("\n".join(abort_lines(migrations, self.style)))
            return
        self._take_back(deploy, migrations, options)
        if options["json"]:
            JsonReport(self.stdout).write({"event": "aborted", "migrations": [str(one) for one in migrations]})
        elif not migrations:
            text.line("  No migration is half done: there is nothing to take back.")

    def _take_back(self, deploy: Deploy, migrations: Sequence[HalfDone], options: dict[str, Any]) -> None:
        app_label, name = options["app_label"], options["migration_name"]
        refuse_what_cannot_be_taken_back(migrations)
        if migrations:
            with deploy.turn():
                migrations = half_done(deploy, app_label, name)  # somebody else may have gone on meanwhile
                refuse_what_cannot_be_taken_back(migrations)
                with deploy.journaled("abort"):
                    abort(deploy, deploy.asker(), migrations, deploy.report)

    def _look(self, deploy: Deploy, syncdb: list[str], options: dict[str, Any]) -> Plan:
        if syncdb and options["app_label"]:
            return Plan((), (), backwards=False, new_database=False)
        return deploy.look(options["app_label"], options["migration_name"])

    def get_check_kwargs(self, options: dict[str, Any]) -> Any:
        """As ``migrate``'s; with ``--since`` nobody asks the database."""
        kwargs: Any = super().get_check_kwargs(options)
        return {**kwargs, "databases": []} if options["since"] else kwargs

    def execute(self, *args: Any, **options: Any) -> str | None:
        """As Django's, with errors of the connection in words: system checks already talk to the database."""
        try:
            with speaking_of(connections[options.get("database") or "default"]):
                return super().execute(*args, **options)
        except SafeMigrateError as error:
            if options.get("json") or options.get("format") == JSON:
                JsonReport(self.stdout).write(failure_data(error))
            raise
        finally:
            if self.surface is not None:
                self.surface.close()  # before somebody writes an error

    def _import_management_modules(self) -> None:
        """As ``migrate`` does: receivers of the signals register there."""
        for config in apps.get_app_configs():
            if config.module is not None and module_has_submodule(config.module, "management"):
                import_module(".management", config.name)

    # --run-syncdb

    def _syncdb(self, deploy: Deploy, options: dict[str, Any]) -> list[str]:
        """The labels of the apps without migrations that are to get their tables."""
        if not options["run_syncdb"]:
            return []
        unmigrated = deploy.runner.loader.unmigrated_apps
        label = options["app_label"]
        if label is None:
            return sorted(unmigrated)
        if label not in unmigrated:
            raise UsageError(
                f"--run-syncdb cannot be used with app {label!r}.",
                "It has migrations, or it is not installed; --run-syncdb makes the tables of apps without migrations.",
                f"Run: manage.py safemigrate {label}",
            )
        return [label]

    def _run_syncdb(self, deploy: Deploy, labels: list[str]) -> None:
        if labels:
            self.sync_apps(deploy.connection, labels)

    # Telling

    def _show_status(self, settings: Settings, options: dict[str, Any]) -> None:
        alias = options["database"]
        seen = look_around(connections[alias], settings, options["app_label"], options["migration_name"])
        following = whats_next(seen, "" if alias == DEFAULT_DB_ALIAS else f" --database {alias}")
        if options["json"]:
            JsonReport(self.stdout).write(status_data(seen, following))
        else:
            surface = surface_for(self.stdout, colour=not options["no_color"], timed=False)
            show_status(seen, following, surface, self.style)

    def _check(self, plan: Plan) -> None:
        if plan.with_status(Status.BLOCKED):
            sys.exit(CHECK_BLOCKED)
        if plan.ready:
            sys.exit(CHECK_READY)
        if plan.with_status(Status.DELAYED):
            sys.exit(CHECK_DELAYED)

    def _say_what(self, plan: Plan, phase: Phase, text: TextReport) -> None:
        if plan.backwards:
            text.line(self.style.MIGRATE_HEADING("Undoing migrations:"))
        elif plan.new_database:
            text.line(self.style.MIGRATE_HEADING("The database is new: running everything at once:"))
        else:
            text.line(self.style.MIGRATE_HEADING(f"The phase {phase.title}:"))
        for planned in plan.with_status(Status.BLOCKED):
            text.line(self.style.ERROR(f"  blocked: {planned.name} {planned.reason}"))
        for planned in plan.with_status(Status.READY):
            if planned.assigned.warning:
                text.line(self.style.WARNING(f"  beware: {planned.name}: {planned.assigned.warning}"))

    def _say_what_next(self, deploy: Deploy, plan: Plan, phase: Phase, text: TextReport) -> None:
        if not plan.ready:
            text.line("  Nothing to apply." if plan.planned else "  No migrations to apply.")
        delayed = plan.with_status(Status.DELAYED)
        for (app_label, name), backfill in deploy.runner.waiting.items():
            text.line(f"  {self.style.WARNING('waits')}: {app_label}.{name} for the backfill {backfill}")
        if deploy.runner.waiting:
            text.line("  When it is done (manage.py backfill list), run the same command again: it goes on from there.")
        for planned in delayed:
            until = f", from {planned.until:%Y-%m-%d %H:%M %Z}" if planned.until else ""
            text.line(f"  {self.style.WARNING('delayed')}: {planned.name} {planned.reason}{until}")
        if not plan.planned:
            self._hint_at_changes(deploy, text)

    def _hint_at_changes(self, deploy: Deploy, text: TextReport) -> None:
        autodetector = self.autodetector(deploy.runner.loader.project_state(), ProjectState.from_apps(apps))
        changes = autodetector.changes(graph=deploy.runner.loader.graph)
        if changes:
            labels = ", ".join(sorted(changes))
            text.line(self.style.NOTICE(f"  Models have changes that are in no migration yet: {labels}."))
            text.line(self.style.NOTICE("  Run: manage.py makemigrations"))


def _count(name: str, number: int) -> int:
    if number < 1:
        raise UsageError(f"{name} is {number}.", "It is how many processes fill rows.", f"Write {name} 1 or more.")
    return number


def _summary(deploy: Deploy, plan: Plan, phase: Phase) -> dict[str, Any]:
    return {
        "event": "done",
        "phase": phase.value,
        **{status.value: [planned.name for planned in plan.with_status(status)] for status in Status},
        "waiting": {f"{app_label}.{name}": backfill for (app_label, name), backfill in deploy.runner.waiting.items()},
    }


@contextlib.contextmanager
def _translated() -> Iterator[None]:
    """What Django raises for people, as one of our errors."""
    try:
        yield
    except IrreversibleError as error:
        raise UsageError(
            str(error),
            "It has no way back, so nothing before it can be undone either.",
            "Migrate to this migration or a later one, or give the operation a reverse.",
        ) from error
