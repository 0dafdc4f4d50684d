"""While a backfill runs, others insert, delete, update, and keep rows locked."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import connection

from django_safemigrate.decisions.pacing import Pacing
from django_safemigrate.doing.backfill.control import Control
from django_safemigrate.doing.backfill.worker import Hooks, work
from django_safemigrate.models import Backfill, BackfillChunk
from django_safemigrate.values.errors import LockUnavailable, SafeMigrateError
from tests.support.database import execute, rows, value
from tests.support.project import Project
from tests.support.traffic import holding, sending

from .begun import COLUMNS, begin, counted

pytestmark = pytest.mark.postgres

ROWS = 3_000


@pytest.fixture
def items(live: Project) -> Project:
    execute(f"CREATE TABLE item (id bigserial PRIMARY KEY, {COLUMNS})")
    execute(f"INSERT INTO item (state) SELECT 'new' FROM generate_series(1, {ROWS}); ANALYZE item")
    return live


def test_it_ends_under_inserts(items: Project) -> None:
    """Trap 43: the last key of a pass is fixed at its start."""
    key = begin()
    with sending("INSERT INTO item (state) VALUES ('other')") as writes:
        work(connection, key)
    assert not writes.errors
    assert Backfill.objects.get(pk=key).number == 1
    assert counted()[0] == ("done", 1, ROWS)


def test_an_empty_batch_is_not_the_end(items: Project) -> None:
    """Trap 43: rows that are gone leave a gap."""
    key = begin()
    execute("DELETE FROM item WHERE id BETWEEN 101 AND 2900")
    work(connection, key)
    assert counted() == [("done", 1, 200)]


def test_updates_and_deletes_meanwhile(items: Project) -> None:
    execute("ALTER TABLE item ADD n int NOT NULL DEFAULT 0")
    key = begin(batch_rows=50)
    update = f"UPDATE item SET n = n + 1 WHERE id = 1 + (random() * {ROWS})::int"
    with sending(update) as one, sending("DELETE FROM item WHERE id % 10 = 5 AND random() < 0.1") as two:
        work(connection, key)
    assert not one.errors
    assert not two.errors
    assert value("SELECT count(*) FROM item WHERE state = 'new' OR times <> 1") == 0


def test_rows_that_are_right_are_left_alone(items: Project) -> None:
    execute("UPDATE item SET state = 'done', times = 7 WHERE id > 1000")
    before = value("SELECT max(xmin::text::bigint) FROM item WHERE id > 1000")
    key = begin()
    work(connection, key)
    assert counted() == [("done", 1, 1000), ("done", 7, 2000)]
    assert value("SELECT max(xmin::text::bigint) FROM item WHERE id > 1000") == before
    assert Backfill.objects.get(pk=key).rows == 1000


# Rows that others keep locked


class Refusals(Hooks):
    def __init__(self) -> None:
        self.attempts: list[int] = []

    def refused(self, attempt: int, error: Exception, waited: float) -> None:
        self.attempts.append(attempt)
        super().refused(attempt, error, waited)  # type: ignore[arg-type]


def test_a_hot_row_is_passed_by_and_come_back_to(items: Project) -> None:
    key, hooks = begin(), Refusals()
    with holding("UPDATE item SET who = 0 WHERE id = 150") as other:

        class UntilAllOthersAreDone(Refusals):
            def refused(self, attempt: int, error: Exception, waited: float) -> None:
                super().refused(attempt, error, waited)
                hooks.attempts.append(attempt)
                if attempt == 3:
                    assert value("SELECT count(*) FROM item WHERE state = 'done'") == ROWS - 1
                    assert [(chunk.after, chunk.upto) for chunk in BackfillChunk.objects.filter(number=4)] == [
                        (["100"], ["200"])
                    ]
                    other.rollback()

        work(connection, key, hooks=UntilAllOthersAreDone())
    assert hooks.attempts[0] == 0
    assert counted() == [("done", 1, ROWS)]
    assert Backfill.objects.get(pk=key).number == 1


def test_the_whole_table_locked_by_somebody(items: Project) -> None:
    key = begin()
    with holding("LOCK TABLE item IN EXCLUSIVE MODE") as other:

        class Patient(Refusals):
            def refused(self, attempt: int, error: Exception, waited: float) -> None:
                super().refused(attempt, error, waited)
                if attempt == 2:
                    other.rollback()

        hooks = Patient()
        work(connection, key, hooks=hooks)
    assert hooks.attempts[:4] == [0, 1, 0, 2]
    assert counted() == [("done", 1, ROWS)]


def test_a_batch_waits_for_milliseconds_only_and_keeps_nobody(items: Project) -> None:
    """The rows that it has changed before it met the locked one are free again at once."""
    key = begin(batch_rows=1000)
    with (
        holding("UPDATE item SET who = 0 WHERE id = 900") as other,
        sending("UPDATE item SET who = 1 WHERE id = 10") as writes,
    ):

        class Release(Hooks):
            def refused(self, attempt: int, error: Exception, waited: float) -> None:
                if attempt:
                    other.rollback()

        work(connection, key, hooks=Release(), pacing=Pacing())
    assert not writes.errors
    assert counted() == [("done", 1, ROWS)]


def test_who_only_refers_to_a_row_is_not_waited_for(items: Project) -> None:
    """A foreign key's check locks the row that it refers to, in a mode that stops no change of other columns."""
    execute("CREATE TABLE part (item bigint REFERENCES item)")
    key = begin()
    with holding("INSERT INTO part VALUES (150)"):
        hooks = Refusals()
        work(connection, key, hooks=hooks)
    assert hooks.attempts == []


