"""``manage.py makemigrations``: what the next app's (or Django's) command writes, split by phase."""

from __future__ import annotations

import sys
from collections import deque
from pathlib import Path
from typing import Any

from django.core.management.base import CommandParser
from django.core.management.utils import run_formatters
from django.db import DEFAULT_DB_ALIAS, connections
from django.db.migrations import Migration
from django.db.migrations.autodetector import MigrationAutodetector
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.state import ProjectState
from django.db.migrations.writer import MigrationWriter

from django_safemigrate.decisions.inferring import Judge, Place
from django_safemigrate.decisions.rules import Level, Refusal
from django_safemigrate.doing.autodetector import SUFFIXES
from django_safemigrate.doing.headers import CLASS_LINE, with_safe
from django_safemigrate.doing.whose import refuse_installed
from django_safemigrate.management.asking import PHASES, Asking
from django_safemigrate.management.next_command import next_autodetector, next_command
from django_safemigrate.management.questioner import Questioner
from django_safemigrate.management.telling import Told, summary
from django_safemigrate.values.errors import UsageError
from django_safemigrate.values.phases import Safe, When, declared

_Command = next_command("makemigrations")
Changes = dict[str, list[Migration]]


class Command(_Command):  # type: ignore[valid-type, misc]
    help = "Creates new migrations for apps, one for each phase of a deploy."
    autodetector = next_autodetector

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        # Migrations whose whole text --dry-run -v 3 is about to show.
        self._shown: deque[Migration] = deque()

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        parser.add_argument(
            "--answer",
            action="append",
            default=[],
            metavar="ABOUT=NUMBER",
            help="Answer a question beforehand, for example shop.order.number.unique=2. Can be given more than once.",
        )
        parser.add_argument(
            "--allow-unsafe",
            choices=PHASES,
            help="Write changes for which there is no way that both releases survive, to run in this phase.",
        )

    def handle(self, *app_labels: str, **options: Any) -> None:
        """As the base class does. Without a terminal nobody is asked. Raises ``ModelsFirst``, ``Refused``, ``UsageError``."""
        output = self.stderr if options["scriptable"] else self.stdout
        terminal = bool(options["interactive"]) and _is_terminal(sys.stdin) and _is_terminal(output)
        if not options["merge"]:  # there, not to be asked means yes
            options["interactive"] = terminal
        self._check_changes = options["check_changes"]
        dry = options["dry_run"] or options["check_changes"]
        insist = PHASES.get(options["allow_unsafe"])
        self._asking = Asking(options["answer"], insist, output.write if terminal and not dry else None)
        self.written_files: list[str] = []
        self._detector: Any = None
        self._questioner: Questioner | None = None
        self.autodetector = self._asking_autodetector(terminal)
        try:
            super().handle(*app_labels, **options)
        except (EOFError, KeyboardInterrupt):
            output.write("\nCancelled." if self.written_files else "\nCancelled. Nothing was written.")
            sys.exit(1)
        self._asking.check_answers()

    def _asking_autodetector(self, terminal: bool) -> type[MigrationAutodetector]:
        """The class of this command, for one run: it asks, and is remembered."""
        command = self

        class Asks(type(self).autodetector):  # type: ignore[misc]
            def __init__(
                self, before: ProjectState, after: ProjectState, questioner: Any = None, *args: Any, **more: Any
            ) -> None:
                command._questioner = Questioner(questioner, before, after, command.log, terminal=terminal)
                super().__init__(before, after, command._questioner, *args, choices=command._asking.choices, **more)
                command._detector = self

        return Asks

    def write_migration_files(self, changes: Changes, update_previous_migration_paths: Any = None) -> None:
        """As the base class does, with the phase in each file, and said at the end.

        Raises ``ModelsFirst``, ``Refused`` and ``UsageError`` before anything is written.
        """
        if not self.dry_run:
            refuse_installed(changes)
        self._asking.check_answers()
        self._asking.check_models()
        refusals, insist = self._detector.refusals, self._detector.insist
        refused = self._asking.refused(refusals) if refusals and insist is None else None
        if refused and not self._check_changes:
            raise refused
        if update_previous_migration_paths:
            _keep_suffixes(changes, update_previous_migration_paths)
        migrations = [migration for of_app in changes.values() for migration in of_app]
        self._shown = deque(migrations)
        # Other packages' commands know the second argument only where Django gives it.
        more = () if update_previous_migration_paths is None else (update_previous_migration_paths,)
        super().write_migration_files(changes, *more)
        written = [migration for migration in migrations if self._write_phase(migration)]
        if written:  # without files, a formatter would be started for nothing
            run_formatters([MigrationWriter(migration).path for migration in written], stderr=self.stderr)
        if refused:
            self.stderr.write(str(refused))
        elif self.verbosity >= 1:
            self._tell(migrations, refusals, insist)

    def _tell(self, migrations: list[Migration], refusals: list[Refusal], insist: Level | None) -> None:
        told = Told(
            migrations,
            refusals,
            insist,
            tuple(self._asking.assumed),
            self._questioner.possible_renames if self._questioner else (),
            bool(self.written_files),
        )
        for line in summary(told, self.style):
            self.log(line)

    def handle_merge(self, loader: MigrationLoader, conflicts: dict[str, list[str]]) -> None:
        """As the base class does, in apps of the project only. Raises ``UsageError``."""
        if not self.dry_run:
            refuse_installed(dict.fromkeys(conflicts, ()))
        super().handle_merge(loader, conflicts)

    def log(self, msg: str) -> None:
        """The whole text of a migration (--dry-run -v 3) is shown with its phase."""
        if CLASS_LINE in msg and self._shown:
            migration = self._shown.popleft()
            safe = getattr(migration, "safe", None)
            msg = with_safe(msg, safe, _reason(migration)) if isinstance(safe, Safe) else msg
        super().log(msg)

    def _write_phase(self, migration: Migration) -> bool:
        path = Path(MigrationWriter(migration).path) if self.written_files else None
        if path is None or str(path) not in self.written_files or not hasattr(migration, "safe"):
            return False
        if not path.exists():  # another package's command took it back, as django-migration-linter does
            return False
        text = path.read_text(encoding="utf-8")
        path.write_text(with_safe(text, declared(migration), _reason(migration)), encoding="utf-8")
        return True

    def write_to_last_migration_files(self, changes: Changes) -> None:
        """``--update``: never merges across a phase. Raises ``UsageError`` where it would."""
        if not self.dry_run:
            refuse_installed(changes)
        loader = MigrationLoader(connections[DEFAULT_DB_ALIAS])
        for app_label, migrations in changes.items():
            # One without operations joins an expand with an earlier contract: not what the changes need.
            phases = {declared(migration).when for migration in migrations if migration.operations}
            if len(phases) > 1:
                raise UsageError(
                    f"The changes of {app_label} need a migration before deploy and one after it.",
                    "--update writes into one migration, which runs in one phase.",
                    f"Run: manage.py makemigrations {app_label}",
                )
            for leaf in loader.graph.leaf_nodes(app_label)[:1]:
                last = loader.graph.nodes[leaf]
                runs = _runs(last, loader)
                # In either phase means before deploy, too: what has to run there may join it, the rest may not.
                also = {When.BEFORE_DEPLOY} if runs is When.ALWAYS and not hasattr(last, "safe") else set()
                if not phases <= {runs, *also}:
                    raise UsageError(
                        f"The last migration of {app_label}, {last.name}, runs {_words(runs)}; the changes "
                        f"have to run {_words(*phases)}.",
                        "--update would merge two phases into one migration.",
                        f"Run: manage.py makemigrations {app_label}",
                    )
        super().write_to_last_migration_files(changes)


