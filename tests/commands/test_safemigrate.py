"""The command: phases, plans, delays, what runs and what waits, on PostgreSQL and on SQLite."""

from __future__ import annotations

import json
import re
from datetime import timedelta

import pytest
from django.db import connection, models
from django.utils import timezone

from django_safemigrate.models import SafeMigration
from django_safemigrate.values.errors import Blocked
from tests.support.database import rows, value
from tests.support.project import Project

ADD = 'migrations.AddField("order", "{}", models.IntegerField(null=True)),'
BEFORE, AFTER = "Safe.before_deploy()", "Safe.after_deploy()"


def applied() -> list[str]:
    return [name for (name,) in rows("SELECT name FROM django_migrations WHERE app = 'shop' ORDER BY name")]


def columns() -> set[str]:
    with connection.cursor() as cursor:
        return {column.name for column in connection.introspection.get_table_description(cursor, "shop_order")}


def status_of(plan: str) -> dict[str, str]:
    return {name: status.lower() for status, name in re.findall(r"^(READY|DELAYED|BLOCKED) +shop\.(\w+)", plan, re.M)}


def test_the_two_phases_of_a_release(live: Project) -> None:
    live.define(
        "Order",
        {
            "number": models.CharField(max_length=20),
            "status": models.CharField(max_length=10, default="new"),
            "priority": models.IntegerField(default=3),
        },
        indexes=[models.Index(fields=["status"], name="shop_status")],
    )
    live.makemigrations()
    assert live.safemigrate("--plan").count("\nREADY") == 1
    output = live.safemigrate()
    assert "delayed: shop.0003" in output
    assert {"priority", "gift", "coupon"} <= columns()
    # Old code inserts without the new column, new code without the old ones.
    with connection.cursor() as cursor:
        cursor.execute("INSERT INTO shop_order (number, status, gift, coupon) VALUES ('old', 'new', false, '')")
        cursor.execute("INSERT INTO shop_order (number, status, priority) VALUES ('new', 'new', 5)")
    assert value("SELECT count(*) FROM shop_order WHERE priority = 3") == 1001
    live.safemigrate("--after-deploy")
    assert columns() == {"id", "number", "status", "priority"}
    assert "No changes detected" in live.makemigrations("--check")
    assert "No migrations to apply" in live.safemigrate()


def test_without_a_phase_a_migration_runs_in_either(live: Project) -> None:
    live.write("0002_a", ADD.format("a"))
    live.safemigrate()
    live.write("0003_b", ADD.format("b"), safe="Safe.always")
    live.safemigrate("--after-deploy")
    assert {"a", "b"} <= columns()


def test_an_earlier_contract_blocks_a_later_expand(live: Project) -> None:
    live.write("0002_drop", 'migrations.RemoveField("order", "gift"),', safe=AFTER)
    live.write("0003_a", ADD.format("a"), safe=BEFORE)
    assert status_of(live.safemigrate("--plan")) == {"0002_drop": "delayed", "0003_a": "blocked"}
    with pytest.raises(Blocked) as error:
        live.safemigrate()
    assert error.value.returncode == 4
    assert error.value.fact == (
        "shop.0003_a is behind shop.0002_drop, which runs after deploy (manage.py safemigrate --after-deploy)."
    )
    assert "manage.py safemigrate --after-deploy shop 0002_drop" in error.value.next_command
    assert applied() == ["0001_initial"]
    live.safemigrate("--after-deploy", "shop", "0002_drop")
    live.safemigrate()
    assert applied() == ["0001_initial", "0002_drop", "0003_a"]


def test_after_deploy_finishes_the_release_that_is_deployed_and_no_later_one(live: Project) -> None:
    live.write("0002_drop", 'migrations.RemoveField("order", "gift"),', safe=AFTER)
    live.safemigrate()
    live.write("0003_a", ADD.format("a"), safe=BEFORE)
    live.write("0004_drop", 'migrations.RemoveField("order", "coupon"),', safe=AFTER)
    output = live.safemigrate("--after-deploy")
    assert applied() == ["0001_initial", "0002_drop"]
    assert "delayed: shop.0003_a runs before the next deploy (manage.py safemigrate)" in output
    assert "delayed: shop.0004_drop is behind shop.0003_a" in output


