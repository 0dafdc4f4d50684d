"""Every kind of step is held to its promise on a real server: the locks it takes, and no rewrite and no scan under them.

For the locks the server is asked (``pg_locks``, before the commit), for rewrites ``pg_relation_filenode`` of the table and
its indexes, for scans the server's debug messages.
"""

from __future__ import annotations

import threading
import time
from typing import Any

import pytest
from django.db import connection, models
from django.db.migrations import AddField, AddIndex, AlterField, Migration, RemoveField, RemoveIndex
from django.db.migrations.operations.base import Operation
from django.db.migrations.state import ModelState, ProjectState
from django.db.transaction import atomic

from django_safemigrate.catalog.goals import reached
from django_safemigrate.compile.operations import compile_migration
from django_safemigrate.values.locks import LockMode
from django_safemigrate.values.steps import Step, Work
from tests.support.database import another_session, execute, rows
from tests.support.traffic import holding

pytestmark = [pytest.mark.postgres, pytest.mark.usefixtures("database")]

TABLE = '"shop_order"'


def state() -> ProjectState:
    return ProjectState(
        {
            ("shop", "order"): ModelState(
                "shop",
                "Order",
                [
                    ("id", models.BigAutoField(primary_key=True)),
                    ("number", models.CharField(max_length=20, unique=True)),
                    ("status", models.CharField(max_length=10, default="new", db_index=True)),
                    ("amount", models.IntegerField()),
                    ("kept", models.IntegerField(default=1, db_default=1)),
                ],
                options={
                    "indexes": [models.Index(fields=["amount", "status"], name="shop_both")],
                    "constraints": [
                        models.CheckConstraint(condition=models.Q(amount__gte=0), name="shop_amount"),
                        models.UniqueConstraint(fields=["amount", "number"], name="shop_unique"),
                    ],
                },
            )
        }
    )


def make_table() -> None:
    with connection.schema_editor() as editor:
        editor.create_model(state().apps.get_model("shop", "order"))
    execute(
        "INSERT INTO shop_order (number, status, amount, kept) SELECT n, 'new', n, 1 FROM generate_series(1, 5000) n;"
        "CREATE INDEX by_hand ON shop_order ((amount + 1)) WHERE status <> 'old'"
    )


def compiled(*operations: Operation) -> list[Step]:
    migration = type("Migration", (Migration,), {"operations": list(operations)})("0002", "shop")
    return [step for _, steps in compile_migration(migration, state(), connection) for step in steps]


def locks_of(pid: int) -> set[tuple[str, str]]:
    """Table locks that a session holds, the system's catalogs aside."""
    with another_session() as session:
        found = session.execute(
            "SELECT c.relname, l.mode FROM pg_locks l JOIN pg_class c ON c.oid = l.relation "
            "WHERE l.pid = %s AND l.granted AND c.relkind IN ('r', 'p') AND c.relnamespace = 'public'::regnamespace",
            [pid],
        )
        return {(str(name), str(mode)) for name, mode in found}


def files() -> dict[str, int]:
    return dict(
        rows(
            "SELECT relname, pg_relation_filenode(oid) FROM pg_class "
            "WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'i')"
        )
    )


def promised(step: Step) -> set[tuple[str, str]]:
    return {(lock.relation.strip('"'), lock.mode.catalog_name) for lock in step.locks}


def strongest(held: set[tuple[str, str]]) -> set[tuple[str, str]]:
    """Of each table the strongest mode."""
    order = [mode.catalog_name for mode in LockMode]
    best: dict[str, str] = {}
    for name, mode in held:
        best[name] = max(mode, best.get(name, mode), key=order.index)
    return set(best.items())


def run_in_transaction(step: Step) -> list[str]:
    """Run a step, check what it holds before the commit; returns what the server says of scans and rewrites."""
    said: list[str] = []

    def listen(diagnostic: Any) -> None:
        said.append(diagnostic.message_primary)

    before = files()
    raw = connection.connection
    raw.add_notice_handler(listen)
    try:
        with atomic():
            execute("SET LOCAL client_min_messages = debug1")
            execute(step.sql)
            held = locks_of(raw.info.backend_pid)
    finally:
        raw.remove_notice_handler(listen)
    assert strongest(held) == promised(step)
    after = files()
    assert {name: after[name] for name in before if name in after} == {
        name: number for name, number in before.items() if name in after
    }
    words = ("rewriting table", "verifying table", "building index")
    return [message for message in said if message.startswith(words)]