def _runs(migration: Migration, loader: MigrationLoader) -> When:
    """When a migration of the project runs: as declared, or as its operations say; in either phase where they do not."""
    if hasattr(migration, "safe"):
        return declared(migration).when
    before = loader.project_state((migration.app_label, migration.name), at_end=False)
    places = Judge(before).judge(migration).places
    by_place = {Place.BEFORE: When.BEFORE_DEPLOY, Place.AFTER: When.AFTER_DEPLOY}
    return by_place.get(places.pop(), When.ALWAYS) if len(places) == 1 else When.ALWAYS


def _reason(migration: Migration) -> str:
    """Why a migration that has just been made depends on what it does; empty where that is plain."""
    return str(getattr(migration, "safemigrate_reason", ""))


def _is_terminal(stream: Any) -> bool:
    return stream is not None and bool(stream.isatty())


def _words(*phases: When) -> str:
    return {When.BEFORE_DEPLOY: "before deploy", When.AFTER_DEPLOY: "after deploy"}.get(phases[0], "in either phase")


def _keep_suffixes(changes: Changes, previous_paths: dict[str, str]) -> None:
    """``--update`` gives a migration a new name; the phase stays in it.

    The name has to be another one than before, since Django removes the previous file after it has written this one.
    """
    for app_label, path in previous_paths.items():
        previous = Path(path).stem
        for suffix in SUFFIXES.values():
            for migration in changes.get(app_label, ()):
                if previous.endswith(suffix) and not migration.name.endswith(suffix):
                    stem = migration.name.replace(suffix + "_updated", "_updated")
                    migration.name = stem + suffix if stem + suffix != previous else f"{stem}_updated{suffix}"