def test_after_deploy_leaves_alone_what_no_phase_before_deploy_has_seen(live: Project) -> None:
    """The files of the next release are there already, and have nothing to do before its deploy."""
    live.write("0002_drop", 'migrations.RemoveField("order", "gift"),', safe=AFTER)
    live.safemigrate()
    live.write("0003_drop", 'migrations.RemoveField("order", "coupon"),', safe=AFTER)
    output = live.safemigrate("--after-deploy")
    assert applied() == ["0001_initial", "0002_drop"]
    assert "0003_drop belongs to a release whose phase before deploy has not been run (manage.py safemigrate)" in output
    with pytest.raises(Blocked, match="The phase before deploy has not been run"):
        live.safemigrate("--after-deploy")
    live.safemigrate("--after-deploy", "shop", "0003_drop")  # named, and so meant
    assert applied() == ["0001_initial", "0002_drop", "0003_drop"]


def test_finish_earlier_runs_what_an_earlier_release_has_left_and_no_more(live: Project) -> None:
    live.write("0002_drop", 'migrations.RemoveField("order", "gift"),', safe=AFTER)
    live.safemigrate("--finish-earlier")
    assert applied() == ["0001_initial"]  # its own release is not deployed yet
    live.write("0003_a", ADD.format("a"), safe=BEFORE)
    live.write("0004_drop", 'migrations.RemoveField("order", "coupon"),', safe=AFTER)
    with pytest.raises(Blocked, match="--finish-earlier"):
        live.safemigrate()
    plan = live.safemigrate("--finish-earlier", "--plan")
    assert status_of(plan) == {"0002_drop": "ready", "0003_a": "ready", "0004_drop": "delayed"}
    live.safemigrate("--finish-earlier")
    assert applied() == ["0001_initial", "0002_drop", "0003_a"]


def test_finish_earlier_does_nothing_about_what_no_phase_has_seen(live: Project) -> None:
    live.write("0002_drop", 'migrations.RemoveField("order", "gift"),', safe=AFTER)
    live.write("0003_a", ADD.format("a"), safe=BEFORE)
    with pytest.raises(Blocked):
        live.safemigrate("--finish-earlier")
    assert applied() == ["0001_initial"]


def test_after_deploy_says_when_the_first_phase_was_forgotten(live: Project) -> None:
    live.write("0002_a", ADD.format("a"), safe=BEFORE)
    with pytest.raises(Blocked) as error:
        live.safemigrate("--after-deploy")
    assert "Nothing can run after this deploy." in error.value.fact
    assert applied() == ["0001_initial"]


def test_nonstrict_runs_what_is_not_blocked(live: Project, settings: object) -> None:
    """Trap 23: what is skipped is not recorded."""
    settings.SAFEMIGRATE = "nonstrict"  # type: ignore[attr-defined]
    live.write("0002_a", ADD.format("a"), safe=BEFORE)
    live.write("0003_drop", 'migrations.RemoveField("order", "gift"),', safe=AFTER)
    live.write("0004_b", ADD.format("b"), safe=BEFORE)
    output = live.safemigrate()
    assert "blocked: shop.0004_b is behind shop.0003_drop" in output
    assert applied() == ["0001_initial", "0002_a"]


def test_disabled_is_migrate(live: Project, settings: object) -> None:
    settings.SAFEMIGRATE = {"MODE": "disabled"}  # type: ignore[attr-defined]
    live.write("0002_drop", 'migrations.RemoveField("order", "gift"),', safe=AFTER)
    assert "Running migrations:" in live.safemigrate()
    assert applied() == ["0001_initial", "0002_drop"]


def test_a_delay_counts_from_the_phase_that_saw_it(live: Project) -> None:
    live.write(
        "0002_drop", 'migrations.RemoveField("order", "gift"),', safe="Safe.after_deploy(delay=timedelta(days=2))"
    )
    assert "runs 2 days after it is first seen" in live.safemigrate("--plan")
    assert not SafeMigration.objects.exists()  # a plan sees nothing
    live.safemigrate()
    seen = SafeMigration.objects.get(app="shop", name="0002_drop")
    assert "its delay of 2 days is not over" in live.safemigrate("--after-deploy")
    assert applied() == ["0001_initial"]
    SafeMigration.objects.update(detected=timezone.now() - timedelta(days=3))
    live.safemigrate()
    assert applied() == ["0001_initial", "0002_drop"]
    assert SafeMigration.objects.get().created == seen.created


