"""Traps of changes of types, of NULL and of what hangs on a column."""

from __future__ import annotations

import dataclasses
from contextlib import nullcontext

import psycopg
import pytest
from django.db import DatabaseError, IntegrityError, connection, models
from django.db.migrations import AddConstraint, AddIndex, AlterField, RemoveField, RenameField
from django.db.models import CheckConstraint, Index, Q
from django.db.models.functions import Lower

from django_safemigrate.compile.operations import compile_migration
from django_safemigrate.values.errors import Refused
from django_safemigrate.values.steps import Step, Work
from tests.compile.runs import changes, executed, prepared
from tests.compile.shop import altered, change
from tests.support.database import another_session, execute, rows, value

pytestmark = [pytest.mark.postgres, pytest.mark.usefixtures("server")]

CHAR = models.CharField


def works(steps: list[Step]) -> list[tuple[Work, str]]:
    return [(step.work, step.sql.split(" ")[0]) for step in steps]


def test_longer_text_rebuilds_no_index_under_the_lock() -> None:
    """Trap 38: the server cannot tell that partial and functional indexes stay the same, and would rebuild them."""
    steps = executed(changes()["longer text, with partial and functional indexes"])
    drop, build = (Work.INDEX_DROP, "DROP"), (Work.INDEX_BUILD, "CREATE")
    assert works(steps) == [drop, drop, (Work.CATALOG, "ALTER"), build, build, (Work.SCAN, "ANALYZE")]


def test_longer_text_proves_no_check_under_the_lock() -> None:
    """Trap 38: the CHECK is replaced by a NOT VALID one in the same statement, and proved after it."""
    steps = executed(changes()["longer text, with a check"])
    assert works(steps) == [(Work.CATALOG, "ALTER"), (Work.SCAN, "ALTER"), (Work.SCAN, "ANALYZE")]
    assert "NOT VALID" in steps[0].sql
    assert rows("SELECT convalidated FROM pg_constraint WHERE conname = 'thing_check'") == [(True,)]


@pytest.mark.parametrize("name", ["longer text", "text without a limit", "collation"])
def test_the_statistics_of_a_column_are_back(name: str) -> None:
    """Trap 39: ALTER TYPE deletes them, and a planner without them may choose anything."""
    steps = executed(changes()[name])
    assert steps[-1].sql == 'ANALYZE "shop_thing" ("a")'
    assert value("SELECT count(*) FROM pg_stats WHERE tablename = 'shop_thing' AND attname = 'a'") == 1


def test_definitions_are_the_servers_and_no_text_is_replaced_in_them() -> None:
    """Trap 40: what looks like a column or a type may be a value."""
    words = "varchar(9) a amount"
    thing = altered(
        "words",
        CHAR(max_length=9),
        CHAR(max_length=20),
        "n",
        options={
            "indexes": [Index(Lower("a"), name="thing_words", condition=~Q(a=words))],
            "constraints": [CheckConstraint(condition=~Q(a=words), name="thing_check")],
        },
    )
    executed(thing)
    definitions = (
        value("SELECT pg_get_indexdef('thing_words'::regclass)"),
        value("SELECT pg_get_constraintdef(oid) FROM pg_constraint WHERE conname = 'thing_check'"),
    )
    assert all(f"'{words}'" in definition for definition in definitions)


def test_a_rename_leaves_values_alone() -> None:
    """Trap 40: the server renames the column in checks and indexes, by its number."""
    before = [
        AddConstraint("order", CheckConstraint(condition=~Q(note="amount") & Q(amount__gt=0), name="words")),
        AddIndex("order", Index(fields=["kept"], condition=~Q(note="amount") & Q(amount__gt=0), name="i")),
    ]
    executed(change("words", RenameField("order", "amount", "total"), before=before, unsafe=True))
    check = value("SELECT pg_get_constraintdef(oid) FROM pg_constraint WHERE conname = 'words'")
    for definition in (check, value("SELECT pg_get_indexdef('i'::regclass)")):
        assert "'amount'" in definition
        assert "total > 0" in definition


def test_not_null_that_is_not_proved_is_no_not_null() -> None:
    """Trap 46: ``attnotnull`` is true for it on PostgreSQL 18, and SET NOT NULL would read the table under the lock."""
    if connection.pg_version < 180000:  # type: ignore[attr-defined]
        pytest.skip("NOT NULL constraints are there since PostgreSQL 18")
    execute_later = "ALTER TABLE shop_thing ADD CONSTRAINT by_hand NOT NULL a NOT VALID"
    thing = altered("not null", models.IntegerField(null=True), models.IntegerField(), "n")
    steps = executed(dataclasses.replace(thing, rows=f"{thing.rows}; {execute_later}"))
    assert [(step.work, step.sql) for step in steps] == [
        (Work.SCAN, 'ALTER TABLE "shop_thing" VALIDATE CONSTRAINT "by_hand"')
    ]


