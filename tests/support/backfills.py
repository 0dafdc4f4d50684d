"""A backfill that was begun and left to workers, on a table that counts how often each row was changed."""

from __future__ import annotations

from django.db import connection
from django.utils import timezone

from django_safemigrate.doing.backfill.ledger import register
from django_safemigrate.models import Backfill, MigrationStep
from django_safemigrate.values.goals import NoRows
from django_safemigrate.values.locks import LockMode, RelationLock
from django_safemigrate.values.serial import to_data
from django_safemigrate.values.steps import Step, Work

from .database import execute, rows

NAME = "shop.0002_fill:0.1"

# What ``set_to`` may be: until ``at_once()``, each batch takes so many seconds, and is not over before it is looked at.
PACED = "(SELECT 'done' FROM pace, pg_sleep(pace.seconds))"


def pace(seconds: float) -> None:
    """For ``PACED``; to be called before the backfill begins."""
    execute(f"CREATE TABLE pace AS SELECT {seconds} AS seconds")


def at_once() -> None:
    execute("UPDATE pace SET seconds = 0")


def begin(
    table: str = "item", count: int = 20_000, *, set_to: str = "'done'", batch_rows: int | None = None
) -> Backfill:
    """Rows with ``state`` 'new' are to get another one, and ``times`` one more. The journal is there already."""
    execute(
        f"CREATE TABLE {table} (id bigint PRIMARY KEY, state text NOT NULL DEFAULT 'new', times int NOT NULL DEFAULT 0);"
        f"INSERT INTO {table} SELECT generate_series(1, {count}); ANALYZE {table}"
    )
    wrong = "\"state\" = 'new'"
    number = MigrationStep.objects.filter(app="shop", name="0002_fill").count() + 1
    row = MigrationStep.objects.create(
        app="shop",
        name="0002_fill",
        operation="0",
        describes="a fill",
        number=number,
        started=timezone.now(),
        step=to_data(
            Step(
                description=f"Fill {table}.state",
                sql=f'UPDATE "{table}" SET "state" = {set_to}, "times" = "times" + 1 WHERE ({wrong})',
                locks=(RelationLock(f'"{table}"', LockMode.ROW_EXCLUSIVE),),
                work=Work.ROWS,
                goal=NoRows(f'"{table}"', wrong),
                transactional=False,
            )
        ),
    )
    made = register(connection, row.pk, f"shop.0002_fill:0.{number}", f'"{table}"', background=True)
    if batch_rows is not None:
        Backfill.objects.filter(pk=made.pk).update(batch_rows=batch_rows)
    return made


def changed(table: str = "item") -> list[tuple[str, int, int]]:
    """How many rows have which state, and were changed how often."""
    return rows(f"SELECT state, times, count(*) FROM {table} GROUP BY 1, 2 ORDER BY 1, 2")
