"""``--abort``: a half-done migration is taken back, to where it began."""

from __future__ import annotations

import json
from typing import Any
from unittest.mock import ANY

import pytest

from django_safemigrate.models import MigrationRun, MigrationStep
from django_safemigrate.values.errors import Refused, SafeMigrateError, UsageError
from tests.support.database import execute, rows, value
from tests.support.project import Project
from tests.support.traffic import holding

pytestmark = pytest.mark.postgres

CATALOG = """
SELECT 'column', attname, format_type(atttypid, atttypmod), attnotnull, pg_get_expr(adbin, adrelid)
FROM pg_attribute LEFT JOIN pg_attrdef ON adrelid = attrelid AND adnum = attnum
WHERE attrelid = 'shop_order'::regclass AND attnum > 0 AND NOT attisdropped
UNION ALL
SELECT 'index', i.relname, pg_get_indexdef(i.oid), indisvalid, NULL
FROM pg_index JOIN pg_class i ON i.oid = indexrelid WHERE indrelid = 'shop_order'::regclass
UNION ALL
SELECT 'constraint', conname, pg_get_constraintdef(oid), convalidated, NULL FROM pg_constraint
WHERE conrelid = 'shop_order'::regclass
UNION ALL
SELECT 'table', relname, '', true, NULL FROM pg_class WHERE relkind = 'r' AND relname LIKE 'shop%'
ORDER BY 1, 2, 3
"""
FAILS = 'migrations.RunSQL("SELECT 1 / 0"),'
WAYS = {
    "column": 'migrations.AddField("order", "a", models.IntegerField(null=True)),',
    "column with a default": 'migrations.AddField("order", "a", models.IntegerField(db_default=1)),',
    "filled column": 'migrations.AddField("order", "a", models.FloatField(db_default=models.functions.Random())),',
    "index": 'migrations.AddIndex("order", models.Index(fields=["status"], name="shop_status")),',
    "dropped index": 'migrations.RemoveIndex("order", "shop_old"),',
    "unique column": 'migrations.AddField("order", "code", models.CharField(max_length=9, null=True, unique=True)),',
    "check": 'migrations.AddConstraint("order", models.CheckConstraint(condition=models.Q(id__gt=0), name="positive")),',
    "unique": 'migrations.AddConstraint("order", models.UniqueConstraint(fields=["number"], name="shop_number")),',
    "table with keys": """
migrations.CreateModel("Tag", [
    ("id", models.BigAutoField(primary_key=True)),
    ("order", models.ForeignKey("shop.Order", models.CASCADE)),
]),
migrations.AddField("order", "first", models.ForeignKey("shop.Tag", models.CASCADE, null=True)),
""",
    "code": """
migrations.RunSQL("UPDATE shop_order SET status = 'more'", "UPDATE shop_order SET status = 'new'"),
migrations.RunPython(migrations.RunPython.noop, migrations.RunPython.noop),
""",
}


@pytest.fixture
def old_index(live: Project) -> Project:
    """The table has an index that a migration can drop."""
    live.write("0002_index", 'migrations.AddIndex("order", models.Index(fields=["gift"], name="shop_old")),')
    live.safemigrate()
    return live


@pytest.mark.parametrize("operations", WAYS.values(), ids=WAYS.keys())
def test_all_of_it_is_taken_back(old_index: Project, operations: str, settings: Any) -> None:
    settings.SAFEMIGRATE = {"SMALL_TABLE": None}
    before = rows(CATALOG)
    old_index.write("0003_half", f"{operations}\n{FAILS}", safe="Safe.before_deploy()")
    with pytest.raises(SafeMigrateError, match="division by zero"):
        old_index.safemigrate()
    assert rows(CATALOG) != before or "RunSQL" in operations
    planned = old_index.safemigrate("--abort", "--plan")
    assert "shop.0003_half was begun; taking it back:" in planned
    assert MigrationStep.objects.filter(closed=None).exists()  # a plan changes nothing
    output = old_index.safemigrate("--abort")
    assert rows(CATALOG) == before
    assert value("SELECT count(*) FROM shop_order WHERE status <> 'new'") == 0
    assert "OK shop.0003_half" in output
    assert MigrationStep.objects.filter(closed=None).count() == 0
    assert (MigrationRun.objects.latest("id").what, MigrationRun.objects.latest("id").outcome) == ("abort", "done")
    assert "nothing to take back" in old_index.safemigrate("--abort")
    # The corrected file runs from its beginning.
    old_index.write("0003_half", operations, safe="Safe.before_deploy()", dependencies='[("shop", "0002_index")]')
    assert "OK shop.0003_half" in old_index.safemigrate()
    assert rows(CATALOG) != before or "RunSQL" in operations