def run_concurrently(step: Step) -> None:
    """Stop a step half-way by an open transaction, and look at what it holds."""
    with holding("UPDATE shop_order SET status = status WHERE id = 1") as blocker, another_session() as session:
        # As the last of the application's transactions, a reader keeps DROP INDEX CONCURRENTLY waiting, too.
        thread = threading.Thread(target=session.execute, args=(step.sql,))
        thread.start()
        deadline = time.monotonic() + 10
        while not (held := locks_of(session.info.backend_pid)) and time.monotonic() < deadline:
            time.sleep(0.01)
        blocker.rollback()
        thread.join()
    assert held == promised(step)


OPERATIONS = {
    "nullable column": AddField("order", "a", models.IntegerField(null=True)),
    "column with a default in the database": AddField("order", "a", models.CharField(max_length=5, db_default="x")),
    "column with a default that is dropped": AddField(
        "order", "a", models.DecimalField(max_digits=5, decimal_places=2, default=1)
    ),
    "column with an index": AddField("order", "a", models.CharField(max_length=5, null=True, db_index=True)),
    "default set": AlterField("order", "amount", models.IntegerField(db_default=7)),
    "default dropped": AlterField("order", "kept", models.IntegerField(default=1)),
    "null allowed": AlterField("order", "amount", models.IntegerField(null=True)),
    "both at once": AlterField("order", "amount", models.IntegerField(null=True, db_default=7)),
    "python only": AlterField("order", "amount", models.IntegerField(help_text="In cents.", default=5)),
    "column with indexes, a check and a unique constraint dropped": RemoveField("order", "amount"),
    "unique column dropped": RemoveField("order", "number"),
    "index": AddIndex("order", models.Index(fields=["status", "-amount"], name="shop_status")),
    "index dropped": RemoveIndex("order", "shop_both"),
}


@pytest.mark.parametrize("name", OPERATIONS)
def test_a_step_keeps_its_promise(name: str) -> None:
    make_table()
    steps = compiled(OPERATIONS[name])
    assert bool(steps) == (name != "python only")
    for step in steps:
        assert not reached(step.goal, connection), step
        if step.transactional:
            assert step.work is Work.CATALOG
            assert run_in_transaction(step) == []
        else:
            run_concurrently(step)
        assert reached(step.goal, connection), step


@pytest.mark.parametrize("name", [name for name in OPERATIONS if "dropped" not in name])
def test_undo_takes_a_step_back(name: str) -> None:
    make_table()
    columns = rows(COLUMNS)
    steps = compiled(OPERATIONS[name])
    for step in steps:
        execute(step.sql)
    for step in reversed(steps):
        if step.undo:
            execute(step.undo)
            assert not reached(step.goal, connection)
    if all(step.undo for step in steps):
        assert rows(COLUMNS) == columns


COLUMNS = """
SELECT attname, format_type(atttypid, atttypmod), attnotnull, atthasdef FROM pg_attribute
WHERE attrelid = 'shop_order'::regclass AND attnum > 0 AND NOT attisdropped ORDER BY attname
"""


def test_dropping_a_column_drops_what_hangs_on_it_first_and_one_at_a_time() -> None:
    make_table()
    assert [step.sql for step in compiled(RemoveField("order", "amount"))] == [
        "DROP INDEX CONCURRENTLY IF EXISTS public.by_hand",
        "DROP INDEX CONCURRENTLY IF EXISTS public.shop_both",
        'ALTER TABLE "shop_order" DROP CONSTRAINT "shop_amount"',
        'ALTER TABLE "shop_order" DROP CONSTRAINT "shop_unique"',
        'ALTER TABLE "shop_order" DROP COLUMN "amount"',
    ]


def test_a_view_on_the_column_is_an_error_and_not_a_loss() -> None:
    """Trap 49: never CASCADE."""
    make_table()
    execute("CREATE VIEW amounts AS SELECT amount FROM shop_order")
    step = compiled(RemoveField("order", "amount"))[-1]
    with pytest.raises(Exception, match="other objects depend on it"):
        execute(step.sql)
    assert rows("SELECT count(*) FROM amounts") == [(5000,)]
