"""What we remember between runs: since when a delayed migration is known, and that a first run is not over.

Everything lives in the ``SafeMigration`` table and works without it: before our own first migration has run, and on
databases to which a router does not let it. No signals of models are sent: their receivers (of audit packages) may need
tables that are not there yet.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from django.db.models import Model

from django_safemigrate.catalog.query import Connection
from django_safemigrate.decisions.planning import Key
from django_safemigrate.models import (
    Backfill,
    BackfillChunk,
    MigrationRun,
    MigrationStep,
    RunnerLease,
    SafeMigration,
)
from django_safemigrate.values.phases import Phase

# The row that says that the first run on a new database is under way; no app has this label.
FIRST_RUN: Key = ("", "first run")


def detected(connection: Connection) -> dict[Key, datetime]:
    """Since when each delayed migration is known."""
    if not has_table(connection):
        return {}
    rows = SafeMigration.objects.using(connection.alias).values_list("app", "name", "detected")
    return {(app, name): since for app, name, since in rows}


def record_detected(connection: Connection, keys: Iterable[Key], now: datetime) -> None:
    """Remember migrations that are not known yet; a delay that has begun goes on."""
    if has_table(connection):
        SafeMigration.objects.using(connection.alias).bulk_create(
            [SafeMigration(app=app, name=name, detected=now) for app, name in keys], ignore_conflicts=True
        )


def has_recorded_a_deploy(connection: Connection) -> bool:
    """Whether the journal knows of a phase before deploy that has come to its end."""
    if not has_table(connection, MigrationRun):
        return False
    runs = MigrationRun.objects.using(connection.alias)
    return runs.filter(what=Phase.BEFORE_DEPLOY.value, outcome=MigrationRun.Outcome.DONE).exists()


def release_before(connection: Connection, release: str) -> str:
    """The release of the last phase before deploy that came to its end and was another one; empty where there is none."""
    if not has_table(connection, MigrationRun):
        return ""
    deploys = MigrationRun.objects.using(connection.alias).filter(
        what=Phase.BEFORE_DEPLOY.value, outcome=MigrationRun.Outcome.DONE
    )
    return deploys.exclude(release=release).order_by("-id").values_list("release", flat=True).first() or ""


def begin_first_run(connection: Connection, now: datetime) -> None:
    """A database that was empty is being filled: until ``end_first_run`` nobody can be waiting."""
    record_detected(connection, [FIRST_RUN], now)


def in_first_run(connection: Connection) -> bool:
    """Whether a first run was begun and not ended: it was interrupted."""
    return FIRST_RUN in detected(connection)


def end_first_run(connection: Connection) -> None:
    if has_table(connection):
        table = connection.ops.quote_name(SafeMigration._meta.db_table)
        with connection.cursor() as cursor:
            cursor.execute(f"DELETE FROM {table} WHERE app = %s AND name = %s", FIRST_RUN)


def ensure_tables(connection: Connection) -> None:
    """Make the tables and columns of ours that are missing: where a router keeps our migrations away, for example."""
    for model in (SafeMigration, MigrationRun, RunnerLease, MigrationStep, Backfill, BackfillChunk):
        known = _columns(connection, model)
        with connection.schema_editor() as editor:
            if not known:
                editor.create_model(model)
            for field in model._meta.local_concrete_fields if known else ():
                if field.column not in known:
                    editor.add_field(model, field)


def has_table(connection: Connection, model: type[Model] = SafeMigration) -> bool:
    """Whether one of our own tables is there."""
    with connection.cursor() as cursor:
        return model._meta.db_table in connection.introspection.table_names(cursor)


def is_complete(connection: Connection, model: type[Model]) -> bool:
    """Whether one of our own tables is there with every column: not before its latest migration has run."""
    return {field.column for field in model._meta.local_concrete_fields} <= _columns(connection, model)


def _columns(connection: Connection, model: type[Model]) -> set[str]:
    """Of a table; none where there is no such table."""
    if not has_table(connection, model):
        return set()
    with connection.cursor() as cursor:
        described = connection.introspection.get_table_description(cursor, model._meta.db_table)
    return {column.name for column in described}