@pytest.mark.parametrize(
    ("operations", "why"),
    [
        ('migrations.RemoveField("order", "gift"),', "what is dropped does not come back"),
        ('migrations.AlterField("order", "coupon", models.CharField(max_length=9, null=True)),', "there is no short"),
        ('migrations.RunSQL("SELECT 1"),', "its author has given it no way back"),
    ],
)
def test_where_there_is_no_way_back_nothing_is_touched(live: Project, operations: str, why: str) -> None:
    add = 'migrations.AddField("order", "a", models.IntegerField(null=True)),'
    live.write("0002_half", f"{add}\n{operations}\n{FAILS}", safe="Safe.before_deploy()")
    with pytest.raises(SafeMigrateError, match="division by zero"):
        live.safemigrate()
    before = rows(CATALOG)
    with pytest.raises(Refused, match=why) as error:
        live.safemigrate("--abort")
    assert error.value.returncode == 8
    assert 'DROP COLUMN "a"' in error.value.next_command
    assert rows(CATALOG) == before
    assert why in live.safemigrate("--abort", "--plan")


def test_an_index_build_that_was_interrupted_leaves_nothing(live: Project) -> None:
    before = rows(CATALOG)
    live.write("0002_index", WAYS["index"], safe="Safe.before_deploy()")
    old_snapshot = "SET TRANSACTION ISOLATION LEVEL REPEATABLE READ; SELECT count(*) FROM django_migrations"
    with holding(old_snapshot), pytest.raises(SafeMigrateError):
        live.safemigrate("--max-wait", "500ms")
    assert value("SELECT count(*) FROM pg_index WHERE NOT indisvalid") == 1
    live.safemigrate("--abort")
    assert rows(CATALOG) == before


def test_the_way_back_of_a_migration_can_be_aborted_too(live: Project) -> None:
    live.write(
        "0002_two",
        f'migrations.RunSQL("SELECT 1", "SELECT 1 / 0"),\n{WAYS["index"]}',
        safe="Safe.before_deploy()",
    )
    live.safemigrate()
    before = rows(CATALOG)
    with pytest.raises(SafeMigrateError, match="division by zero"):
        live.safemigrate("shop", "0001")
    assert rows(CATALOG) != before
    live.safemigrate("--abort")
    assert rows(CATALOG) == before


def test_as_json_and_as_an_exit_status(live: Project, settings: Any) -> None:
    def events(*arguments: str) -> list[dict[str, Any]]:
        return [json.loads(line) for line in live.safemigrate("--abort", "--json", *arguments).splitlines()]

    live.safemigrate("--abort", "--check")
    assert events()[-1]["migrations"] == []
    live.write("0002_half", f"{WAYS['column']}\n{FAILS}", safe="Safe.before_deploy()")
    with pytest.raises(SafeMigrateError):
        live.safemigrate()
    with pytest.raises(SystemExit, match="1"):
        live.safemigrate("--abort", "--check")
    [plan] = events("--plan")
    [step] = plan["migrations"][0]["steps"]
    assert step == {
        "description": "Add column a to shop_order",
        "sql": 'ALTER TABLE "shop_order" DROP COLUMN "a"',
        "why_not": None,
    }
    settings.SAFEMIGRATE = "disabled"  # what was begun before it was
    assert events()[-1] == {"event": "aborted", "at": ANY, "migrations": ["shop.0002_half"]}


def test_one_of_several_apps_can_be_named(live: Project) -> None:
    live.write("0002_half", f"{WAYS['column']}\n{FAILS}", safe="Safe.before_deploy()")
    with pytest.raises(SafeMigrateError):
        live.safemigrate()
    assert "nothing to take back" in live.safemigrate("--abort", "auth")
    assert "nothing to take back" in live.safemigrate("--abort", "shop", "0001")
    assert "OK shop.0002_half" in live.safemigrate("--abort", "shop", "0002")


def test_a_file_that_is_gone_is_missed_only_where_it_is_needed(live: Project) -> None:
    live.write("0002_half", f"{WAYS['column']}\n{FAILS}", safe="Safe.before_deploy()")
    with pytest.raises(SafeMigrateError):
        live.safemigrate()
    (live.directory / "0002_half.py").unlink()
    live.safemigrate("--abort")
    live.write("0002_code", f"{WAYS['code']}\n{FAILS}", safe="Safe.before_deploy()")
    with pytest.raises(SafeMigrateError):
        live.safemigrate()
    (live.directory / "0002_code.py").unlink()
    with pytest.raises(UsageError, match="its file is gone"):
        live.safemigrate("--abort")


def test_locks_are_asked_for_as_on_the_way_there(live: Project) -> None:
    live.write("0002_half", f"{WAYS['column']}\n{FAILS}", safe="Safe.before_deploy()")
    with pytest.raises(SafeMigrateError):
        live.safemigrate()
    with holding("SELECT * FROM shop_order LIMIT 1") as report:
        live.when("not asking yet", report.rollback)
        output = live.safemigrate("--abort")
    assert "OK shop.0002_half" in output


def test_before_our_own_tables_have_their_columns_there_is_nothing_half_done(live: Project) -> None:
    execute("ALTER TABLE django_safemigrate_migrationstep DROP COLUMN blocked")
    assert "nothing to take back" in live.safemigrate("--abort")
    assert "Nothing is pending" in live.safemigrate("--plan")
