"""Rows without a value get one in short batches: nobody waits for more than a batch, and the fill ends."""

from __future__ import annotations

from typing import Any

import pytest

from django_safemigrate.values.errors import SafeMigrateError
from tests.support.database import execute, rows, value
from tests.support.project import Project
from tests.support.traffic import holding, sending

pytestmark = pytest.mark.postgres

TIGHTEN = 'migrations.AlterField("order", "coupon", models.CharField(max_length=9, default="none")),'


@pytest.fixture
def unfilled(live: Project) -> Project:
    """20,000 rows more, half of them without a coupon."""
    execute(
        "ALTER TABLE shop_order ALTER coupon DROP NOT NULL; INSERT INTO shop_order (number, status, gift, coupon) "
        "SELECT n, 'new', false, CASE WHEN n % 2 = 0 THEN 'some' END FROM generate_series(1, 20000) n"
    )
    live.write("0002_null", 'migrations.AlterField("order", "coupon", models.CharField(max_length=9, null=True)),')
    live.safemigrate()
    live.write("0003_tighten", TIGHTEN)
    return live


def test_it_fills_all_and_refuses_null_then(unfilled: Project) -> None:
    """Trap 9: a statement_timeout of the role ends neither the fill nor the look whether it is over."""
    execute(
        "CREATE FUNCTION slowly() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN PERFORM pg_sleep(1.8); RETURN NEW; END $$;"
        "CREATE TRIGGER slowly BEFORE UPDATE ON shop_order FOR EACH ROW "
        "WHEN (OLD.id = 5001 AND OLD.coupon IS NULL) EXECUTE FUNCTION slowly()"
    )
    execute("SET statement_timeout = '1500ms'")
    update = "UPDATE shop_order SET gift = NOT gift WHERE id = 5"
    with sending(update) as writes:
        output = unfilled.safemigrate()
    assert "Fill shop_order.coupon where it is NULL" in output
    assert not writes.errors
    assert value("SHOW statement_timeout") == "1500ms"
    assert rows("SELECT coupon, count(*) FROM shop_order GROUP BY 1 ORDER BY 1") == [
        ("", 1000),
        ("none", 10000),
        ("some", 10000),
    ]
    counted = "SELECT null_frac FROM pg_stats WHERE tablename = 'shop_order' AND attname = 'coupon'"
    assert value(counted) == 0, "the planner still expects rows without one"
    assert value("SELECT attnotnull FROM pg_attribute WHERE attrelid = 'shop_order'::regclass AND attname = 'coupon'")
    assert value("SELECT count(*) FROM pg_constraint WHERE conrelid = 'shop_order'::regclass AND NOT convalidated") == 0


def test_a_row_that_somebody_has_is_come_back_to(unfilled: Project, settings: Any) -> None:
    settings.SAFEMIGRATE = {"LOCK_POLICY": {"PATIENCE": "1h"}}  # it asks, however old the other's transaction is
    with holding("UPDATE shop_order SET gift = true WHERE id = 1001") as other:
        unfilled.when("attempt 1", other.rollback)
        output = unfilled.safemigrate()
    assert "attempt 1" in output
    assert value("SELECT count(*) FROM shop_order WHERE coupon IS NULL") == 0


def test_rows_that_come_in_are_named_before_null_is_refused(unfilled: Project) -> None:
    """Trap 45: whoever still writes NULL is noticed, and the constraint is not added."""
    execute(
        "CREATE FUNCTION forget() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN NEW.coupon := NULL; RETURN NEW; END $$;"
        "CREATE TRIGGER forget BEFORE UPDATE ON shop_order FOR EACH ROW WHEN (OLD.id = 1001) EXECUTE FUNCTION forget()"
    )
    with pytest.raises(SafeMigrateError, match="rows that are to be filled keep coming"):
        unfilled.safemigrate()
    assert value("SELECT count(*) FROM shop_order WHERE coupon IS NULL") == 1


TOKENS = """
migrations.AddField("order", "token", models.UUIDField(null=True)),
safemigrate.BackfillDefault("order", "token", uuid.uuid4),
"""
ALL_TOKENS = """
safemigrate.BackfillDefault("order", "token", uuid.uuid4),
migrations.AlterField("order", "token", models.UUIDField(default=uuid.uuid4)),
"""
WITHOUT = "SELECT count(*) FROM shop_order WHERE token IS NULL"


def write(project: Project, name: str, operations: str, safe: str) -> None:
    project.write(name, operations, safe=safe)
    path = project.directory / f"{name}.py"
    path.write_text("import uuid\nimport django_safemigrate.operations as safemigrate\n" + path.read_text())


def one_more_with_every_update() -> None:
    execute(
        "CREATE FUNCTION one_more() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
        "INSERT INTO shop_order (number, status, gift, coupon) VALUES ('late', 'new', false, ''); RETURN NULL; END $$;"
        "CREATE TRIGGER one_more AFTER UPDATE ON shop_order EXECUTE FUNCTION one_more()"
    )


def test_old_code_may_go_on_adding_rows_that_only_the_phase_after_deploy_can_fill(live: Project) -> None:
    """It does not know the column: a fill before the deploy comes to its end all the same."""
    write(live, "0002", TOKENS, "Safe.before_deploy()")
    write(live, "0003", ALL_TOKENS, "Safe.after_deploy()")
    one_more_with_every_update()
    assert "OK shop.0002" in live.safemigrate()
    assert value(f"{WITHOUT} AND number <> 'late'") == 0
    assert value(WITHOUT) == 1
    with pytest.raises(SafeMigrateError, match="rows that are to be filled keep coming"):
        live.safemigrate("--after-deploy")  # the old code still runs
    execute("DROP TRIGGER one_more ON shop_order")
    live.safemigrate("--after-deploy")
    assert value(WITHOUT) == 0
    assert value("SELECT attnotnull FROM pg_attribute WHERE attrelid = 'shop_order'::regclass AND attname = 'token'")


def test_what_counts_on_all_rows_waits_for_all_of_them(live: Project) -> None:
    tightened = ALL_TOKENS.strip().splitlines()[-1]
    write(live, "0002", TOKENS + tightened, "Safe.before_deploy()")
    one_more_with_every_update()
    with pytest.raises(SafeMigrateError, match="rows that are to be filled keep coming"):
        live.safemigrate()
