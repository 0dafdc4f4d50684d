"""``manage.py safemigrate --rehearse``: what is pending, tried on a scratch database, with both versions at work."""

from __future__ import annotations

import sys
from typing import Any

from django.db import connections
from django.db.migrations.loader import MigrationLoader

from django_safemigrate.doing.speaking import speaking_of
from django_safemigrate.doing.targets import resolve_targets
from django_safemigrate.reporting.choosing import surface_for
from django_safemigrate.reporting.jsonlines import JsonReport
from django_safemigrate.reporting.rehearsal import Progress, rehearsal_data, show_rehearsal
from django_safemigrate.testing.ending import Ended, ending_in_order
from django_safemigrate.testing.options import Options
from django_safemigrate.testing.pending import Pending, pending, released_since
from django_safemigrate.testing.places import scratch_on
from django_safemigrate.testing.verdict import Verdict, verdict_on
from django_safemigrate.values.errors import UsageError

from .rehearsal_options import Asked

# Exit statuses: promises that are not kept, and a rehearsal that cannot be done. Others: values/errors.py.
BROKEN, CANNOT = 1, 2
# How long a query may wait for a lock, in seconds: many times what the lock policy allows, for the sake of slow machines.
BUDGET = 0.5


def rehearse(command: Any, asked: Asked, options: dict[str, Any]) -> None:
    """Rehearse, and report on ``command``'s output. Ends the process with a status, unless all promises are kept.

    Raises ``UsageError`` and ``DatabaseUnavailable``.
    """
    quiet = options["json"] or not options["verbosity"]
    progress = Progress(None if quiet else surface_for(command.stdout, colour=not options["no_color"]))
    try:
        with ending_in_order():
            verdict = _verdict(asked, options, progress)
    except Ended as ended:
        command.stderr.write("Ended by a signal. The scratch databases are dropped.")
        sys.exit(128 + ended.number)
    finally:
        progress.close()
    if verdict.error is not None and options["traceback"]:
        raise verdict.error
    if options["json"]:
        JsonReport(command.stdout).write(rehearsal_data(verdict))
    elif options["verbosity"] or not verdict.kept:
        surface = surface_for(command.stdout, colour=not options["no_color"], timed=False)
        show_rehearsal(verdict, surface, command.style, sql=asked.sql)
    if not verdict.kept:
        sys.exit(BROKEN if verdict.failures else CANNOT)


def _verdict(asked: Asked, options: dict[str, Any], progress: Progress) -> Verdict:
    alias = options["database"]
    loader, found = _pending(asked.since, alias, options["app_label"], options["migration_name"])
    if found.nothing:
        return Verdict(str(found), nothing=found.nothing)
    engine = Options(
        budget=BUDGET,
        reader=asked.busy,
        writer=asked.busy,
        backwards=asked.backwards,
        rewrites=asked.rewrites,
        large=asked.rows,
        allow_unsafe=tuple(options["allow_unsafe"]),
    )
    with scratch_on(alias, asked.where) as scratch:
        return verdict_on(loader, found, scratch, engine, asked.factories, progress, by_stock=asked.by_stock)


def _pending(since: str, alias: str, app_label: str | None, name: str | None) -> tuple[MigrationLoader, Pending]:
    """Reads the journal of migrations, and nothing else of the project's database; with ``since`` not even that."""
    connection = connections[alias]
    if since:
        loader = MigrationLoader(None, ignore_no_migrations=True)
        released = released_since(loader, since)
    else:
        with speaking_of(connection):
            loader = MigrationLoader(connection, ignore_no_migrations=True)
        released = set(loader.applied_migrations or ())
    targets = resolve_targets(loader, app_label, name)
    if any(one is None for _, one in targets):
        raise UsageError(
            "--rehearse goes to a migration, and zero is none.",
            "It tries what is pending, and undoes it in the end.",
            "Run: manage.py safemigrate --rehearse",
        )
    return loader, pending(loader, released, targets)