# Verified by query


def test_a_second_writer_is_found_out(items: Project) -> None:
    key = begin()
    spoiled: list[int] = []

    class Spoiling(Hooks):
        def progress(self, control: Control, reason: str) -> None:
            if control.scanned > 1000 and not spoiled:
                execute("UPDATE item SET state = 'new' WHERE id IN (17, 18, 40)")
                spoiled.append(control.scanned)

    execute(
        "CREATE FUNCTION slow() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN PERFORM pg_sleep(0.001); RETURN NEW; END $$;"
        "CREATE TRIGGER slow BEFORE UPDATE ON item FOR EACH ROW WHEN (NEW.state = 'done') EXECUTE FUNCTION slow()"
    )
    work(connection, key, hooks=Spoiling())
    assert spoiled
    assert counted() == [("done", 1, ROWS - 3), ("done", 2, 3)]
    seen = Backfill.objects.get(pk=key)
    assert (seen.number, seen.frontier, seen.end) == (2, ["40"], ["40"])


def test_a_row_that_went_before_its_pass_is_no_reason_to_give_up(items: Project) -> None:
    """Old code inserts rows before the deploy, and deletes some."""
    key = begin()

    class Fleeting(Hooks):
        passes = 0

        def progress(self, control: Control, reason: str) -> None:
            number = Backfill.objects.get(pk=key).number
            if number > self.passes:
                self.passes = number
                execute(f"DELETE FROM item WHERE id > {ROWS}")
                execute(f"INSERT INTO item (state) SELECT 'new' WHERE {number} < 5")

    hooks = Fleeting()
    work(connection, key, hooks=hooks)
    assert hooks.passes == 5
    assert counted() == [("done", 1, ROWS)]


def test_what_has_no_effect_is_an_error_and_not_endless(items: Project) -> None:
    execute(
        "CREATE FUNCTION keep() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN NULL; END $$;"
        "CREATE TRIGGER keep BEFORE UPDATE ON item FOR EACH ROW WHEN (OLD.id = 70) EXECUTE FUNCTION keep()"
    )
    key = begin()
    with pytest.raises(SafeMigrateError, match="rows that are to be filled keep coming") as error:
        work(connection, key)
    assert "without an effect" in error.value.reason
    assert counted() == [("done", 1, ROWS - 1), ("new", 0, 1)]
    execute("DROP TRIGGER keep ON item")
    work(connection, key)
    assert counted() == [("done", 1, ROWS)]


def test_an_error_of_the_server_leaves_the_batches_before_it(items: Project) -> None:
    execute("ALTER TABLE item ADD CHECK (state = 'new' OR id <> 1234)")
    key = begin()
    for _ in range(2):  # nothing of a chunk is kept from the next try
        with pytest.raises(Exception, match="check constraint"):
            work(connection, key)
    assert counted() == [("done", 1, 1200), ("new", 0, 1800)]
    assert "check constraint" in Backfill.objects.get(pk=key).error
    execute("ALTER TABLE item DROP CONSTRAINT item_check")
    work(connection, key)
    assert Backfill.objects.get(pk=key).error == ""
    assert counted() == [("done", 1, ROWS)]


# In a run of safemigrate


def test_a_run_says_who_has_the_row_and_gives_up_in_the_end(live: Project, settings: Any) -> None:
    # One request waits as long as the run may: long enough to be seen waiting.
    settings.SAFEMIGRATE = {"LOCK_TIMEOUT": "1s", "BATCH_TARGET": "2s"}
    execute("ALTER TABLE shop_order ALTER coupon DROP NOT NULL; UPDATE shop_order SET coupon = NULL")
    live.write(
        "0002_fill",
        "migrations.AlterField('order', 'coupon', models.CharField(max_length=9, null=True)),\n"
        "safemigrate.Backfill('order', {'coupon': 'none'}),",
    )
    path = live.directory / "0002_fill.py"
    path.write_text("import django_safemigrate.operations as safemigrate\n" + path.read_text())
    with holding("UPDATE shop_order SET gift = true WHERE id = 700"):
        with pytest.raises(LockUnavailable, match="'report'") as error:
            live.safemigrate("--max-wait", "1s")
        assert "no lock within 1 s" in error.value.fact
        assert rows("SELECT id FROM shop_order WHERE coupon IS NULL") == [(700,)]
    output = live.safemigrate()
    assert value("SELECT count(*) FROM shop_order WHERE coupon IS NULL") == 0
    assert "Fill shop_order.coupon" in output
    values = "SELECT most_common_vals::text FROM pg_stats WHERE tablename = 'shop_order' AND attname = 'coupon'"
    assert value(values) == "{none}"
