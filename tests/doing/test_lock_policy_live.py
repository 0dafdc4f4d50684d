"""The lock policy against a real server: who waits, who is named, what is retried, what is left behind."""

from __future__ import annotations

import contextlib
import re
import time
from collections.abc import Iterator

import pytest
from django.db import connection

from django_safemigrate.values.errors import LockUnavailable
from tests.support.database import autovacuum, execute, rows, value
from tests.support.project import Project
from tests.support.traffic import holding, overlapping, sending
from tests.support.waiting import wait_for

pytestmark = pytest.mark.postgres

READ = "SELECT count(*) FROM shop_order WHERE id = 1"
ADD = 'migrations.AddField("order", "note", models.IntegerField(null=True)),'


def test_nobody_waits_behind_us_while_a_report_runs(live: Project) -> None:
    """Trap 10: it is the queue behind a waiting request that stops an application."""
    live.write("0002_note", ADD, safe="Safe.before_deploy()")
    with holding(READ) as report, sending(READ) as reads:
        live.when("not asking yet", reads.then(report.rollback))
        output = live.safemigrate()
    assert "not asking yet" in output
    assert "'report' (user" in output
    assert "holds ACCESS SHARE on shop_order" in output
    assert not reads.errors
    assert reads.went_on  # stock's wait would be as long as the report
    assert rows("SELECT note FROM shop_order LIMIT 1") == [(None,)]


def test_a_table_that_is_never_free_is_asked_for_and_every_refusal_names_who(live: Project) -> None:
    live.write("0002_note", ADD, safe="Safe.before_deploy()")
    with overlapping(READ) as over:
        live.when("attempt 2", over.set)
        output = live.safemigrate()
    assert "attempt 1: no lock within 20 ms" in output
    assert "'short' (user" in output
    assert re.search(r"done in .*, \d+ attempts", output)


def test_gives_up_with_names_and_the_next_run_goes_on(live: Project) -> None:
    """Trap 5: there is no last attempt without a timeout."""
    live.write(
        "0002_two",
        'migrations.AddField("order", "a", models.IntegerField(null=True)),\n'
        'migrations.AddIndex("order", models.Index(fields=["status"], name="shop_status")),\n' + ADD,
        safe="Safe.before_deploy()",
    )
    live.write("0003_more", 'migrations.AlterModelOptions("order", {}),', safe="Safe.before_deploy()")
    with holding(READ), pytest.raises(LockUnavailable) as error:
        live.safemigrate("--max-wait", "300ms")
    assert error.value.returncode == 5
    assert error.value.fact == "shop.0002_two: no lock within 300 ms of waiting."
    assert "'report'" in error.value.reason
    assert "run the same command again: it goes on from here" in error.value.next_command.replace("\n", " ")
    assert rows("SELECT name FROM django_migrations WHERE app = 'shop'") == [("0001_initial",)]
    output = live.safemigrate()
    assert "OK shop.0002_two" in output
    assert "OK shop.0003_more" in output


def test_what_is_done_is_recognised_by_its_definition(live: Project) -> None:
    with connection.cursor() as cursor:
        cursor.execute('ALTER TABLE shop_order ADD COLUMN "note" integer NULL')
        cursor.execute("CREATE INDEX shop_status ON shop_order (status)")
    live.write(
        "0002_two",
        'migrations.AddIndex("order", models.Index(fields=["status"], name="shop_status")),\n' + ADD,
        safe="Safe.before_deploy()",
    )
    output = live.safemigrate()
    assert output.count("done already") == 2


@pytest.mark.parametrize("isolation", ["lock_timeout", "statement_timeout"])
def test_timeouts_do_not_leak(live: Project, isolation: str) -> None:
    """Traps 1 and 9: the session keeps its own settings, and a role's statement_timeout ends no step."""
    value(f"SELECT set_config('{isolation}', '12345ms', false)")
    live.write(
        "0002_two",
        ADD + '\nmigrations.AddIndex("order", models.Index(fields=["status"], name="shop_status")),',
        safe="Safe.before_deploy()",
    )
    live.safemigrate()
    assert value(f"SHOW {isolation}") == "12345ms"


def test_messages_in_another_language_change_nothing(live: Project) -> None:
    """Trap 8: decided by SQLSTATE. (Where the server has no translations this only shows that nothing breaks.)"""
    value("SELECT set_config('lc_messages', 'C', false)")
    live.write("0002_note", ADD, safe="Safe.before_deploy()")
    with overlapping(READ) as over:
        live.when("attempt 1", over.set)
        assert "OK shop.0002_note" in live.safemigrate()


