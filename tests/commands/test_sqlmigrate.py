"""``sqlmigrate`` prints what would run, with phase, locks and work; it changes nothing."""

from __future__ import annotations

import pytest
from django.db import connection

from django_safemigrate.values.errors import UsageError
from tests.support.database import execute, rows
from tests.support.project import Project

pytestmark = pytest.mark.postgres


def test_the_whole(live: Project) -> None:
    live.write(
        "0002_all",
        'migrations.AddField("order", "note", models.IntegerField(null=True, db_index=True)),\n'
        'migrations.RunSQL("SELECT 7"),\n'
        "migrations.RunPython(migrations.RunPython.noop),\n"
        'migrations.AlterModelOptions("order", {"ordering": ["id"]}),',
        safe="Safe.before_deploy()",
    )
    assert live.run("sqlmigrate", "shop", "0002").rstrip() == (
        """\
-- shop.0002_all: runs before deploy

-- 1. Add column note to shop_order
--    lock: ACCESS EXCLUSIVE on "shop_order"
--    work: catalog only, no scan
ALTER TABLE "shop_order" ADD COLUMN "note" integer NULL;

-- 2. Build index shop_order_note_94455a30 on shop_order
--    lock: SHARE UPDATE EXCLUSIVE on "shop_order"
--    work: builds an index while reads and writes go on
CREATE INDEX CONCURRENTLY "shop_order_note_94455a30" ON "shop_order" ("note");

-- 3. Raw SQL operation
--    work: whatever its code does
--    It runs as it is written, because RunSQL runs code of its own.
--
-- Raw SQL operation
--
SELECT 7;

-- 4. Raw Python operation
--    work: whatever its code does
--    It runs as it is written, because RunPython runs code of its own.
--
-- Raw Python operation
--
-- THIS OPERATION CANNOT BE WRITTEN AS SQL"""
    )
    assert rows("SELECT attname FROM pg_attribute WHERE attrelid = 'shop_order'::regclass AND attname = 'note'") == []


def test_its_statements_are_those_that_run(live: Project) -> None:
    execute("CREATE INDEX by_hand ON shop_order (lower(number))")
    live.write(
        "0002_all",
        'migrations.AddField("order", "code", models.CharField(max_length=9, unique=True, null=True)),\n'
        'migrations.AlterField("order", "number", models.CharField(max_length=40)),\n'
        'migrations.AddConstraint("order", models.CheckConstraint(condition=models.Q(id__gt=0), name="positive")),',
    )
    script = live.run("sqlmigrate", "shop", "0002")
    printed = [line.removesuffix(";") for line in script.splitlines() if line and not line.startswith("--")]
    output = live.safemigrate()
    ran = [line.split("s        ")[-1].split(" s      ")[-1].strip() for line in output.splitlines()]
    assert len(printed) >= 9
    assert [sql for sql in printed if sql not in ran] == []
    assert connection.introspection


def test_backwards_refused_and_not_there(live: Project) -> None:
    live.write("0002_rename", 'migrations.RenameField("order", "number", "reference"),', safe="Safe.after_deploy()")
    script = live.run("sqlmigrate", "shop", "0002")
    assert "-- REFUSED: It renames column number of table shop_order to reference." in script
    assert "undone" in live.run("sqlmigrate", "shop", "0001", backwards=True)
    with pytest.raises(UsageError, match="'zero' is none"):
        live.run("sqlmigrate", "shop", "zero")
    with pytest.raises(UsageError, match="has no migration 'nothing'"):
        live.run("sqlmigrate", "shop", "nothing")


@pytest.mark.parametrize(
    "operation",
    [
        'migrations.RenameField("order", "number", "reference"),',
        'migrations.AlterField("order", "coupon", models.CharField(max_length=9, db_column="voucher")),',
        'migrations.RenameModel("Order", "Purchase"),',
        'migrations.AlterModelTable("Order", "purchases"),',
    ],
)
def test_backwards_nothing_is_advised(live: Project, operation: str) -> None:
    """The advice is for whoever writes the migration; undoing it, there is nothing to write."""
    live.write("0002_rename", operation, safe="Safe.before_deploy()")
    live.safemigrate("--allow-unsafe", "shop.0002_rename")
    script = live.run("sqlmigrate", "shop", "0002", backwards=True)
    assert "-- REFUSED: It renames " in script
    assert "Keep the " not in script


def test_a_fill_and_a_migration_with_its_own_apply(live: Project) -> None:
    live.write(
        "0002_fill",
        """
        migrations.AlterField("order", "coupon", models.CharField(max_length=9, null=True)),
        migrations.AlterField("order", "coupon", models.CharField(max_length=9, default="none")),
        """,
    )
    live.write("0003_own", "", apply="lambda self, state, editor, collect_sql=False: state")
    live.write("0004_nothing", 'migrations.AlterModelOptions("order", {"ordering": ["id"]}),')
    execute("ALTER TABLE shop_order ALTER coupon DROP NOT NULL")
    assert "each batch with limits of its own" in live.run("sqlmigrate", "shop", "0002")
    assert "THIS OPERATION CANNOT BE WRITTEN AS SQL" in live.run("sqlmigrate", "shop", "0003")
    assert "(nothing to do in the database)" in live.run("sqlmigrate", "shop", "0004")
    assert "the migration says itself how it is applied" in live.safemigrate("--plan")
    execute("ALTER TABLE shop_order ALTER coupon SET NOT NULL")
    assert '"fill_progress"' in live.safemigrate("--json")