def test_a_new_database_runs_everything_at_once(database: None, project: Project) -> None:
    """Trap 31."""
    project.write("0001_initial", 'migrations.CreateModel("Order", [("id", models.BigAutoField(primary_key=True))]),')
    project.write("0002_a", ADD.format("a"), safe=AFTER)
    project.write("0003_b", ADD.format("b"), safe=BEFORE)
    assert "The database is new" in project.safemigrate("--plan")
    assert (
        rows(
            "SELECT 1 FROM pg_tables WHERE schemaname = 'public'"
            if connection.vendor == "postgresql"
            else "SELECT 1 FROM sqlite_master"
        )
        == []
    )
    output = project.safemigrate()
    assert "The database is new: running everything at once" in output
    assert applied() == ["0001_initial", "0002_a", "0003_b"]
    project.write("0004_c", ADD.format("c"), safe=AFTER)
    assert "delayed: shop.0004_c" in project.safemigrate()  # now it is not new any more


def test_a_first_run_that_was_interrupted_is_still_a_first_run(database: None, project: Project) -> None:
    project.write("0001_initial", 'migrations.CreateModel("Order", [("id", models.BigAutoField(primary_key=True))]),')
    project.write("0002_a", ADD.format("a"), safe=AFTER)
    project.write("0003_broken", 'migrations.RunSQL("SELECT nonsense"),', safe=BEFORE)
    project.write("0004_b", ADD.format("b"), safe=AFTER)
    with pytest.raises(Exception, match="nonsense"):
        project.safemigrate()
    project.write("0003_broken", 'migrations.RunSQL("SELECT 1"),', safe=BEFORE, dependencies='[("shop", "0002_a")]')
    project.safemigrate()
    assert applied() == ["0001_initial", "0002_a", "0003_broken", "0004_b"]
    assert not SafeMigration.objects.exists()


def test_plan_touches_nothing(live: Project) -> None:
    live.write("0002_a", ADD.format("a"), safe=BEFORE)
    live.write(
        "0003_code",
        'migrations.RunPython(lambda apps, editor: apps.get_model("shop", "Order").objects.all().delete()),\n'
        'migrations.RunSQL("DELETE FROM shop_order"),',
        safe=BEFORE,
    )
    before = rows("SELECT * FROM shop_order"), rows("SELECT * FROM django_migrations"), columns()
    plan = live.safemigrate("--plan")
    assert "2 ready, 0 delayed, 0 blocked. Nothing was changed." in plan
    if connection.vendor != "postgresql":
        assert "READY   shop.0002_a  runs before deploy\n  Add field a to order\n" in plan
    assert (rows("SELECT * FROM shop_order"), rows("SELECT * FROM django_migrations"), columns()) == before


@pytest.mark.postgres
def test_plan_says_of_each_step_who_waits_and_how_it_is_undone(live: Project) -> None:
    live.write("0002_a", ADD.format("a"), safe=BEFORE)
    live.write("0003_rename", 'migrations.RenameField("order", "number", "reference"),', safe=AFTER)
    plan = live.safemigrate("--plan")
    assert (
        """
READY   shop.0002_a  runs before deploy
  1. Add column a to shop_order
     ALTER TABLE "shop_order" ADD COLUMN "a" integer NULL
     Reads and writes of shop_order (about 1,000 rows, """
        in plan
    )
    assert ") wait 50 ms at most at a time while it asks for the lock, then a moment.\n" in plan
    assert '     Can be undone: ALTER TABLE "shop_order" DROP COLUMN "a"\n' in plan
    assert "lock: " not in plan
    technical = '     lock: ACCESS EXCLUSIVE on "shop_order"\n     work: catalog only, no scan\n'
    assert technical in live.safemigrate("--plan", "-v", "2")
    assert "It renames column number of table shop_order to reference." in plan
    assert "safemigrate --allow-unsafe shop.0003_rename" in plan
    allowed = live.safemigrate("--plan", "--allow-unsafe", "shop")
    assert 'ALTER TABLE "shop_order" RENAME COLUMN "number" TO "reference"' in allowed
    assert "Allowed by --allow-unsafe." in allowed


@pytest.mark.postgres
def test_plan_lets_no_operation_write(live: Project) -> None:
    """An operation of somebody else's may write whenever it is asked for its SQL; the server refuses."""
    live.write(
        "0002_rude",
        'type("Rude", (migrations.RunSQL,), {"database_forwards": lambda self, app, editor, old, new: '
        'editor.connection.cursor().execute("DELETE FROM shop_order")})("SELECT 1"),',
    )
    assert "cannot execute DELETE in a read-only transaction" in live.safemigrate("--plan")
    assert value("SELECT count(*) FROM shop_order") == 1000


