"""Run a whole migration history in this process: ``python -m tests.real_apps.migrate COMMAND MODE``.

COMMAND is ``migrate`` or ``safemigrate``. MODE is ``at-once``, or ``one-by-one``: every migration in plan
order by a command of its own, on tables that have rows, as if each were a later release on a live database.
"""

from __future__ import annotations

import gc
import sys
import time
import warnings
from itertools import product

import django
from django.apps import apps
from django.conf import settings
from django.core.management import call_command
from django.db import connection
from django.db.migrations.executor import MigrationExecutor
from django.db.models.signals import post_migrate, pre_migrate

from tests.real_apps.environment import Environment
from tests.real_apps.groups import Group
from tests.real_apps.rows import Seeder, counts, lost


def at_once(command: str) -> None:
    _call(command)


def one_by_one(command: str, group: Group) -> None:
    _disconnect(group.not_midway)
    executor = MigrationExecutor(connection)
    plan = executor.migration_plan(executor.loader.graph.leaf_nodes())
    seeder = Seeder(connection, group.unseeded)
    for migration, _ in plan:
        seeder.seed()
        before = counts(connection)
        started = time.monotonic()
        try:
            _call(command, migration.app_label, migration.name)
        except BaseException:
            print(f"real apps: {command} {migration} failed", file=sys.stderr)
            raise
        print(f"{time.monotonic() - started:6.2f} s  {migration}", flush=True)
        if missing := lost(migration, before, counts(connection)):
            raise AssertionError(f"{command} {migration} lost rows: {missing}")


def _disconnect(receivers: frozenset[str]) -> None:
    for signal, app, receiver in product((pre_migrate, post_migrate), apps.get_app_configs(), receivers):
        signal.disconnect(sender=app, dispatch_uid=receiver)


def _call(command: str, *target: str) -> None:
    # Published histories rename tables and columns, as their authors could on the databases of their day.
    allowed = {"allow_unsafe": ["*"]} if command == "safemigrate" else {}
    call_command(command, *target, interactive=False, verbosity=0, skip_checks=True, **allowed)


def main(command: str, mode: str) -> None:
    warnings.simplefilter("ignore")
    gc.set_threshold(200_000)  # each rendering of the models makes a lot of garbage
    django.setup()
    # Published before there were phases, and nobody else is there: every migration runs when its turn comes.
    settings.SAFEMIGRATE = {"PHASES": dict.fromkeys((config.label for config in apps.get_app_configs()), "always")}
    started = time.monotonic()
    if mode == "at-once":
        at_once(command)
    else:
        one_by_one(command, Environment.from_process().group)
    print(f"{time.monotonic() - started:6.2f} s  {command} {mode}")


if __name__ == "__main__":
    main(*sys.argv[1:])
