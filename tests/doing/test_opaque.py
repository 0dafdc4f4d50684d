"""Operations without steps of their own: run as Django writes them, whole, under the same policy."""

from __future__ import annotations

import threading

import pytest

from django_safemigrate.values.errors import LockUnavailable, SafeMigrateError, UsageError
from tests.support.database import another_session, execute, rows, value
from tests.support.project import Project
from tests.support.traffic import holding, overlapping, sending
from tests.support.waiting import seen, seen_waiting

pytestmark = pytest.mark.postgres

READ = "SELECT count(*) FROM shop_order WHERE id = 1"
FILL = """
migrations.RunPython(
    lambda apps, editor: apps.get_model("shop", "Order").objects.update(status="old"),
    migrations.RunPython.noop,
),
"""
RENAME = 'migrations.RenameField("order", "number", "reference"),'


def test_it_does_not_ask_while_somebody_has_the_table(live: Project) -> None:
    live.write("0002_rename", RENAME, safe="Safe.before_deploy()")
    with holding(READ) as report, sending(READ) as reads:
        live.when("not asking yet", reads.then(report.rollback))
        output = live.safemigrate("--allow-unsafe", "shop.0002_rename")
    assert "not asking yet" in output
    assert not reads.errors
    assert reads.went_on


def test_code_that_is_refused_a_lock_is_rolled_back_and_tried_again(live: Project) -> None:
    """The second table is refused; what the code has done to the first must not stay, nor be done twice."""
    live.write("0002_other", 'migrations.CreateModel("Other", [("id", models.BigAutoField(primary_key=True))]),')
    live.safemigrate()
    sql = ["UPDATE shop_order SET status = status || '+'", "ALTER TABLE shop_other ADD COLUMN raw int"]
    live.write("0003_both", f"migrations.RunSQL({sql!r}),")
    with overlapping("SELECT count(*) FROM shop_other") as over:
        live.when("attempt 1", over.set)
        output = live.safemigrate()
    assert "attempt 1: no lock within" in output
    assert value("SELECT count(*) FROM shop_order WHERE status = 'new+'") == 1000


def test_rows_of_others_are_waited_for_without_an_end(live: Project) -> None:
    """A lock_timeout would end a data migration for a wait behind which nobody queues."""
    live.write("0002_fill", FILL)
    us = value("SELECT pg_backend_pid()")
    with holding("UPDATE shop_order SET gift = true WHERE id = 1") as other:
        live.when("Applying", lambda: (seen_waiting(us, seconds=0.3), other.rollback()))
        output = live.safemigrate()
    assert "attempt" not in output
    assert value("SELECT count(*) FROM shop_order WHERE status = 'old'") == 1000


@pytest.mark.parametrize("atomic", ["True", "False"])
def test_a_statement_in_raw_sql_is_cancelled_while_it_only_waits(live: Project, atomic: str) -> None:
    """Trap 3: RunSQL waits for a table lock no longer than anything else does."""
    live.write("0002_sql", 'migrations.RunSQL("ALTER TABLE shop_order ADD COLUMN raw int"),', atomic=atomic)
    with holding(READ) as report, sending(READ) as reads:
        live.when("attempt 1", reads.then(report.rollback))
        output = live.safemigrate()
    assert "no lock within" in output
    assert not reads.errors
    assert reads.went_on
    assert rows("SELECT raw FROM shop_order LIMIT 1") == [(None,)]


def test_a_concurrent_index_in_raw_sql_is_left_to_wait(live: Project) -> None:
    """It waits for old snapshots, not in anybody's way; cancelling it would leave an invalid index."""
    sql = "CREATE INDEX CONCURRENTLY raw_index ON shop_order (status)"
    live.write("0002_sql", f'migrations.RunSQL("{sql}"),', atomic="False")
    us = value("SELECT pg_backend_pid()")
    with holding("UPDATE shop_order SET gift = true WHERE id = 1") as other:
        live.when("Applying", lambda: (seen_waiting(us, seconds=0.3), other.rollback()))
        output = live.safemigrate()
    assert "attempt" not in output
    assert value("SELECT indisvalid FROM pg_index WHERE indexrelid = 'raw_index'::regclass") is True


def test_raw_sql_gives_up_in_the_end(live: Project) -> None:
    live.write("0002_sql", 'migrations.RunSQL("ALTER TABLE shop_order ADD COLUMN raw int"),', atomic="False")
    with holding(READ), pytest.raises(LockUnavailable) as error:
        live.safemigrate("--max-wait", "700ms")
    assert error.value.returncode == 5
    assert value("SHOW lock_timeout") == "0"


def test_somebody_elses_cancellation_is_an_error(live: Project) -> None:
    live.write("0002_sql", 'migrations.RunSQL("SELECT pg_cancel_backend(pg_backend_pid()), pg_sleep(1)"),')
    with pytest.raises(SafeMigrateError) as error:
        live.safemigrate()
    assert "SQLSTATE 57014" in error.value.reason
    assert "shop.0002_sql could not be applied" in error.value.fact


def test_after_an_error_in_the_middle_the_next_run_goes_on_there(live: Project) -> None:
    """Trap 2: and the error is the real one. What was done stays done, and is not done again."""
    add = 'migrations.AddField("order", "note", models.IntegerField(null=True)),'
    once = "migrations.RunSQL(\"UPDATE shop_order SET status = status || '+'\"),"
    broken = 'migrations.RunSQL("SELECT 1 / (SELECT count(*) FROM shop_order WHERE id = 2000)"),'
    live.write("0002_broken", f"{once}\n{add}\n{broken}")
    with pytest.raises(SafeMigrateError) as error:
        live.safemigrate()
    assert error.value.returncode == 1
    assert "division by zero" in error.value.fact
    assert rows("SELECT name FROM django_migrations WHERE app = 'shop'") == [("0001_initial",)]
    execute("INSERT INTO shop_order (id, number, status, gift, coupon) VALUES (2000, '', 'new', false, '')")
    output = live.safemigrate()
    assert "Add column note to shop_order: done already" in output
    assert "OK shop.0002_broken" in output
    assert value("SELECT count(*) FROM shop_order WHERE status = 'new+' AND note IS NULL") == 1000


