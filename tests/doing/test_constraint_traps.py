"""What is left behind when a constraint cannot be made, and what Django keeps for the end of a migration."""

from __future__ import annotations

import psycopg
import pytest

from django_safemigrate.values.errors import LockUnavailable
from tests.support.database import another_session, execute, rows, value
from tests.support.project import Project
from tests.support.traffic import holding, sending

pytestmark = pytest.mark.postgres

# Of an expression: nobody asks for duplicates before the build.
UNIQUE = (
    "migrations.AddConstraint('order', models.UniqueConstraint(models.functions.Lower('status'), name='shop_once')),"
)
NUMBERS = "migrations.AddConstraint('order', models.UniqueConstraint(fields=['number'], name='shop_once')),"
LINE = """
migrations.CreateModel("Line", [
    ("id", models.BigAutoField(primary_key=True)),
    ("order", models.ForeignKey("shop.Order", models.CASCADE)),
]),
"""
READ = "SELECT count(*) FROM shop_order WHERE id = 1"
KEYS = "SELECT convalidated FROM pg_constraint WHERE contype = 'f' AND conrelid = to_regclass('shop_line')"


def test_an_invalid_unique_index_rejects_rows_and_is_dropped_at_once(live: Project) -> None:
    """Trap 13: not with the next run, which may be a day later."""
    live.write("0002_unique", UNIQUE, safe="Safe.always()")
    with pytest.raises(Exception, match="could not create unique index"):
        live.safemigrate()
    assert rows("SELECT to_regclass('shop_once')") == [(None,)]
    execute("INSERT INTO shop_order (number, status, gift, coupon) VALUES ('x', 'new', false, '')")


def test_an_index_whose_constraint_failed_is_taken_up_again(live: Project) -> None:
    """Trap 14: it stays, valid and unique as was asked for, and the next run makes it the constraint."""
    live.write("0002_unique", NUMBERS, safe="Safe.always()")
    with another_session(autocommit=False) as report:
        live.triggers["2. "] = lambda: report.execute(READ)
        with pytest.raises(LockUnavailable):
            live.safemigrate("--max-wait", "1s")
    assert rows("SELECT indisvalid FROM pg_index WHERE indexrelid = to_regclass('shop_once')") == [(True,)]
    assert rows("SELECT conname FROM pg_constraint WHERE conname = 'shop_once'") == []
    output = live.safemigrate()
    assert "CREATE UNIQUE INDEX" not in output
    assert rows("SELECT conname FROM pg_constraint WHERE conname = 'shop_once'") == [("shop_once",)]


@pytest.mark.parametrize("atomic", ["True", "False"])
def test_the_foreign_keys_of_a_new_table_are_asked_for_like_anything_else(live: Project, atomic: str) -> None:
    """Trap 22: Django runs them at the end, one after the other without a limit; here each is a step that is recorded."""
    live.write("0002_line", LINE, safe="Safe.always()", atomic=atomic)
    somebody, write = (f"UPDATE shop_order SET status = status WHERE id = {number}" for number in (1, 2))
    with holding(somebody), pytest.raises(LockUnavailable):
        live.safemigrate("--max-wait", "1s")
    assert rows(KEYS) == []
    assert rows("SELECT to_regclass('shop_line')::text") == [("shop_line",)]
    with holding(somebody) as other, sending(write) as writes:
        live.when("not asking yet", writes.then(other.rollback))
        live.safemigrate()
    assert writes.went_on
    assert not writes.errors
    assert rows(KEYS) == [(True,)]
    assert value("SELECT count(*) FROM django_migrations WHERE name = '0002_line'") == 1
    with another_session() as session, pytest.raises(psycopg.errors.ForeignKeyViolation):
        session.execute("INSERT INTO shop_line (order_id) VALUES (-1)")
