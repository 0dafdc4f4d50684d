"""``manage.py backfill``: look at backfills, work on them, and tell them what to do, from another shell while they run."""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Any

from django.core.management.base import BaseCommand, CommandParser
from django.db import DEFAULT_DB_ALIAS, connections
from django.utils import timezone

from django_safemigrate.catalog.query import Connection
from django_safemigrate.doing.backfill.crew import crew, told_to_stop
from django_safemigrate.doing.backfill.orders import pause, resume, set_batch_rows
from django_safemigrate.doing.backfill.overview import all_backfills
from django_safemigrate.doing.backfill.shift import AGAIN, Left, Shift
from django_safemigrate.doing.speaking import speaking_of
from django_safemigrate.reporting.backfills import backfills_data, show_backfills
from django_safemigrate.reporting.choosing import surface_for
from django_safemigrate.reporting.jsonlines import JsonReport, failure_data
from django_safemigrate.reporting.surface import Surface
from django_safemigrate.reporting.text import TextReport
from django_safemigrate.values.errors import SafeMigrateError, UsageError
from django_safemigrate.values.events import ThrottleGap
from django_safemigrate.values.settings import duration_option, read_settings

# Seconds for which --once waits for what is held back just now.
ONCE = 3.0

AUTO = "auto"

# The exit status of a shell's command that Ctrl-C has ended.
INTERRUPTED = 130