@pytest.mark.parametrize("changed", ['"other", models.IntegerField(null=True)', '"note", models.TextField(null=True)'])
def test_a_file_that_has_changed_half_way_is_an_error(live: Project, changed: str) -> None:
    broken = 'migrations.RunSQL("SELECT 1 / 0"),'
    live.write("0002_broken", f'migrations.AddField("order", "note", models.IntegerField(null=True)),\n{broken}')
    with pytest.raises(SafeMigrateError):
        live.safemigrate()
    live.write(
        "0002_broken",
        f'migrations.AddField("order", {changed}),\n{broken}',
        dependencies=repr([("shop", "0001_initial")]),
    )
    with pytest.raises(UsageError) as error:
        live.safemigrate()
    assert error.value.fact == "shop.0002_broken has changed since it was begun."
    begun, now = error.value.reason.split("\nNow:")
    assert begun.startswith("Begun: migrations.AddField(")
    assert "models.IntegerField(null=True)" in begun
    assert changed.split()[1] in now


def test_operations_of_a_migration_without_a_transaction_stand_alone(live: Project) -> None:
    """Where they have steps, they run as steps, and are recognised when the migration runs again."""
    live.write(
        "0002_mixed",
        'migrations.AddIndex("order", models.Index(fields=["status"], name="shop_status")),\n'
        'migrations.RunSQL("SELECT 1 / (SELECT count(*) FROM shop_order WHERE id = 2000)"),',
        atomic="False",
    )
    with pytest.raises(SafeMigrateError):
        live.safemigrate()
    execute("INSERT INTO shop_order (id, number, status, gift, coupon) VALUES (2000, '', '', false, '')")
    output = live.safemigrate()
    assert "Build index shop_status on shop_order: done already" in output
    assert "OK shop.0002_mixed" in output


def test_a_migration_with_its_own_apply_runs_it(live: Project) -> None:
    live.write(
        "0002_own",
        'migrations.AddField("order", "note", models.IntegerField(null=True)),',
        apply="lambda self, state, editor, collect_sql=False: ("
        "editor.execute('ALTER TABLE shop_order ADD COLUMN own int'), state)[1]",
    )
    live.safemigrate()
    assert rows("SELECT own FROM shop_order LIMIT 1") == [(None,)]


# Waits (a minute at most) until somebody waits for ``a``, or nobody has ``b`` any more.
UNTIL_SOMEBODY_WAITS = """
DO $$ BEGIN FOR i IN 1..6000 LOOP
    EXIT WHEN EXISTS (SELECT FROM pg_locks WHERE relation = 'a'::regclass AND NOT granted);
    EXIT WHEN NOT EXISTS (SELECT FROM pg_locks WHERE relation = 'b'::regclass AND mode = 'ShareLock');
    PERFORM pg_sleep(0.01);
END LOOP; END $$
"""


def test_a_deadlock_with_the_application_is_tried_again(live: Project) -> None:
    """Trap 4: 40P01 is a lock that was refused, like any other."""
    execute("CREATE TABLE a (id int); CREATE TABLE b (id int)")
    statements = ["LOCK TABLE a IN ROW EXCLUSIVE MODE", UNTIL_SOMEBODY_WAITS, "LOCK TABLE b IN ROW EXCLUSIVE MODE"]
    live.write("0002_two", f"migrations.RunSQL({statements!r}),")
    with another_session(autocommit=False) as session:
        session.execute("SET deadlock_timeout = '10min'")  # so that it is our runner that the server ends
        session.execute("LOCK TABLE b IN SHARE MODE")

        def lock_the_other_way_round() -> None:
            seen("SELECT FROM pg_locks WHERE relation = 'a'::regclass")
            session.execute("LOCK TABLE a IN SHARE MODE")
            session.rollback()

        thread = threading.Thread(target=lock_the_other_way_round)
        thread.start()
        output = live.safemigrate()
        thread.join()
    assert "attempt 1: deadlock" in output
    assert "OK shop.0002_two" in output


def test_an_atomic_operation_of_a_migration_without_a_transaction_is_tried_again_as_a_whole(live: Project) -> None:
    code = FILL.replace("migrations.RunPython.noop,\n)", "migrations.RunPython.noop,\n    atomic=True,\n)")
    rename = f"migrations.SeparateDatabaseAndState([{RENAME}], [{RENAME}]),"
    live.write("0002_mixed", f"{code}\n{rename}", atomic="False")
    output = live.safemigrate("--allow-unsafe", "*")
    assert "OK shop.0002_mixed" in output
    assert value("SELECT count(*) FROM shop_order WHERE status = 'old' AND reference <> ''") == 1000


def test_a_migration_with_its_own_apply_and_without_a_transaction(live: Project) -> None:
    live.write(
        "0002_own",
        "",
        atomic="False",
        apply="lambda self, state, editor, collect_sql=False: ("
        "editor.execute('CREATE INDEX CONCURRENTLY own ON shop_order (status)'), state)[1]",
    )
    live.safemigrate()
    assert value("SELECT indisvalid FROM pg_index WHERE indexrelid = 'own'::regclass") is True
