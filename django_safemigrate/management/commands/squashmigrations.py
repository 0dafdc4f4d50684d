"""``manage.py squashmigrations``: what the next app's (or Django's) command writes, with a phase, and not across phases."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from django.core.management.base import CommandError, CommandParser
from django.core.management.utils import run_formatters
from django.db.migrations import Migration
from django.db.migrations.loader import MigrationLoader

from django_safemigrate.decisions.inferring import Judge
from django_safemigrate.decisions.squashing import Squashed, phases_of, ranges, safe_of
from django_safemigrate.doing.headers import with_safe
from django_safemigrate.doing.whose import migrations_directory
from django_safemigrate.management.next_command import next_command
from django_safemigrate.values.errors import UsageError
from django_safemigrate.values.phases import Safe

_Command = next_command("squashmigrations")


class Command(_Command):  # type: ignore[valid-type, misc]
    help = (
        "Squashes migrations of an app into one, and never those of both phases that a live database could run as one."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        parser.add_argument(
            "--applied-everywhere",
            action="store_true",
            help="Every database has applied all of them: squash them although they belong to both phases.",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        squashed = self._squashed(options)
        from_the_start = not options["start_migration_name"] or self._is_first(squashed)
        found = ranges(squashed)
        if not from_the_start and len(found) != 1 and not options["applied_everywhere"]:
            raise _mixed(squashed, found)
        app_label = options["app_label"]
        before = _files(app_label)
        super().handle(*args, **options)
        safe = safe_of(squashed, from_the_start=from_the_start)
        if safe is not None:
            self._declare(sorted(_files(app_label) - before), safe)

    def _squashed(self, options: dict[str, Any]) -> list[Squashed]:
        """Those that Django is going to squash; none where it will say that something is wrong."""
        loader, app_label = MigrationLoader(None), options["app_label"]
        try:
            last = self.find_migration(loader, app_label, options["migration_name"])
            start = options["start_migration_name"]
            first = self.find_migration(loader, app_label, start) if start else None
        except CommandError:
            return []
        keys = [key for key in loader.graph.forwards_plan((app_label, last.name)) if key[0] == app_label]
        if first is not None:
            keys = keys[keys.index((app_label, first.name)) :] if (app_label, first.name) in keys else []
        if not keys:
            return []
        judge = Judge(loader.project_state(keys[0], at_end=False))
        return phases_of([loader.graph.nodes[key] for key in keys], judge)

    def _is_first(self, squashed: Sequence[Squashed]) -> bool:
        """Whether the first of them is the first of its app."""
        if not squashed:
            return True
        first = squashed[0].migration
        return not any(app == first.app_label for app, _ in first.dependencies)

    def _declare(self, paths: Sequence[Path], safe: Safe) -> None:
        for path in paths:
            path.write_text(with_safe(path.read_text(encoding="utf-8"), safe), encoding="utf-8")
        run_formatters([str(path) for path in paths], stderr=self.stderr)


def _files(app_label: str) -> set[Path]:
    directory = migrations_directory(app_label)
    return set(directory.glob("*.py")) if directory is not None else set()


def _mixed(squashed: Sequence[Squashed], found: Sequence[Sequence[Migration]]) -> UsageError:
    first, last = squashed[0].migration, squashed[-1].migration
    commands = [
        f"  manage.py squashmigrations {first.app_label} {run[0].name} {run[-1].name}" for run in found if len(run) > 1
    ]
    ways = ["These belong to one phase each:", *commands] if commands else []
    return UsageError(
        f"The migrations of {first.app_label} from {first.name} to {last.name} belong to both phases.",
        "A database that has none of them, and has the tables, would run both phases as one.",
        "\n".join(
            [
                *ways,
                "From the first migration on there is no such database: "
                f"manage.py squashmigrations {first.app_label} {last.name}",
                "If every database has all of them: the same command with --applied-everywhere",
            ]
        ),
    )
