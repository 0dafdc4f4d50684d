"""Who waits behind us is counted and limited; who is in our way makes way where that was asked for."""

from __future__ import annotations

import json
import threading
import time
from typing import Any

import psycopg
import pytest
from django.db import connection

from django_safemigrate.decisions.lock_policy import WaitBudget
from django_safemigrate.models import MigrationStep
from django_safemigrate.values.errors import LockUnavailable
from tests.support.database import another_session, execute, value
from tests.support.project import Project
from tests.support.traffic import holding, overlapping, sending
from tests.support.waiting import seen_waiting

pytestmark = pytest.mark.postgres

READ = "SELECT count(*) FROM shop_order WHERE id = 1"
ADD = 'migrations.AddField("order", "note", models.IntegerField(null=True)),'
BEFORE = "Safe.before_deploy()"
TAGS = """
migrations.CreateModel("Tag", [
    ("id", models.BigAutoField(primary_key=True)),
    ("order", models.ForeignKey("shop.Order", models.CASCADE)),
]),
"""


@pytest.fixture
def tags(live: Project) -> Project:
    """A second table that refers to the first."""
    live.write("0002_tags", TAGS)
    live.safemigrate()
    return live


def test_the_time_that_others_wait_behind_us_is_in_the_journal(
    live: Project, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Trap 10: not only the time for which we hold a lock."""
    settings.SAFEMIGRATE = {"LOCK_TIMEOUT": "300ms", "LOCK_POLICY": {"FIRST_TIMEOUT": "300ms", "PATIENCE": "1h"}}
    live.write("0002_note", ADD, safe=BEFORE)
    charge, charged = WaitBudget.charge, [0.0]
    started = time.monotonic()
    with holding(READ) as report, sending(READ) as reads:

        def charging(budget: WaitBudget, table: str, seconds: float) -> None:
            charge(budget, table, seconds)
            charged[0] += seconds
            if charged[0] > 0.1:
                report.rollback()

        monkeypatch.setattr(WaitBudget, "charge", charging)
        output = live.safemigrate()
    step = MigrationStep.objects.get(app="shop", name="0002_note")
    assert step.attempts >= 2
    assert 0.1 < step.blocked < time.monotonic() - started  # there is one that waits
    assert step.blocked == pytest.approx(charged[0])
    assert "others waited" in output
    assert not reads.errors


def test_a_run_stops_when_others_have_waited_long_enough(live: Project, settings: Any) -> None:
    settings.SAFEMIGRATE = {
        "LOCK_TIMEOUT": "400ms",
        "BLOCKED_BUDGET": "300ms",
        "LOCK_POLICY": {"FIRST_TIMEOUT": "400ms", "PATIENCE": "1h"},
    }
    live.write("0002_note", ADD, safe=BEFORE)
    with holding(READ), sending(READ), pytest.raises(LockUnavailable) as error:
        live.safemigrate()
    assert error.value.fact == ("shop.0002_note: others have waited 300 ms altogether behind requests for shop_order.")
    assert "'report'" in error.value.reason
    assert "SAFEMIGRATE['BLOCKED_BUDGET']" in error.value.next_command
    assert "OK shop.0002_note" in live.safemigrate()


def test_two_tables_are_asked_for_together_and_nobody_notices(tags: Project) -> None:
    """Trap 4: while the second table cannot be had, the first is not held; the limit is one for both."""
    tags.write("0003_drop", 'migrations.RemoveField("tag", "order"),', safe=BEFORE)
    tags.write("0004_more", ADD, safe=BEFORE)
    held: list[tuple[str, str]] = []
    us = value("SELECT pg_backend_pid()")

    def look() -> None:
        """While it rests."""
        found = look_at.execute("SELECT relation::regclass::text, mode FROM pg_locks WHERE pid = %s", [us])
        held.extend(found.fetchall())

    with (
        another_session() as look_at,
        overlapping(READ) as over,
        sending("SELECT count(*) FROM shop_tag") as reads,
    ):
        for number in range(1, 5):
            tags.triggers[f'"attempt": {number},'] = look
        tags.when('"attempt": 5,', reads.then(over.set))
        events = [json.loads(line) for line in tags.safemigrate("--json").splitlines()]
    assert [lock for lock in held if (lock[0] or "").startswith("shop_")] == []
    refused = [event for event in events if event["event"] == "lock_refused" and event["migration"] == "shop.0003_drop"]
    assert len(refused) >= 5
    assert all(event["timeout"] <= 0.011 < 0.03 < event["pause"] for event in refused)
    assert "shop.0003_drop" in [event["name"] for event in events if event["event"] == "migration_done"]
    assert reads.went_on
    assert not reads.errors


def test_a_role_that_may_not_lock_the_other_table_asks_for_both_as_the_statement_does(tags: Project) -> None:
    """REFERENCES is enough for a foreign key, and LOCK TABLE asks for more."""
    from django_safemigrate.catalog.relations import lockable

    execute("CREATE ROLE referrer; GRANT REFERENCES, SELECT ON shop_order TO referrer; SET ROLE referrer")
    try:
        assert lockable(connection, ['"shop_order"']) == set()
    finally:
        execute("RESET ROLE; DROP OWNED BY referrer; DROP ROLE referrer")
    assert lockable(connection, ['"shop_order"', '"shop_tag"', '"nowhere"']) == {'"shop_order"', '"shop_tag"'}


def test_while_one_step_waits_nothing_of_the_steps_before_it_is_held(tags: Project) -> None:
    """Trap 7: a transaction that is tried again as a whole keeps every lock that it has."""
    tags.write(
        "0003_two",
        'migrations.AddField("tag", "a", models.IntegerField(null=True)),\n' + ADD,
        safe=BEFORE,
    )
    held: list[Any] = []
    us = value("SELECT pg_backend_pid()")

    def look() -> None:
        with another_session() as session:
            held.extend(
                session.execute(
                    "SELECT relation::regclass::text, mode FROM pg_locks WHERE pid = %s AND locktype = 'relation'", [us]
                ).fetchall()
            )
            report.rollback()

    with holding(READ) as report:
        tags.when("not asking yet", look)
        assert "OK shop.0003_two" in tags.safemigrate()
    assert [lock for lock in held if lock[0].startswith("shop_")] == []


def test_whoever_sits_idle_in_a_transaction_is_named_and_left_alone(live: Project) -> None:
    live.write("0002_note", ADD, safe=BEFORE)
    with holding(READ) as report, pytest.raises(LockUnavailable, match="idle in transaction"):
        live.safemigrate("--max-wait", "1s")
    assert not report.broken


def test_whoever_sits_idle_in_a_transaction_is_ended_when_asked_for(live: Project) -> None:
    live.write("0002_note", ADD, safe=BEFORE)
    with another_session(autocommit=False, application_name="forgotten") as session:
        session.execute(READ)
        output = live.safemigrate("--terminate-blockers-after", "500ms")
        with pytest.raises(psycopg.OperationalError):
            session.execute("SELECT 1")
    assert "ended, since it sat idle in a transaction in our way: pid" in output
    assert "'forgotten'" in output
    assert "OK shop.0002_note" in output


def test_whoever_works_is_not_ended(live: Project) -> None:
    live.write("0002_note", ADD, safe=BEFORE)
    errors: list[str] = []
    with another_session() as gate, another_session(autocommit=False) as session:
        gate.execute("SELECT pg_advisory_lock(1)")

        def work() -> None:
            try:
                session.execute(READ)
                session.execute("SELECT pg_advisory_xact_lock(1)")
                session.commit()
            except psycopg.Error as error:
                errors.append(str(error))

        thread = threading.Thread(target=work)
        thread.start()
        seen_waiting(session.info.backend_pid)
        live.when("not asking yet", lambda: gate.execute("SELECT pg_advisory_unlock(1)"), after=1.5)
        output = live.safemigrate("--terminate-blockers-after", "100ms")
        thread.join()
    assert errors == []
    assert "not asking yet" in output
    assert "OK shop.0002_note" in output


def test_an_index_build_ends_those_for_whose_snapshot_it_waits(live: Project) -> None:
    live.write("0002_index", 'migrations.AddIndex("order", models.Index(fields=["status"], name="i")),', safe=BEFORE)
    with another_session(autocommit=False, application_name="forgotten") as session:
        session.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
        session.execute("SELECT count(*) FROM django_migrations")
        output = live.safemigrate("--terminate-blockers-after", "500ms")
    assert "ended, since it sat idle" in output
    assert value("SELECT indisvalid FROM pg_index WHERE indexrelid = 'i'::regclass") is True