def test_null_that_comes_in_between_is_an_error_and_not_lost() -> None:
    """Trap 45: a row with NULL is refused from the first step on, before the rows are filled or read."""
    change = changes()["null refused, without a default"]
    state, migration = prepared(change)
    first = compile_migration(migration, state, connection)[0][1][0]
    execute(first.sql)
    with pytest.raises(IntegrityError):
        execute("INSERT INTO shop_thing (a, b) VALUES (NULL, 1)")


def test_a_generated_column_says_which_kind_it_is() -> None:
    """Trap 46: without the word PostgreSQL 18 makes it virtual, and older ones refuse."""
    steps = executed(changes()["stored generated column"])
    assert [step.sql for step in steps] == [
        'ALTER TABLE "shop_order" ADD COLUMN "a" integer GENERATED ALWAYS AS (("amount" * 2)) STORED'
    ]


DEPENDENTS = {
    "view amounts": "CREATE VIEW amounts AS SELECT amount FROM shop_order",
    "policy picky on table shop_order": "CREATE POLICY picky ON shop_order USING (amount > 0)",
    "column twice of table shop_order": "ALTER TABLE shop_order ADD twice int GENERATED ALWAYS AS (amount * 2) STORED",
    "table shop_order": "CREATE RULE picky AS ON UPDATE TO shop_order WHERE new.amount > 9 DO INSTEAD NOTHING",
}


@pytest.mark.parametrize("name", DEPENDENTS)
def test_what_depends_on_a_column_is_named_before_anything_is_done(name: str) -> None:
    """Trap 49: the server would refuse half-way."""
    alter = AlterField("order", "amount", models.BigIntegerField())
    with pytest.raises(Refused) as error:
        executed(change("type", alter, rows=DEPENDENTS[name]))
    assert error.value.fact.endswith("The type of column amount of table shop_order cannot change.")
    assert name in error.value.reason


def test_a_view_on_a_dropped_column_is_an_error_and_not_a_loss() -> None:
    """Trap 49: never CASCADE."""
    view = "CREATE VIEW notes AS SELECT note FROM shop_order"
    with pytest.raises(DatabaseError, match="other objects depend on it"):
        executed(change("drop", RemoveField("order", "note"), rows=view))
    assert rows("SELECT count(*) FROM notes") == [(200,)]


@pytest.mark.parametrize(
    ("name", "query", "times"),
    [
        ("longer text", "SELECT a FROM shop_thing WHERE b = 1", 1),
        ("text without a limit", "SELECT a FROM shop_thing WHERE b = 1", 1),
        ("integer to bigint", "SELECT a FROM shop_thing WHERE b = 1", 1),
        ("integer to bigint", "SELECT count(*) FROM shop_thing WHERE a = 1", 0),
        ("column dropped", "SELECT id, number FROM shop_order WHERE amount = 1", 0),
        ("column dropped", "SELECT * FROM shop_order WHERE amount = 1", 1),
        ("nullable column", "SELECT id, number FROM shop_order WHERE amount = 1", 0),
    ],
)
def test_a_prepared_statement_of_another_session_fails_at_most_once(name: str, query: str, times: int) -> None:
    """Trap 50: where the type of what it returns has changed, or ``SELECT *`` has another number of columns.

    A longer varchar is another type, too. Prepared again it works; what returns the same columns as before, as all queries of
    Django's do when a column comes or goes, is planned anew without an error. So an application whose driver prepares
    (psycopg: after a statement has been sent five times) sees one error per connection and statement after a change of a
    type, and none after any other.
    """
    state, migration = prepared(changes()[name])
    with another_session() as application:
        application.execute(f"PREPARE one AS {query}")
        assert application.execute("EXECUTE one").fetchall()
        for _, steps in compile_migration(migration, state, connection):
            for step in steps:
                execute(step.sql)
        error = psycopg.errors.FeatureNotSupported
        expected = pytest.raises(error, match="cached plan must not change result type") if times else nullcontext()
        with expected:
            application.execute("EXECUTE one")
        application.execute("DEALLOCATE one")
        application.execute(f"PREPARE one AS {query}")
        assert application.execute("EXECUTE one").fetchall()