class Command(BaseCommand):
    """``list``, ``work``, ``pause``, ``resume`` and ``set``.

    Exit status: 0 done, 1 a backfill failed, 2 bad argument or setting, 3 database not reachable or not enough rights, 130
    ended by Ctrl-C.
    """

    help = "Shows backfills, works on them, pauses and resumes them, and changes the size of their batches."
    surface: Surface | None = None

    def add_arguments(self, parser: CommandParser) -> None:
        actions = parser.add_subparsers(dest="action", required=True, metavar="{list,work,pause,resume,set}")
        self._action(actions, "list", "Show the open backfills, how far they are, and the last ones that are done.")
        work = self._action(actions, "work", "Work on all open backfills until nothing is left.")
        work.add_argument(
            "--processes",
            type=int,
            default=1,
            metavar="N",
            help="How many processes work, each with its own connection (default 1).",
        )
        how_long = work.add_mutually_exclusive_group()
        how_long.add_argument(
            "--once",
            action="store_true",
            help="Do what can be done now, and do not wait for what is paused or held back.",
        )
        how_long.add_argument(
            "--wait",
            action="store_true",
            help="Where nothing is left, wait for the next backfill, until SIGTERM.",
        )
        work.add_argument(
            "--for",
            dest="seconds",
            metavar="DURATION",
            help="End after so long, for example 10m, and leave the rest to others.",
        )
        self._named(actions, "pause", "Have no further batch of a backfill begin.")
        self._named(actions, "resume", "Go on with a backfill that was paused.")
        change = self._named(actions, "set", "Change a backfill while it runs.")
        change.add_argument(
            "--batch-rows",
            required=True,
            metavar="N",
            help=f"Rows of a batch; {AUTO}: as many as the time of a batch allows.",
        )

    def _action(self, actions: Any, name: str, words: str) -> CommandParser:
        parser: CommandParser = actions.add_parser(name, help=words, description=words)
        parser.add_argument("--database", default=DEFAULT_DB_ALIAS, help='The database (default "default").')
        parser.add_argument("--json", action="store_true", help="Write JSON lines, for pipelines.")
        return parser

    def _named(self, actions: Any, name: str, words: str) -> CommandParser:
        parser = self._action(actions, name, words)
        parser.add_argument("name", metavar="NAME", help="Its name, its number, or the beginning of its name.")
        return parser

    def handle(self, *args: Any, **options: Any) -> None:
        action = getattr(self, f"_{options['action']}")
        action(self._connection(options["database"]), options)

    def execute(self, *args: Any, **options: Any) -> str | None:
        """As Django's; with ``--json`` an error is a line, too."""
        try:
            return super().execute(*args, **options)
        except SafeMigrateError as error:
            if options.get("json"):
                JsonReport(self.stdout).write(failure_data(error))
            raise
        finally:
            if self.surface is not None:
                self.surface.close()

    def _connection(self, alias: str) -> Connection:
        if alias not in connections:
            raise UsageError(
                f"There is no database {alias!r}.",
                f"DATABASES has {', '.join(connections)}.",
                "Correct --database, and run the command again.",
            )
        connection = connections[alias]
        if connection.vendor != "postgresql":
            raise UsageError(
                f"The database {alias!r} is {connection.vendor}.",
                "Backfills are shared among workers on PostgreSQL only.",
                "Run: manage.py migrate",
            )
        return connection

    # Looking

    def _list(self, connection: Connection, options: dict[str, Any]) -> None:
        with speaking_of(connection):
            seen = all_backfills(connection, timezone.now())
        if options["json"]:
            JsonReport(self.stdout).write(backfills_data(seen))
        else:
            show_backfills(seen, surface_for(self.stdout, colour=not options["no_color"], timed=False), self.style)

    # Working

    def _work(self, connection: Connection, options: dict[str, Any]) -> None:
        processes = options["processes"]
        if processes < 1:
            raise UsageError(
                f"--processes is {processes}.",
                "At least one has to work.",
                "Run: manage.py backfill work --processes 2",
            )
        self.surface = surface_for(self.stdout, colour=not options["no_color"])
        text, lines = TextReport(self.surface, self.style), JsonReport(self.stdout)
        report: Any = lines if options["json"] else text if options["verbosity"] else lambda event: None
        seconds = duration_option("--for", options["seconds"]) or float("inf")
        patience = ONCE if options["once"] else float("inf")
        shift = Shift(
            connection, read_settings(), seconds, patience, report=report, tell=lambda line: report(ThrottleGap(line))
        )

        if options["wait"]:
            shift.waits, shift.fails = self._waiting(options)
        try:
            with told_to_stop() as told:
                shift.stops = told
                waiting = options["wait"]
                with crew(connection, processes - 1, seconds=seconds, patience=patience, waiting=waiting, told=told):
                    left = shift.run()
        except KeyboardInterrupt:
            self.surface.close()
            self.stderr.write("Interrupted; other workers, or the next call, go on from here.")
            sys.exit(INTERRUPTED)
        if options["json"]:
            lines.write({"event": "shift_done", "left": left.name.lower(), "failed": sorted(shift.failed)})
        elif options["verbosity"]:
            text.line(_TOLD if told() else _ENDS[left])
        for name, error in shift.failed.items():
            raise error if isinstance(error, SafeMigrateError) else _failed(name, error)

    def _waiting(self, options: dict[str, Any]) -> tuple[Callable[[], None], Callable[[str, Exception], None]]:
        """How ``--wait`` says that it waits for the next one, and that one will be tried again."""

        def waits() -> None:
            if options["json"]:
                JsonReport(self.stdout).write({"event": "shift_waits"})
            elif options["verbosity"]:
                assert self.surface is not None
                TextReport(self.surface, self.style).line("Nothing is left to do; waiting for the next backfill.")

        def fails(name: str, error: Exception) -> None:
            said = str(error).strip()
            if options["json"]:
                JsonReport(self.stdout).write({"event": "backfill_failed", "name": name, "error": said})
            else:
                self.stderr.write(f"{name} failed, and is tried again in {AGAIN:.0f} s: {said}")

        return waits, fails

    # Telling

    def _pause(self, connection: Connection, options: dict[str, Any]) -> None:
        with speaking_of(connection):
            name = pause(connection, options["name"])
        self._say(options, "paused", name, f"{name} is paused: its workers stop within about a second.")

    def _resume(self, connection: Connection, options: dict[str, Any]) -> None:
        with speaking_of(connection):
            name = resume(connection, options["name"])
        self._say(options, "resumed", name, f"{name} goes on.")

    def _set(self, connection: Connection, options: dict[str, Any]) -> None:
        rows = _batch_rows(options["batch_rows"])
        with speaking_of(connection):
            name = set_batch_rows(connection, options["name"], rows)
        words = "as many rows as their time allows" if rows is None else f"{rows:,} rows"
        self._say(options, "changed", name, f"Batches of {name} have {words} from now on.", batch_rows=rows)

    def _say(self, options: dict[str, Any], event: str, name: str, words: str, **data: Any) -> None:
        if options["json"]:
            JsonReport(self.stdout).write({"event": event, "name": name, **data})
        elif options["verbosity"]:
            self.stdout.write(words)


_ENDS = {
    Left.NOTHING: "Nothing is left to do.",
    Left.MORE: "The time is over; other workers, or the next call, go on from here.",
    Left.HELD_BACK: "What is left is paused, or waits for something: manage.py backfill list",
}


_TOLD = "Told to stop; other workers, or the next call, go on from here."


def _batch_rows(value: str) -> int | None:
    if value == AUTO:
        return None
    if not value.isascii() or not value.isdigit() or not 0 < int(value) <= 1_000_000:
        raise UsageError(
            f"--batch-rows is {value!r}.",
            f"It is a number of rows from 1 to 1000000, or {AUTO}.",
            "Run the command again with, for example, --batch-rows 500.",
        )
    return int(value)


def _failed(name: str, error: Exception) -> SafeMigrateError:
    return SafeMigrateError(
        f"{name} failed: {str(error).strip()}",
        "What was filled stays filled.",
        "Correct the migration or the data, and run the same command again.",
    )
