"""``manage.py lintmigrations``: the review of migrations before they are merged."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandParser
from django.db import DEFAULT_DB_ALIAS, connections
from django.db.migrations.loader import MigrationLoader

from django_safemigrate.catalog.query import Connection
from django_safemigrate.doing.phases import Touching, check_labels
from django_safemigrate.linting.baseline import Baseline, baseline_text, read_baseline
from django_safemigrate.linting.checks import all_codes
from django_safemigrate.linting.collecting import rarely_collecting
from django_safemigrate.linting.files import Files
from django_safemigrate.linting.fixing.applied import applied_where_files_change
from django_safemigrate.linting.fixing.needed import check_library, has_library
from django_safemigrate.linting.history import inspected
from django_safemigrate.linting.inspected import Conditions
from django_safemigrate.linting.loading import from_database, from_files
from django_safemigrate.linting.review import Review, Reviewing, check_severities, severity_of, unknown_code
from django_safemigrate.linting.revisions import root_of
from django_safemigrate.linting.selecting import Selecting, Selection
from django_safemigrate.linting.sizes import read_sizes
from django_safemigrate.reporting.findings import FORMATS, writer_of
from django_safemigrate.reporting.jsonlines import JsonReport, failure_data
from django_safemigrate.values.errors import SafeMigrateError, UsageError
from django_safemigrate.values.findings import MigratesWith, Severity
from django_safemigrate.values.linting import LintSettings
from django_safemigrate.values.settings import Mode, Settings, read_settings

# Forms for people, and for scripts that run where they were called; the others are for services that know the repository.
_FROM_HERE = {"text", "json"}


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
        self._add_ways(parser)
        parser.add_argument("--format", choices=FORMATS, default="text", help="In which form to write (default text).")
        parser.add_argument(
            "--suppressed",
            action="store_true",
            help="With --format sarif: also what comments or the baseline let pass, marked as such.",
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
        parser.add_argument("--sizes", metavar="FILE", help="How large the tables are in production.")
        parser.add_argument("--baseline", metavar="FILE", help="Leave out the findings that this file knows.")
        parser.add_argument("--write-baseline", metavar="FILE", help="Write what is found into this file, as known.")
        parser.add_argument(
            "--fix", action="store_true", help="Correct what needs no thought, in the files, and show what was changed."
        )
        parser.add_argument("--diff", action="store_true", help="Show what --fix would change, and write nothing.")
        parser.add_argument("--list-codes", action="store_true", help="List every kind of finding.")
        parser.add_argument("--explain", metavar="CODE", help="Say what a kind of finding is.")

    def _add_ways(self, parser: CommandParser) -> None:
        parser.add_argument("--since", metavar="REVISION", help="What is new or changed since a revision of git.")
        parser.add_argument("--all", action="store_true", help="Every migration, as if each had been a release.")
        parser.add_argument("--all-apps", action="store_true", help="Also migrations of installed packages.")
        parser.add_argument(
            "--database", default=DEFAULT_DB_ALIAS, help='The database that says what is pending (default "default").'
        )

    def handle(self, *args: Any, **options: Any) -> None:
        settings = read_settings()
        check_severities(settings.lint.severity)
        if options["list_codes"] or options["explain"]:
            for line in _explained(options["explain"], settings.lint):
                self.stdout.write(line)
            return
        if options["suppressed"] and options["format"] != "sarif":
            raise UsageError(
                "--suppressed goes with --format sarif.",
                "No other form can say of a finding that it does not count.",
                "Run: manage.py lintmigrations --format sarif --suppressed",
            )
        with rarely_collecting():
            found = self._review(settings, options)
        if options["write_baseline"]:
            Path(options["write_baseline"]).write_text(baseline_text(found.findings), encoding="utf-8")
            self.stdout.write(f"{_count(len(found.findings), 'finding')} written to {options['write_baseline']}.")
            return
        here = Path.cwd()
        if options["fix"] or options["diff"]:
            self._fix(found, settings, options, here)
        elif options["format"] == "json" and has_library():
            self._say_what_is_fixable(found, settings, options)
        root = here if options["format"] in _FROM_HERE else root_of(here) or here
        passed = [*found.suppressed, *found.known] if options["suppressed"] else []
        for line in writer_of(options["format"])([*found.findings, *passed], root):
            self.stdout.write(line)
        if options["format"] == "text" and options["verbosity"]:
            self.stdout.write(_summary(found))
        if found.at_least(Severity(options["fail_on"])):
            sys.exit(1)

    def _fix(self, found: Review, settings: Settings, options: dict[str, Any], here: Path) -> None:
        """Correct what can be; with ``--fix`` those findings no longer count."""
        check_library()
        from django_safemigrate.linting.fixing.fixing import fixes

        runner = MigratesWith(options["runner"]) if options["runner"] else settings.lint.runner
        connection = connections[options["database"]]
        done = fixes(found.findings, from_files(), Files(), runner, applied_where_files_change(connection))
        if options["format"] == "text":
            for line in (*done.diff(here), *done.said(written=not options["diff"])):
                self.stdout.write(line)
        if not options["diff"]:
            done.write()
            found.findings = [one for one in found.findings if one not in done.fixed]

    def _say_what_is_fixable(self, found: Review, settings: Settings, options: dict[str, Any]) -> None:
        from django_safemigrate.linting.fixing.fixing import with_fixable

        runner = MigratesWith(options["runner"]) if options["runner"] else settings.lint.runner
        found.findings = with_fixable(found.findings, from_files(), Files(), runner)

    def execute(self, *args: Any, **options: Any) -> str | None:
        """As Django's; as JSON, an error is a line, too."""
        try:
            return super().execute(*args, **options)
        except SafeMigrateError as error:
            if options.get("format") == "json":
                JsonReport(self.stdout).write(failure_data(error))
            raise

    def _review(self, settings: Settings, options: dict[str, Any]) -> Review:
        baseline = _baseline(settings.lint, options)
        loader, files = self._loader(options), Files()
        check_labels(settings, loader)
        selecting = Selecting(loader, files, ignored=settings.lint.ignored_apps, all_apps=options["all_apps"])
        selection = self._selection(selecting, options)
        runner = MigratesWith(options["runner"]) if options["runner"] else settings.lint.runner
        sizes = options["sizes"] or settings.lint.sizes
        conditions = Conditions(
            runner,
            sizes=read_sizes(Path(sizes)) if sizes else {},
            postgres=settings.lint.postgresql,
            small=settings.small_table,
        )
        connection = connections[options["database"]]
        live = selection.pending and runner is MigratesWith.SAFEMIGRATE and settings.mode is not Mode.DISABLED
        refused = _refused(connection, settings) if live else {}
        seen = inspected(loader, selection, conditions, settings, files, Touching(connection), refused)
        return Reviewing(settings.lint.severity, runner, baseline, live=live).run(seen)

    def _loader(self, options: dict[str, Any]) -> MigrationLoader:
        ways = [options["names"], options["since"], options["all"]]
        if sum(map(bool, ways)) > 1:
            raise UsageError(
                "Names, --since and --all do not go together.",
                "Each of them says which migrations to look at.",
                "Run: manage.py lintmigrations --all",
            )
        if options["database"] not in connections:
            raise UsageError(
                f"There is no database {options['database']!r}.",
                f"DATABASES has {', '.join(connections)}.",
                "Correct --database, and run the command again.",
            )
        return from_files() if any(ways) else from_database(connections[options["database"]])

    def _selection(self, selecting: Selecting, options: dict[str, Any]) -> Selection:
        if options["names"]:
            return selecting.named(options["names"])
        if options["since"]:
            return selecting.since(options["since"])
        if options["all"]:
            return selecting.everything()
        return selecting.pending()


