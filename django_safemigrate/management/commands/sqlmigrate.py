"""Django's ``sqlmigrate``, with the very statements that ``safemigrate`` would run, and what each of them locks."""

from __future__ import annotations

from typing import Any

from django.db import connections
from django.db.migrations.loader import MigrationLoader

from django_safemigrate.compile.operations import Compiler
from django_safemigrate.compile.situation import Allowances
from django_safemigrate.decisions.assigning import assign
from django_safemigrate.decisions.inferring import Judge
from django_safemigrate.decisions.planning import Planned, Status
from django_safemigrate.doing.phases import Touching, own_file
from django_safemigrate.doing.preview import preview_migration
from django_safemigrate.doing.targets import resolve_targets
from django_safemigrate.management.next_command import next_command
from django_safemigrate.reporting.sql import sql_lines
from django_safemigrate.values.errors import UsageError
from django_safemigrate.values.settings import Mode, read_settings

_Command = next_command("sqlmigrate")


class Command(_Command):  # type: ignore[valid-type, misc]
    help = "Prints the SQL statements with which safemigrate would apply the named migration, with their locks."

    def handle(self, *args: Any, **options: Any) -> str:
        connection, settings = connections[options["database"]], read_settings()
        if connection.vendor != "postgresql" or settings.mode is Mode.DISABLED:
            return str(super().handle(*args, **options))
        self.output_transaction = False  # each statement is one of its own
        loader = MigrationLoader(connection, replace_migrations=False)
        ((app_label, name),) = resolve_targets(loader, options["app_label"], options["migration_name"])
        if name is None:
            raise UsageError(
                "sqlmigrate takes one migration, and 'zero' is none.",
                "It is where undoing all migrations of an app ends.",
                f"Run: manage.py showmigrations {app_label}",
            )
        migration = loader.graph.nodes[app_label, name]
        unsafe = settings.allows_unsafe(migration.app_label, migration.name)
        compiler = Compiler(migration, connection, Allowances(settings.small_table, unsafe), options["backwards"])
        state = loader.project_state((app_label, name), at_end=False)
        inferred = Judge(state, touches=Touching(connection)).judge(migration)
        planned = Planned(migration, Status.READY, "", assign(migration, inferred, settings, own_file(migration)))
        preview = preview_migration(compiler, planned, state)
        return "\n".join(sql_lines(preview, backwards=options["backwards"]))
