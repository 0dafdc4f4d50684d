"""Several workers, those that die, those that are told what to do: each row is changed once, from the last stop on."""

from __future__ import annotations

import threading
from collections.abc import Callable
from multiprocessing import get_context
from typing import Any

import pytest
from django.db import connection

from django_safemigrate.catalog.keys import order_of
from django_safemigrate.decisions.pacing import Pacing
from django_safemigrate.doing.backfill import ledger
from django_safemigrate.doing.backfill import worker as working
from django_safemigrate.doing.backfill.control import Control
from django_safemigrate.doing.backfill.filler import Filler
from django_safemigrate.doing.backfill.ledger import Chunk, ChunkLost, Nothing, Worker
from django_safemigrate.doing.backfill.processes import helping
from django_safemigrate.doing.backfill.worker import PAUSED, Call, Ending, Hooks, NoThrottle, work
from django_safemigrate.models import Backfill, BackfillChunk
from django_safemigrate.values.errors import UsageError
from tests.support.database import another_session, execute, rows, value
from tests.support.project import Project
from tests.support.waiting import Clock, wait_for

from .begun import COLUMNS, DONE, NEW, another_worker, begin, counted
from .parent import with_helpers

pytestmark = pytest.mark.postgres

ROWS = 3_000


@pytest.fixture
def items(live: Project) -> Project:
    execute(f"CREATE TABLE item (id int PRIMARY KEY, {COLUMNS}); INSERT INTO item SELECT generate_series(1, {ROWS})")
    execute("ANALYZE item")
    return live


