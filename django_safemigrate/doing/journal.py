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
from django_safemigrate.models import MigrationStep, SafeMigration

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
    """Make the tables of ours that are missing, where a router keeps our migrations away or they are switched off."""
    for model in (SafeMigration, MigrationStep):
        if not has_table(connection, model):
            with connection.schema_editor() as editor:
                editor.create_model(model)


def has_table(connection: Connection, model: type[Model] = SafeMigration) -> bool:
    """Whether one of our own tables is there."""
    with connection.cursor() as cursor:
        return model._meta.db_table in connection.introspection.table_names(cursor)