def _refused(connection: Connection, settings: Settings) -> dict[tuple[str, str], str]:
    from django_safemigrate.linting.live import refusals  # and with it what runs migrations, which files do not need

    return refusals(connection, settings)


def _baseline(settings: LintSettings, options: dict[str, Any]) -> Baseline:
    path = options["baseline"] or settings.baseline
    return read_baseline(Path(path)) if path and not options["write_baseline"] else Baseline()


def _explained(code: str | None, settings: LintSettings) -> Iterator[str]:
    """All codes, a line each; of one, what it is. Raises ``UsageError`` for one that there is not."""
    if code and code.upper() not in all_codes():
        raise unknown_code(code, "--explain takes one that there is.")
    for known in all_codes().values():
        severity = severity_of(known, settings.severity).value
        if not code:
            yield f"{known.code}  {severity:<7}  {known.name:<28} {known.title}"
        elif known.code == code.upper():
            yield f"{known.code} {known.name} ({severity})"
            yield f"  {known.title}"
            if known.only_with is not None:
                yield f"  A finding where {known.only_with.value} runs the migrations."
            yield f"  {known.url}"


def _summary(found: Review) -> str:
    counts = [
        _count(count, severity.value) if severity is not Severity.INFO else f"{count} info"
        for severity in Severity
        if (count := sum(one.severity is severity for one in found.findings))
    ]
    passed = [f"{len(found.suppressed)} suppressed"] if found.suppressed else []
    known = [f"{len(found.known)} in the baseline"] if found.known else []
    looked = f"{_count(len(found.migrations), 'migration')} looked at"
    return f"{looked}: {', '.join([*(counts or ['nothing found']), *passed, *known])}."


def _count(number: int, what: str) -> str:
    return f"{number} {what}{'' if number == 1 else 's'}"
