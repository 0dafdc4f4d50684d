"""``manage.py lintmigrations``: the review of migrations before they are merged."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandParser
from django.db import DEFAULT_DB_ALIAS, connections

from django_safemigrate.doing.phases import Touching, check_labels
from django_safemigrate.linting.files import Files
from django_safemigrate.linting.history import inspected
from django_safemigrate.linting.inspected import Conditions
from django_safemigrate.linting.loading import applied_on, from_files
from django_safemigrate.linting.review import Review, check_severities, review
from django_safemigrate.linting.selecting import Selecting, Selection
from django_safemigrate.reporting.findings import formats, writer_of
from django_safemigrate.reporting.jsonlines import JsonReport, failure_data
from django_safemigrate.values.errors import SafeMigrateError, UsageError
from django_safemigrate.values.findings import MigratesWith, Severity
from django_safemigrate.values.settings import Settings, read_settings


class Command(BaseCommand):
    """Looks at pending, changed or named migrations; asks a database only for what is pending on it.

    Exit status: 0 nothing is found that counts, 1 something is, 2 bad argument, setting or migration, 3 database not
    reachable.
    """

    help = "Says what migrations would do to production: locks, scans, rewrites, and what breaks the running release."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "names",
            nargs="*",
            metavar="APP [NAME ...]",
            help="Apps, migrations of theirs, or paths of files (default: what is pending on the database).",
        )
        parser.add_argument("--since", metavar="REVISION", help="What is new or changed since a revision of git.")
        parser.add_argument("--all", action="store_true", help="Every migration, as if each had been a release.")
        parser.add_argument("--all-apps", action="store_true", help="Also migrations of installed packages.")
        parser.add_argument(
            "--database", default=DEFAULT_DB_ALIAS, help='The database that says what is pending (default "default").'
        )
        parser.add_argument(
            "--format", choices=formats(), default="text", help="In which form to write (default text)."
        )
        parser.add_argument(
            "--json", action="store_const", const="json", dest="format", help="Short for --format json."
        )
        parser.add_argument(
            "--fail-on",
            choices=[one.value for one in Severity if one is not Severity.OFF],
            default=Severity.ERROR.value,
            help="How bad a finding has to be to end with exit status 1 (default error).",
        )
        parser.add_argument(
            "--runner",
            choices=[one.value for one in MigratesWith],
            help="Which command runs the migrations in production (default: as the settings say, or safemigrate).",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        settings = read_settings()
        check_severities(settings.lint.severity)
        found = self._review(settings, options)
        for line in writer_of(options["format"])(found.findings, Path.cwd()):
            self.stdout.write(line)
        if options["format"] == "text" and options["verbosity"]:
            self.stdout.write(_summary(found))
        if found.worst(Severity(options["fail_on"])):
            sys.exit(1)

    def execute(self, *args: Any, **options: Any) -> str | None:
        """As Django's; as JSON, an error is a line, too."""
        try:
            return super().execute(*args, **options)
        except SafeMigrateError as error:
            if options.get("format") == "json":
                JsonReport(self.stdout).write(failure_data(error))
            raise

    def _review(self, settings: Settings, options: dict[str, Any]) -> Review:
        loader, files = from_files(), Files()
        check_labels(settings, loader)
        selecting = Selecting(loader, files, ignored=settings.lint.ignored_apps, all_apps=options["all_apps"])
        selection = self._selection(selecting, options)
        runner = MigratesWith(options["runner"]) if options["runner"] else settings.lint.runner
        conditions = Conditions(runner, postgres=settings.lint.postgresql)
        touches = Touching(connections[options["database"]])
        return review(inspected(loader, selection, conditions, settings, files, touches), settings.lint.severity)

    def _selection(self, selecting: Selecting, options: dict[str, Any]) -> Selection:
        ways = [options["names"], options["since"], options["all"]]
        if sum(map(bool, ways)) > 1:
            raise UsageError(
                "Names, --since and --all do not go together.",
                "Each of them says which migrations to look at.",
                "Run: manage.py lintmigrations --all",
            )
        if options["names"]:
            return selecting.named(options["names"])
        if options["since"]:
            return selecting.since(options["since"])
        if options["all"]:
            return selecting.everything()
        return selecting.pending(applied_on(connections[options["database"]]))


def _summary(found: Review) -> str:
    counts = [
        f"{count} {severity.value}{'s' if count != 1 and severity is not Severity.INFO else ''}"
        for severity in Severity
        if (count := sum(one.severity is severity for one in found.findings))
    ]
    looked = f"{found.migrations} migration{'' if found.migrations == 1 else 's'} looked at"
    return f"{looked}: {', '.join(counts) or 'nothing found'}."
