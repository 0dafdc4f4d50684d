"""The tools, each as a careful user runs it who has read its README: settings, commands, and what they edit by hand."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from .changes import Change

Edit = Mapping[str, str]

FILL = """
from django.db import migrations, models

import deferred_migrations.operations


class Migration(migrations.Migration):
    dependencies = [("deferred_migrations", "0001_initial"), ("shop", "0001_initial")]
    operations = [deferred_migrations.operations.InstallNotNullFill("order", "weight", fill_sql="0")]
"""

FILLED = """
from django.db import migrations, models

import deferred_migrations.operations


class Migration(migrations.Migration):
    atomic = False
    dependencies = [("shop", "0002_fill_weight")]
    operations = [
        deferred_migrations.operations.BackfillNotNull("order", "weight", fill_sql="0"),
        deferred_migrations.operations.SetNotNull("order", "weight", models.IntegerField()),
    ]
"""


@dataclass(frozen=True)
class Runner:
    """``before`` and ``after`` are its commands before and after the deploy; with one phase there is no ``after``.

    ``app`` comes first in INSTALLED_APPS. ``module`` says that it lives in the environment of the others.
    ``swaps``: for a change, the operation in the file that makemigrations has written, and what the documentation says to
    put in its place in a migration that is not atomic. ``by_hand``: for a change, whole migrations instead.
    """

    name: str
    title: str
    before: Sequence[str]
    after: Sequence[str] | None = None
    app: str = ""
    module: str = ""
    distribution: str = ""
    settings: str = ""
    database_default: bool = False
    swaps: Mapping[str, Edit] = field(default_factory=dict)
    by_hand: Mapping[str, Edit] = field(default_factory=dict)

    def edited(self, change: Change, migration: str) -> str:
        """A migration that makemigrations has written, after what this tool's documentation says to do with it."""
        swaps = self.swaps.get(change.name, {})
        for operation, replacement in swaps.items():
            migration = migration.replace(f"migrations.{operation}(", f"{replacement}(")
        if not swaps:
            return migration
        modules = {replacement.rpartition(".")[0] for replacement in swaps.values()}
        imports = "".join(f"import {module}\n" for module in sorted(modules))
        migration = re.sub(r"^(from|import) ", rf"{imports}\1 ", migration, count=1, flags=re.MULTILINE)
        return migration.replace("(migrations.Migration):\n", "(migrations.Migration):\n    atomic = False\n")


def _safer(operation: str, replacement: str) -> Edit:
    return {operation: f"django_pg_migration_tools.operations.{replacement}"}


OURS = "ours"
RUNNERS = {
    runner.name: runner
    for runner in (
        Runner(
            OURS,
            "safemigrate",
            before=("safemigrate", "--noinput"),
            after=("safemigrate", "--noinput", "--after-deploy"),
            app="django_safemigrate",
        ),
        Runner("stock", "stock migrate", before=("migrate", "--noinput")),
        Runner(
            "zero-downtime",
            "pg-zero-downtime-migrations",
            before=("migrate", "--noinput"),
            module="django_zero_downtime_migrations",
            distribution="django-pg-zero-downtime-migrations",
            database_default=True,
            # "most safe settings" in its README
            settings="""
DATABASES["default"]["ENGINE"] = "django_zero_downtime_migrations.backends.postgres"
ZERO_DOWNTIME_MIGRATIONS_LOCK_TIMEOUT = "2s"
ZERO_DOWNTIME_MIGRATIONS_STATEMENT_TIMEOUT = "2s"
ZERO_DOWNTIME_MIGRATIONS_FLEXIBLE_STATEMENT_TIMEOUT = True
ZERO_DOWNTIME_MIGRATIONS_RAISE_FOR_UNSAFE = True
""",
        ),
        Runner(
            "migration-tools",
            "pg-migration-tools",
            # The numbers are those of the examples in its documentation; the two timeouts of the newer one are refused.
            before=(
                "migrate_with_timeouts",
                "--noinput",
                "--lock-timeout-in-ms=10000",
                "--lock-timeout-max-retries=3",
                "--lock-timeout-retry-exp=2",
                "--lock-timeout-retry-min-wait-in-ms=3000",
                "--lock-timeout-retry-max-wait-in-ms=10000",
                "--statement-timeout-in-ms=60000",
            ),
            app="django_pg_migration_tools",
            module="django_pg_migration_tools",
            distribution="django-pg-migration-tools",
            database_default=True,
            swaps={
                "index": _safer("AddIndex", "SaferAddIndexConcurrently"),
                "foreign-key": _safer("AddField", "SaferAddFieldForeignKey"),
                "not-null": _safer("AlterField", "SaferAlterFieldSetNotNull"),
                "unique": _safer("AddConstraint", "SaferAddUniqueConstraint"),
                "check": _safer("AddConstraint", "SaferAddCheckConstraint"),
                "drop-index": _safer("RemoveIndex", "SaferRemoveIndexConcurrently"),
            },
        ),
        Runner(
            "deferred",
            "deferred-migrations",
            before=("migrate_pre_deploy",),
            after=("migrate_post_deploy", "--fail-on-error"),
            app="deferred_migrations",
            module="deferred_migrations",
            distribution="django-deferred-migrations",
            database_default=True,
            by_hand={"not-null": {"0002_fill_weight": FILL, "0003_weight_not_null": FILLED}},
        ),
    )
}