def in_threads(count: int, function: Callable[[], Any]) -> list[Any]:
    """What it returns in threads with connections of their own, at the same time."""
    found: list[Any] = []

    def run() -> None:
        try:
            found.append(function())
        finally:
            connection.close()

    threads = [threading.Thread(target=run) for _ in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(150)
    return found


# The backends of this database that are asleep.
ASLEEP = "FROM pg_stat_activity WHERE wait_event = 'PgSleep' AND datname = current_database()"


def slow_rows(condition: str = "true", seconds: float = 0.005) -> None:
    body = f"BEGIN PERFORM pg_sleep({seconds}); RETURN NEW; END"
    execute(
        f"CREATE FUNCTION slow() RETURNS trigger LANGUAGE plpgsql AS $$ {body} $$;"
        f"CREATE TRIGGER slow BEFORE UPDATE ON item FOR EACH ROW WHEN ({condition}) EXECUTE FUNCTION slow()"
    )


def begin_together(workers: int) -> None:
    """No row is changed before so many workers have each taken a part of the table."""
    taken = "SELECT count(*) FROM django_safemigrate_backfillchunk WHERE worker <> ''"
    together = f"({taken}) >= {workers} OR EXISTS (SELECT FROM item WHERE state = 'done')"
    execute(
        "CREATE FUNCTION wait() RETURNS trigger LANGUAGE plpgsql AS $$ "
        f"BEGIN WHILE NOT ({together}) LOOP PERFORM pg_sleep(0.01); END LOOP; RETURN NULL; END $$;"
        "CREATE TRIGGER wait BEFORE UPDATE ON item FOR EACH STATEMENT EXECUTE FUNCTION wait()"
    )


# Dead workers


def test_killed_inside_a_batch(items: Project) -> None:
    """What the batch has done is gone with it, and the next worker begins where the one before it stopped."""
    slow_rows("OLD.id = 1550", 600)
    key = begin()
    with another_worker(key) as process:
        wait_for(lambda: value("SELECT count(*) FROM item WHERE state = 'done'") == 1500)
        wait_for(lambda: value(f"SELECT count(*) {ASLEEP}") == 1)
        process.kill()
        process.join()
        execute(f"SELECT pg_terminate_backend(pid) {ASLEEP}")
        wait_for(lambda: not value(f"SELECT count(*) {ASLEEP}"))
    assert counted() == [("done", 1, 1500), ("new", 0, 1500)]
    assert BackfillChunk.objects.get().cursor == ["1500"]
    execute("DROP TRIGGER slow ON item; UPDATE item SET state = 'new' WHERE id = 1")  # the cursor does not see that
    seen: list[int] = []
    work(connection, key, hooks=Watching(lambda control, reason: seen.append(control.rows)))
    assert seen[0] == 1500
    assert counted() == [("done", 1, ROWS - 1), ("done", 2, 1)]  # by the verification
    assert Backfill.objects.get(pk=key).number == 2


def test_killed_between_batches(items: Project) -> None:
    slow_rows()
    key = begin()
    with another_worker(key) as process:
        wait_for(lambda: value("SELECT count(*) FROM item WHERE state = 'done'") >= 300)
        process.kill()
        process.join()
    wait_for(lambda: not value("SELECT count(*) FROM pg_stat_activity WHERE pid IN (SELECT who FROM item)"))
    execute("DROP TRIGGER slow ON item")
    work(connection, key)
    assert counted() == [("done", 1, ROWS)]
    assert value("SELECT count(DISTINCT who) FROM item") == 2


def test_its_session_ends_under_it(items: Project) -> None:
    key = begin()

    class Ended(Hooks):
        def progress(self, control: Control, reason: str) -> None:
            if control.rows:
                with another_session() as other:
                    other.execute("SELECT pg_terminate_backend(who) FROM item WHERE who IS NOT NULL LIMIT 1")

    slow_rows()
    with pytest.raises(Exception, match="terminat"):
        work(connection, key, hooks=Ended())
    connection.close()
    execute("DROP TRIGGER slow ON item")
    assert 0 < value("SELECT count(*) FROM item WHERE state = 'done'") < ROWS
    work(connection, key)
    assert counted() == [("done", 1, ROWS)]


# The fence


def test_who_has_lost_his_chunk_cannot_write(items: Project) -> None:
    key = begin()
    order = order_of(connection, '"item"')
    mine = ledger.take(connection, key, order, Worker("the first"))
    assert isinstance(mine, Chunk)
    BackfillChunk.objects.update(touched="2000-01-01T00:00:00Z")
    [his] = in_threads(1, lambda: ledger.take(connection, key, order, Worker("the second")))
    assert isinstance(his, Chunk)
    assert (his.row, his.token, his.cursor) == (mine.row, mine.token + 1, None)
    filler = Filler(connection, order, '"item"', NEW, f'UPDATE "item" SET {DONE} WHERE ({NEW})')
    call = Call(filler, key, Worker("the first"), Pacing(), NoThrottle(), Hooks(), float("inf"), mine)
    with pytest.raises(ChunkLost):
        call._attempt(mine, ["100"], 100, skip_locked=False)
    with pytest.raises(ChunkLost):
        ledger.take(connection, key, order, Worker("the first"), done=mine)
    ledger.release(connection, mine)  # of another's chunk: nothing
    assert BackfillChunk.objects.get().worker == "the second"
    assert counted() == [("new", 0, ROWS)]


def test_nobody_takes_the_chunk_of_somebody_in_a_batch(items: Project) -> None:
    key = begin()
    order = order_of(connection, '"item"')
    mine = ledger.take(connection, key, order, Worker("the first"))
    assert isinstance(mine, Chunk)
    BackfillChunk.objects.update(touched="2000-01-01T00:00:00Z")
    with another_session(autocommit=False) as in_a_batch:
        in_a_batch.execute("SELECT FROM django_safemigrate_backfillchunk FOR UPDATE")
        another = ledger.take(connection, key, order, Worker("the second"))
        assert isinstance(another, Chunk)
        assert another.row != mine.row
    taken = ledger.take(connection, key, order, Worker("the third"))
    assert isinstance(taken, Chunk)
    assert (taken.row, taken.token) == (mine.row, mine.token + 1)


# Several


def test_several_processes_share_it(items: Project) -> None:
    begin_together(3)
    key = begin(batch_rows=20)
    with helping(connection, key, 2, target=0.02, rest=0.0):
        work(connection, key, pacing=Pacing(rest=0.0))
    assert counted() == [("done", 1, ROWS)]
    assert value("SELECT count(DISTINCT who) FROM item") == 3
    assert Backfill.objects.get(pk=key).rows == ROWS


def test_a_run_with_several_processes(live: Project) -> None:
    """Each with its own connection; a chunk has 1,000 rows at least."""
    execute(
        "ALTER TABLE shop_order ALTER coupon DROP NOT NULL; INSERT INTO shop_order (number, status, gift) "
        "SELECT n, 'new', false FROM generate_series(1, 20000) n; UPDATE shop_order SET coupon = NULL; ANALYZE shop_order"
    )
    live.write(
        "0002_fill",
        "migrations.AlterField('order', 'coupon', models.CharField(max_length=9, null=True)),\n"
        "safemigrate.Backfill('order', {'coupon': 'none'}),",
    )
    path = live.directory / "0002_fill.py"
    path.write_text("import django_safemigrate.operations as safemigrate\n" + path.read_text())
    output = live.safemigrate("--workers", "2")
    assert "21000 rows" in output
    assert value("SELECT count(*) FROM shop_order WHERE coupon = 'none'") == 21_000
    with pytest.raises(UsageError, match="--workers is 0"):
        live.safemigrate("--workers", "0")


def test_helpers_end_with_the_process_that_has_started_them(items: Project) -> None:
    slow_rows(seconds=0.03)
    key = begin(batch_rows=10)
    settings = {name: item for name, item in connection.settings_dict.items() if name != "TEST"}
    process = get_context("spawn").Process(target=with_helpers, args=(settings, key))
    process.start()
    wait_for(lambda: value("SELECT count(DISTINCT who) FROM item") == 2)
    process.kill()
    process.join()
    wait_for(lambda: not value("SELECT count(*) FROM pg_stat_activity WHERE pid IN (SELECT who FROM item)"))
    execute("DROP TRIGGER slow ON item")
    work(connection, key)
    assert counted() == [("done", 1, ROWS)]


def test_threads_race_for_chunks(items: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ledger, "CHUNK_LEAST", 50)
    key = begin(batch_rows=10)
    endings = in_threads(4, lambda: work(connection, key, pacing=Pacing(rest=0.0)))
    assert endings == [Ending.DONE] * 4
    assert counted() == [("done", 1, ROWS)]
    assert not BackfillChunk.objects.exists()


# Told what to do


class Watching(Hooks):
    def __init__(self, progress: Callable[[Control, str], None]) -> None:
        self._progress = progress

    def progress(self, control: Control, reason: str) -> None:
        self._progress(control, reason)


def test_only_for_a_while(items: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(working, "time", Clock(tick=0.01))
    key = begin(batch_rows=10)
    assert work(connection, key, seconds=0.3) is Ending.LEFT
    done = value("SELECT count(*) FROM item WHERE state = 'done'")
    assert 0 < done < ROWS
    assert [(chunk.worker, chunk.cursor) for chunk in BackfillChunk.objects.all()] == [("", [str(done)])]
    assert work(connection, key) is Ending.DONE
    assert counted() == [("done", 1, ROWS)]


def test_paused_and_resumed_and_other_batches(items: Project) -> None:
    key = begin(batch_rows=50)
    backfills = Backfill.objects.filter(pk=key)
    slow_rows(seconds=0.001)
    reasons: list[str] = []

    def progress(control: Control, reason: str) -> None:
        reasons.append(reason)
        if control.rows and control.batch_rows == 50:
            backfills.update(paused=True, batch_rows=500)
        elif reason:
            assert backfills.get().reason == PAUSED
            assert BackfillChunk.objects.get().worker == ""
            backfills.update(paused=False)

    work(connection, key, hooks=Watching(progress))
    assert PAUSED in reasons
    assert reasons[-1] == ""
    assert backfills.get().reason == ""
    assert counted() == [("done", 1, ROWS)]
    sizes = {count for (count,) in rows("SELECT count(*) FROM item GROUP BY xmin")}
    assert {50, 500} <= sizes


def test_a_throttle_is_asked_before_each_batch_and_its_reason_shown(items: Project) -> None:
    key = begin()
    answers = iter(["", "", "the standby is 12 s behind", "the standby is 12 s behind"])

    class Standby(NoThrottle):
        def reason(self) -> str:
            return next(answers, "")

    reasons: list[str] = []
    work(connection, key, throttle=Standby(), hooks=Watching(lambda control, reason: reasons.append(reason)))
    assert "the standby is 12 s behind" in reasons
    assert reasons[-1] == ""
    assert counted() == [("done", 1, ROWS)]


def test_one_that_was_given_up_is_left_alone(items: Project) -> None:
    """``--abort``, or a migration that was recorded past the journal, closes the steps."""
    key = begin()
    backfill = Backfill.objects.get(pk=key)
    backfill.step.closed = backfill.started
    backfill.step.save()
    assert work(connection, key) is Ending.DONE
    assert ledger.take(connection, key, order_of(connection, '"item"'), Worker("x")) is Nothing.OVER
    assert counted() == [("new", 0, ROWS)]