@pytest.mark.postgres
def test_plan_as_json(live: Project) -> None:
    live.write("0002_a", ADD.format("a"), safe=BEFORE)
    live.write("0003_drop", 'migrations.RemoveField("order", "gift"),', safe=AFTER)
    data = json.loads(live.safemigrate("--plan", "--json"))
    assert [(one["name"], one["status"]) for one in data["migrations"]] == [
        ("shop.0002_a", "ready"),
        ("shop.0003_drop", "delayed"),
    ]
    (step,) = data["migrations"][0]["steps"]
    assert step["locks"][0]["mode"] == "ACCESS EXCLUSIVE"
    assert step["locks"][0]["rows"] == 1000
    assert step["undo"] == 'ALTER TABLE "shop_order" DROP COLUMN "a"'
    assert step["done"] is False


def test_json_lines_of_a_run(live: Project) -> None:
    live.write("0002_a", ADD.format("a"), safe=BEFORE)
    live.write("0003_drop", 'migrations.RemoveField("order", "gift"),', safe=AFTER)
    events = [json.loads(line) for line in live.safemigrate("--json").splitlines()]
    assert events[0]["event"] == "migration_started"
    assert events[-1] | {"at": ""} == {
        "event": "done",
        "at": "",
        "phase": "before_deploy",
        "ready": ["shop.0002_a"],
        "delayed": ["shop.0003_drop"],
        "blocked": [],
        "waiting": {},
    }


def test_check_has_a_status_for_each_answer(live: Project) -> None:
    """Trap 55."""

    def status(*arguments: str) -> int:
        try:
            live.safemigrate("--check", *arguments)
        except SystemExit as exit_:
            return int(str(exit_.code))
        return 0

    assert status() == 0
    live.write("0002_drop", 'migrations.RemoveField("order", "gift"),', safe=AFTER)
    assert status() == 7
    live.safemigrate()
    assert status("--after-deploy") == 1
    live.write("0003_a", ADD.format("a"), safe=BEFORE)
    assert status() == 4
    assert applied() == ["0001_initial"]


def test_backwards(live: Project) -> None:
    live.write("0002_a", ADD.format("a"), safe=BEFORE)
    live.write("0003_b", ADD.format("b"), safe=AFTER)
    live.safemigrate()
    live.safemigrate("--after-deploy")
    assert "Undoing shop.0003_b" in live.safemigrate("shop", "0002")
    assert applied() == ["0001_initial", "0002_a"]
    assert "b" not in columns()
    live.safemigrate("shop", "zero")
    assert applied() == []


def test_fake_and_fake_initial(live: Project) -> None:
    live.write("0002_a", ADD.format("a"), safe=BEFORE)
    assert "FAKED shop.0002_a" in live.safemigrate("--fake")
    assert applied() == ["0001_initial", "0002_a"]
    assert "a" not in columns()
    live.safemigrate("--fake", "shop", "zero")
    assert "FAKED shop.0001_initial" in live.safemigrate("--fake-initial", "shop", "0001")


def test_squashed_names_and_run_before(live: Project) -> None:
    """Trap 28: a plan is cut along the graph, not along the names in the files."""
    live.write("0002_drop", 'migrations.RemoveField("order", "gift"),', safe=AFTER)
    live.write(
        "0003_a",
        ADD.format("a"),
        safe=BEFORE,
        dependencies='[("shop", "0001_initial")]',
        run_before='[("shop", "0004_b")]',
    )
    live.write("0004_b", ADD.format("b"), safe=BEFORE, dependencies='[("shop", "0001_initial")]')
    live.write("0005_merge", "", dependencies='[("shop", "0002_drop"), ("shop", "0004_b")]')
    assert status_of(live.safemigrate("--plan")) == {
        "0002_drop": "delayed",
        "0003_a": "ready",
        "0004_b": "ready",
        "0005_merge": "delayed",
    }
    live.write(
        "0006_squashed",
        f'migrations.RemoveField("order", "gift"),\n{ADD.format("a")}\n{ADD.format("b")}',
        safe=BEFORE,
        replaces='[("shop", "0002_drop"), ("shop", "0003_a"), ("shop", "0004_b"), ("shop", "0005_merge")]',
        dependencies='[("shop", "0001_initial")]',
    )
    live.write("0007_c", ADD.format("c"), safe=BEFORE, dependencies='[("shop", "0005_merge")]')
    assert status_of(live.safemigrate("--plan")) == {"0006_squashed": "ready", "0007_c": "ready"}
    live.safemigrate()
    assert set(applied()) >= {"0002_drop", "0003_a", "0004_b", "0005_merge", "0006_squashed", "0007_c"}


def test_prune(live: Project) -> None:
    live.write("0002_a", ADD.format("a"))
    live.safemigrate()
    (live.directory / "0002_a.py").unlink()
    assert "Pruning shop.0002_a" in live.safemigrate("--prune", "shop")
    assert applied() == ["0001_initial"]


