"""A fill of any table that was begun: its journal and its backfill are there, as a run of ``safemigrate`` leaves them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from multiprocessing import get_context
from multiprocessing.process import BaseProcess

from django.db import connection
from django.utils import timezone

from django_safemigrate.doing.backfill.child import run_child
from django_safemigrate.doing.backfill.ledger import register
from django_safemigrate.models import Backfill, MigrationStep
from django_safemigrate.values.goals import NoRows
from django_safemigrate.values.locks import LockMode, RelationLock
from django_safemigrate.values.serial import to_data
from django_safemigrate.values.steps import Step, Work
from tests.support.database import rows

NEW = "\"state\" = 'new'"
DONE = '"state" = \'done\', "times" = "times" + 1, "who" = pg_backend_pid()'


def begin(table: str = '"item"', assignments: str = DONE, wrong: str = NEW, *, batch_rows: int | None = 100) -> int:
    """The key of its row."""
    step = Step(
        description=f"Fill {table}",
        sql=f"UPDATE {table} SET {assignments} WHERE ({wrong})",
        locks=(RelationLock(table, LockMode.ROW_EXCLUSIVE),),
        work=Work.ROWS,
        goal=NoRows(table, wrong),
        transactional=False,
    )
    row = MigrationStep.objects.create(
        app="shop", name="0002_fill", operation="0", describes="", number=1, started=timezone.now(), step=to_data(step)
    )
    made = register(connection, row.pk, "shop.0002_fill:0.1", table)
    Backfill.objects.filter(pk=made.pk).update(batch_rows=batch_rows)
    return int(made.pk)


COLUMNS = "state text NOT NULL DEFAULT 'new', times int NOT NULL DEFAULT 0, who int"


def counted(table: str = '"item"') -> list[tuple[str, int, int]]:
    """How many rows have which state, and were changed how often."""
    return rows(f"SELECT state, times, count(*) FROM {table} GROUP BY 1, 2 ORDER BY 1, 2")


@contextmanager
def another_worker(backfill: int) -> Iterator[BaseProcess]:
    """A process that works on a backfill; killed at the end of the context, if it has not ended."""
    settings = {key: value for key, value in connection.settings_dict.items() if key != "TEST"}
    process = get_context("spawn").Process(target=run_child, args=("default", settings, backfill, 0.02, 1.0))
    process.start()
    try:
        yield process
    finally:
        process.kill()
        process.join()