@contextlib.contextmanager
def owner(name: str, options: str = "") -> Iterator[None]:
    """An ordinary role that owns the tables, and nothing more."""
    database = value("SELECT current_database()")
    execute(
        f"CREATE ROLE {name} LOGIN PASSWORD '{name}' {options};"
        f"ALTER DATABASE {database} OWNER TO {name}; ALTER SCHEMA public OWNER TO {name};"
        f"GRANT ALL ON ALL TABLES IN SCHEMA public TO {name}; GRANT ALL ON ALL SEQUENCES IN SCHEMA public TO {name};"
        f"ALTER TABLE shop_order OWNER TO {name}"
    )
    try:
        yield
    finally:
        execute(f"REASSIGN OWNED BY {name} TO CURRENT_USER; DROP OWNED BY {name}; DROP ROLE {name}")


@contextlib.contextmanager
def connected_as(name: str) -> Iterator[None]:
    """The tests' connection is that of another role."""
    settings = connection.settings_dict
    before = settings["USER"], settings["PASSWORD"]
    connection.close()
    settings["USER"], settings["PASSWORD"] = name, name
    try:
        yield
    finally:
        connection.close()
        settings["USER"], settings["PASSWORD"] = before


def test_without_a_second_session_it_goes_on_with_what_it_has(live: Project) -> None:
    """No connection left: nobody can be named, but the requests stay short and the work gets done."""
    live.write(
        "0002_two",
        ADD + '\nmigrations.AddIndex("order", models.Index(fields=["status"], name="shop_status")),',
        safe="Safe.before_deploy()",
    )
    with owner("single", "CONNECTION LIMIT 1"), connected_as("single"):
        output = live.safemigrate()
    assert "OK shop.0002_two" in output


def test_the_age_of_a_transaction_that_the_server_hides_is_learnt_by_looking(live: Project) -> None:
    """A role without pg_read_all_stats does not see since when another role's transaction is open."""
    live.write("0002_note", ADD, safe="Safe.before_deploy()")
    with owner("ordinary"), holding(READ) as report, sending(READ) as reads, connected_as("ordinary"):
        live.when("not asking yet", reads.then(report.rollback))
        started = time.monotonic()
        output = live.safemigrate()
    learnt = re.search(r"state not visible, in its transaction for ([\d.]+) s", output)
    assert learnt
    assert float(learnt[1]) <= time.monotonic() - started + 0.1  # it is rounded
    assert "OK shop.0002_note" in output
    assert output.count("no lock within") <= 4  # those of the first moments, when it still counted as young
    assert not reads.errors
    assert reads.went_on


@pytest.fixture
def vacuumed(live: Project) -> Iterator[Project]:
    """An autovacuum that takes minutes is at work on the table."""
    execute(
        "ALTER TABLE shop_order SET (autovacuum_vacuum_threshold = 1, autovacuum_vacuum_scale_factor = 0, "
        "autovacuum_vacuum_cost_delay = 100, autovacuum_vacuum_cost_limit = 1)"
    )
    execute(
        "INSERT INTO shop_order (number, status, gift, coupon) SELECT n, 'old', true, '' FROM generate_series(1, 90000) n"
    )
    execute("DELETE FROM shop_order WHERE status = 'old'")
    with autovacuum():
        wait_for(lambda: rows(VACUUM))
        yield live


VACUUM = """
SELECT a.pid FROM pg_stat_activity a JOIN pg_locks l ON l.pid = a.pid
WHERE a.backend_type = 'autovacuum worker' AND l.relation = 'shop_order'::regclass AND a.datname = current_database()
"""


def test_an_ordinary_autovacuum_makes_way(vacuumed: Project) -> None:
    """Trap 6: the server cancels it only after deadlock_timeout, which a short request never reaches by itself."""
    assert rows(VACUUM)
    execute("SET deadlock_timeout = '20s'")  # a wait for it is to stand out
    vacuumed.write("0002_note", ADD, safe="Safe.before_deploy()")
    with sending(READ) as reads:
        output = vacuumed.safemigrate()
    assert "OK shop.0002_note" in output
    assert not reads.errors
    assert max(reads.latencies) < 18  # waiting for the server's own time would be longer
    assert value("SHOW deadlock_timeout") == "20s"