def test_signals_are_sent_with_what_runs(live: Project) -> None:
    from django.db.models.signals import post_migrate, pre_migrate

    seen: list[list[str]] = []

    def receive(sender: object, plan: list[tuple[object, bool]], **kwargs: object) -> None:
        if getattr(sender, "label", "") == "auth":
            seen.append([str(migration) for migration, _ in plan])

    live.write("0002_a", ADD.format("a"), safe=BEFORE)
    live.write("0003_b", ADD.format("b"), safe=AFTER)
    pre_migrate.connect(receive)
    post_migrate.connect(receive)
    try:
        live.safemigrate()
    finally:
        pre_migrate.disconnect(receive)
        post_migrate.disconnect(receive)
    assert seen == [["shop.0002_a"], ["shop.0002_a"]]


def test_changes_without_a_migration_are_mentioned(live: Project) -> None:
    live.define("Order", {"number": models.CharField(max_length=20)})
    output = live.safemigrate()
    assert "Models have changes that are in no migration yet: shop." in output
    assert "Run: manage.py makemigrations" in output


def test_inside_an_open_transaction_it_is_djangos(live: Project) -> None:
    """A test of a user's, in TestCase: nothing concurrent, no second session."""
    from django.db.transaction import atomic

    live.write(
        "0002_index",
        'migrations.AddIndex("order", models.Index(fields=["status"], name="shop_status")),',
        safe=BEFORE,
        **({} if connection.vendor == "postgresql" else {"atomic": "False"}),
    )
    if connection.vendor != "postgresql":
        pytest.skip("SQLite cannot alter tables inside a transaction")
    with atomic():
        live.safemigrate()
        assert value("SELECT indisvalid FROM pg_index WHERE indexrelid = 'shop_status'::regclass") is True


@pytest.mark.postgres
def test_plan_of_the_way_back(live: Project) -> None:
    live.write("0002_a", ADD.format("a"), safe=BEFORE)
    live.write("0003_code", "migrations.RunPython(migrations.RunPython.noop, migrations.RunPython.noop),", safe=BEFORE)
    live.safemigrate()
    plan = live.safemigrate("--plan", "shop", "0001")
    assert "Plan for undoing migrations:" in plan
    assert 'ALTER TABLE "shop_order" DROP COLUMN "a"' in plan
    assert "It runs as it is written, because RunPython runs code of its own." in plan
    assert applied() == ["0001_initial", "0002_a", "0003_code"]


def test_run_syncdb_makes_the_tables_of_apps_without_migrations(live: Project, settings: object) -> None:
    settings.MIGRATION_MODULES = {**settings.MIGRATION_MODULES, "django_safemigrate": None}  # type: ignore[attr-defined]
    table = SafeMigration._meta.db_table
    with connection.cursor() as cursor:
        cursor.execute(f"DROP TABLE {table}")
    live.write("0002_a", ADD.format("a"), safe=BEFORE)
    assert table in live.safemigrate("--run-syncdb")
    assert applied() == ["0001_initial", "0002_a"]
    assert not SafeMigration.objects.exists()
    assert "Creating tables" in live.safemigrate("--run-syncdb", "django_safemigrate")


def test_what_a_backend_prepares_is_prepared_by_a_run_only(live: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    """PostGIS creates its extension there."""
    prepared: list[str] = []
    monkeypatch.setattr(connection, "prepare_database", lambda: prepared.append("prepared"), raising=False)
    live.safemigrate("--plan")
    assert prepared == []
    live.safemigrate()
    assert prepared == ["prepared"]


@pytest.mark.postgres
def test_plan_of_operations_that_stand_alone_is_what_runs(live: Project) -> None:
    live.write(
        "0002_mixed",
        'migrations.AddIndex("order", models.Index(fields=["status"], name="shop_status")),\n'
        'migrations.RunSQL("SELECT 7", "SELECT 8"),',
        atomic="False",
    )
    plan = live.safemigrate("--plan")
    assert 'CREATE INDEX CONCURRENTLY "shop_status" ON "shop_order" ("status")' in plan
    assert "CREATE INDEX " not in plan.replace("CREATE INDEX CONCURRENTLY", "")
    assert "It runs as it is written, because RunSQL runs code of its own." in plan
    assert "SELECT 7;" in plan
    assert 'CREATE INDEX CONCURRENTLY "shop_status"' in live.safemigrate()
    plan = live.safemigrate("--plan", "shop", "0001")
    assert "DROP INDEX CONCURRENTLY IF EXISTS public.shop_status" in plan
    assert "SELECT 8;" in plan
