"""The journal of runs: who ran what, when, and how it ended. To be written only by whoever has the lease."""

from __future__ import annotations

import contextlib

from django.db import Error
from django.utils import timezone

from django_safemigrate.catalog.query import Connection, value
from django_safemigrate.models import MigrationRun
from django_safemigrate.values.events import Report, RunTakenOver

from .journal import has_table

_Outcome = MigrationRun.Outcome


def begin_run(connection: Connection, report: Report, *, what: str, who: str, release: str) -> int:
    """Write a run down, and of those before it that nobody has ended that they are lost. Its number."""
    runs = MigrationRun.objects.using(connection.alias)
    now = timezone.now()
    for lost in runs.filter(outcome=_Outcome.RUNNING):
        report(RunTakenOver(lost.who))
    runs.filter(outcome=_Outcome.RUNNING).update(outcome=_Outcome.LOST, ended=now)
    pid = value(connection, "SELECT pg_backend_pid()") if connection.vendor == "postgresql" else 0
    [run] = runs.bulk_create([MigrationRun(what=what, who=who, release=release, backend_pid=pid, started=now)])
    return int(run.pk)


def end_run(connection: Connection, number: int, error: BaseException | None) -> None:
    """Never raises: where the session is gone, the next run finds out."""
    with contextlib.suppress(Error):
        if has_table(connection, MigrationRun):
            MigrationRun.objects.using(connection.alias).filter(pk=number).update(
                ended=timezone.now(),
                outcome=_Outcome.DONE if error is None else _Outcome.FAILED,
                error="" if error is None else str(error).strip(),
            )
