"""Killed at any line of its output, the next run reaches the same end: a sample of all the moments there are."""

from __future__ import annotations

import itertools
import multiprocessing
import os
import re
import signal
from typing import Any

import pytest
from django.db import connection

from django_safemigrate.values.errors import SafeMigrateError
from tests.support.database import another_session, execute, rows, value
from tests.support.project import Project
from tests.support.traffic import holding

pytestmark = pytest.mark.postgres

MIGRATION = """
migrations.AddField("order", "a", models.IntegerField(db_default=1, default=1)),
migrations.AddIndex("order", models.Index(fields=["status"], name="shop_status")),
migrations.AlterField("order", "coupon", models.CharField(max_length=9, null=True)),
migrations.RemoveField("order", "gift"),
"""
EVERYTHING = """
migrations.RunSQL("UPDATE shop_order SET status = status || '+'", "UPDATE shop_order SET status = 'new'"),
migrations.CreateModel("Tag", [
    ("id", models.BigAutoField(primary_key=True)),
    ("order", models.ForeignKey("shop.Order", models.CASCADE)),
]),
migrations.AddField("order", "a", models.FloatField(db_default=models.functions.Random())),
migrations.AddField("order", "first", models.ForeignKey("shop.Tag", models.CASCADE, null=True)),
migrations.AddField("order", "code", models.CharField(max_length=9, null=True, unique=True)),
migrations.AlterField("order", "number", models.CharField(max_length=40)),
migrations.AddConstraint("order", models.CheckConstraint(condition=models.Q(id__gt=0), name="shop_positive")),
migrations.RenameModel("Tag", "Label"),
"""
CATALOG = """
SELECT 'column', attname, format_type(atttypid, atttypmod), attnotnull, pg_get_expr(adbin, adrelid)
FROM pg_attribute LEFT JOIN pg_attrdef ON adrelid = attrelid AND adnum = attnum
WHERE attrelid = 'shop_order'::regclass AND attnum > 0 AND NOT attisdropped
UNION ALL
SELECT 'index', i.relname, pg_get_indexdef(i.oid), indisvalid, NULL
FROM pg_index JOIN pg_class i ON i.oid = indexrelid WHERE indrelid = 'shop_order'::regclass
UNION ALL
SELECT 'constraint', conname, pg_get_constraintdef(oid), convalidated, NULL FROM pg_constraint
WHERE conrelid IN ('shop_order'::regclass, to_regclass('shop_label'))
UNION ALL
SELECT 'migration', app, name, true, NULL FROM django_migrations
ORDER BY 1, 2, 3
"""


# The lines that every run has: others are about what takes its time.
LASTING = re.compile(r"^ *[\d.]+ s +(?:Applying|OK|done|\d+\. ).*", re.MULTILINE)


class Killing:
    """Output that kills its own process at a line, as hard as it goes."""

    def __init__(self, line: int) -> None:
        self.left = line

    def write(self, text: str, *args: Any, **kwargs: Any) -> None:
        self.left -= 1
        if self.left == 0:
            os.kill(os.getpid(), signal.SIGKILL)

    def flush(self) -> None:
        pass


def run_and_die(project: Project, line: int) -> None:
    from django.core.management import call_command

    connection.connection = None  # the parent's, and not ours to close
    project._forget_modules()
    call_command("safemigrate", stdout=Killing(line), no_color=True)


def dies_at(line: int, project: Project) -> bool:
    """Whether a run had so many lines, and was killed there."""
    connection.close()
    process = multiprocessing.get_context("fork").Process(target=run_and_die, args=(project, line))
    process.start()
    process.join()
    assert process.exitcode in {0, -signal.SIGKILL}
    return process.exitcode != 0


@pytest.mark.timeout(900)  # half a minute where nobody else needs the machine
@pytest.mark.parametrize(("operations", "every"), [(MIGRATION, 3), (EVERYTHING, 12)], ids=["simple", "everything"])
def test_killed_at_any_line(live: Project, operations: str, every: int, settings: Any) -> None:
    """At some lines; ``CRASHES=1``: at each.

    Trap 21: after half an operation, what it asks the catalog would have other answers. Operations in several steps, an
    opaque one that must not run twice, deferred keys whose names a rename changes.
    """
    every = 1 if os.environ.get("CRASHES") else every
    settings.SAFEMIGRATE = {"SMALL_TABLE": None, "ALLOW_UNSAFE": ["shop.0002_all"]}
    execute("CREATE INDEX by_hand ON shop_order (lower(number))")
    live.write("0002_all", operations, safe="Safe.before_deploy()")
    output = live.safemigrate()
    undisturbed = rows(CATALOG)
    assert len(output.splitlines()) > 12
    for line in itertools.count(1, every):
        live.safemigrate("shop", "0001")
        was_killed = dies_at(line, live)
        live.safemigrate()
        assert rows(CATALOG) == undisturbed, f"killed at line {line}"
        assert value("SELECT count(*) FROM shop_order WHERE a IS NOT NULL AND status IN ('new', 'new+')") == 1000
        if not was_killed:
            break
    assert line > len(LASTING.findall(output))
    assert value("SELECT count(*) FROM django_safemigrate_migrationstep WHERE closed IS NULL OR done IS NULL") == 0


def test_the_server_ends_our_session(live: Project) -> None:
    live.write("0002_all", MIGRATION, safe="Safe.before_deploy()")
    pid = value("SELECT pg_backend_pid()")

    def terminate() -> None:
        with another_session() as session:
            session.execute("SELECT pg_terminate_backend(%s)", [pid])

    live.when("waiting for", terminate)
    old_snapshot = "SET TRANSACTION ISOLATION LEVEL REPEATABLE READ; SELECT count(*) FROM django_migrations"
    with holding(old_snapshot), pytest.raises(SafeMigrateError) as error:
        live.safemigrate()
    assert error.value.returncode == 1
    assert error.value.reason == "The connection to the server was lost."
    connection.close()
    output = live.safemigrate()
    assert "1. Add column a to shop_order: done already" in output
    assert "index shop_status is there, but invalid" in output
    assert "OK shop.0002_all" in output
    assert value("SELECT bool_and(indisvalid) FROM pg_index WHERE indrelid = 'shop_order'::regclass") is True
