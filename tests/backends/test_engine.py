"""The optional ENGINE: plain ``migrate`` and ``schema_editor()`` on tables that are in use."""

from __future__ import annotations

import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.db import DEFAULT_DB_ALIAS, connection, connections, models
from django.db.migrations.state import ModelState, ProjectState
from django.db.transaction import atomic
from django.db.utils import load_backend

from django_safemigrate.values.errors import OffendingRows, Refused
from tests.support.database import execute, rows, value
from tests.support.project import Project
from tests.support.traffic import holding, sending
from tests.support.waiting import seen

pytestmark = pytest.mark.postgres

ROOT = Path(__file__).parents[2]
READ = "SELECT count(*) FROM shop_order WHERE id = 1"


@pytest.fixture
def engine(live: Project) -> Iterator[Project]:
    """The live database, behind a connection of our engine, which has not made its tables itself."""
    connection.close()
    before = connections[DEFAULT_DB_ALIAS]
    wrapper = load_backend("django_safemigrate.backends.postgresql").DatabaseWrapper(before.settings_dict)
    connections[DEFAULT_DB_ALIAS] = wrapper
    try:
        yield live
    finally:
        wrapper.close()
        connections[DEFAULT_DB_ALIAS] = before


def order(**fields: Any) -> Any:
    known = {"id": models.BigAutoField(primary_key=True), "number": models.CharField(max_length=20), **fields}
    state = ProjectState({("shop", "order"): ModelState("shop", "Order", list(known.items()))})
    return state.apps.get_model("shop", "order")


def named(field: Any, name: str = "note") -> Any:
    field.set_attributes_from_name(name)
    field.model = order()
    return field


def test_migrate_makes_nobody_wait(engine: Project) -> None:
    engine.write(
        "0002_all",
        'migrations.AddField("order", "note", models.IntegerField(default=5)),\n'
        'migrations.AddIndex("order", models.Index(fields=["status"], name="shop_status")),',
    )
    # That the second session of the engine has looked for who is in the way.
    looked = (
        "SELECT FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid() "
        "AND query LIKE '%%FROM pg_locks l LEFT JOIN pg_stat_activity a%%'"
    )
    with holding(READ) as report, sending(READ) as reads:
        let_go = reads.then(report.rollback)
        thread = threading.Thread(target=lambda: (seen(looked), let_go()), daemon=True)
        thread.start()
        engine.migrate()
        thread.join()
    assert not reads.errors
    assert reads.went_on
    assert value("SELECT indisvalid FROM pg_index WHERE indexrelid = 'shop_status'::regclass") is True
    assert value("SELECT count(*) FROM shop_order WHERE note = 5") == 1000
    engine.migrate("shop", "0001")
    assert value("SELECT to_regclass('shop_status')") is None


def test_a_type_and_a_name_change_beside_reads_and_writes(engine: Project, settings: Any) -> None:
    settings.SAFEMIGRATE = {"SMALL_TABLE": None}
    engine.write(
        "0002_change",
        'online.AlterFieldOnline("order", "number", models.CharField(max_length=20, db_collation="C")),\n'
        'online.RenameFieldOnline("order", "coupon", "voucher"),',
    )
    engine.write(
        "0003_finish",
        'online.FinishAlterField("order", "number"),\nonline.FinishRenameField("order", "coupon", "voucher"),',
    )
    for name in ("0002_change", "0003_finish"):
        path = engine.directory / f"{name}.py"
        path.write_text("from django_safemigrate import operations as online\n" + path.read_text())
    engine.migrate("shop", "0002")
    assert value("SELECT count(*) FROM shop_order WHERE coupon = voucher") == 1000
    engine.migrate()
    names = (
        "SELECT attname FROM pg_attribute WHERE attrelid = 'shop_order'::regclass AND attnum > 0 AND NOT attisdropped"
    )
    assert {name for (name,) in rows(names)} == {"id", "number", "status", "gift", "voucher"}
    assert rows("SELECT FROM pg_trigger WHERE tgrelid = 'shop_order'::regclass AND NOT tgisinternal") == []


def statements(engine: Project) -> list[str]:
    """What was sent to change the schema, without questions, settings and scratch tables."""
    sent = [query["sql"] for query in connection.queries]
    return [sql for sql in sent if sql.startswith(("ALTER", "CREATE", "DROP")) and "safemigrate_scratch" not in sql]


def test_an_index_is_built_concurrently(engine: Project) -> None:
    connection.force_debug_cursor = True
    with connection.schema_editor() as editor:
        editor.add_index(order(), models.Index(fields=["number"], name="by_number"))
    assert statements(engine) == ['CREATE INDEX CONCURRENTLY "by_number" ON "shop_order" ("number")']


def test_inside_a_transaction_it_is_djangos(engine: Project) -> None:
    """``TestCase`` and an atomic RunPython: CONCURRENTLY is not possible there."""
    connection.force_debug_cursor = True
    with atomic(), connection.schema_editor() as editor:
        editor.add_index(order(), models.Index(fields=["number"], name="by_number"))
    with connection.schema_editor() as editor, atomic():
        editor.add_index(order(), models.Index(fields=["number"], name="by_number_again"))
    assert [sql for sql in statements(engine) if "INDEX" in sql] == [
        'CREATE INDEX "by_number" ON "shop_order" ("number")',
        'CREATE INDEX "by_number_again" ON "shop_order" ("number")',
    ]


def test_sql_of_ones_own_runs_as_it_is(engine: Project) -> None:
    engine.write("0002_sql", 'migrations.RunSQL(["ALTER TABLE shop_order ADD COLUMN raw int", "SELECT 1"]),')
    engine.migrate()
    assert rows("SELECT raw FROM shop_order LIMIT 1") == [(None,)]


def test_code_has_a_transaction_of_its_own(engine: Project) -> None:
    engine.write(
        "0002_code",
        """
        migrations.RunPython(lambda apps, editor: (
            apps.get_model("shop", "Order").objects.update(status="old"), 1 / 0
        )),
        """,
    )
    with pytest.raises(ZeroDivisionError):
        engine.migrate()
    assert value("SELECT count(*) FROM shop_order WHERE status = 'old'") == 0


def test_a_rename_is_refused(engine: Project, settings: Any) -> None:
    engine.write("0002_rename", 'migrations.RenameField("order", "number", "reference"),')
    with pytest.raises(Refused) as error:
        engine.migrate()
    assert str(error.value) == (
        "It renames column number of table shop_order to reference.\n"
        "From that moment on every query of the running release on this column fails.\n"
        "To run it as it is: SAFEMIGRATE = {'ALLOW_UNSAFE': ['*']}"
    )
    settings.SAFEMIGRATE = {"ALLOW_UNSAFE": ["*"]}
    engine.migrate()
    assert value("SELECT count(reference) FROM shop_order") == 1000


def test_rows_in_the_way_are_shown(engine: Project) -> None:
    with connection.schema_editor() as editor, pytest.raises(OffendingRows, match="new, 1000"):
        editor.add_constraint(
            order(status=models.CharField(max_length=10)), models.UniqueConstraint(fields=["status"], name="one")
        )
    assert value("SELECT count(*) FROM pg_class WHERE relname = 'one'") == 0


def test_a_table_made_through_it_is_new(engine: Project) -> None:
    """Fast as stock, and free: nobody can be using it."""
    engine.write("0002_other", 'migrations.CreateModel("Other", [("id", models.BigAutoField(primary_key=True))]),')
    engine.write(
        "0003_more",
        'migrations.AddField("other", "a", models.IntegerField(db_index=True, null=True)),\n'
        'migrations.RenameField("other", "a", "b"),',
    )
    engine.migrate()
    assert rows("SELECT b FROM shop_other") == []
    execute("INSERT INTO shop_other (b) VALUES (1)")


def test_sql_that_is_nobodys_runs_as_it_stands(engine: Project) -> None:
    """As a schema editor of somebody else's, or code with ``schema_editor.execute``, sends it."""
    with connection.schema_editor() as editor:
        editor.execute("COMMENT ON TABLE shop_order IS %s", ["every order"])
    assert value("SELECT obj_description('shop_order'::regclass)") == "every order"


def test_a_table_that_was_made_here_is_new_under_its_next_name_too(engine: Project) -> None:
    model = ProjectState(
        {("shop", "thing"): ModelState("shop", "Thing", [("a", models.IntegerField(primary_key=True))])}
    )
    thing = model.apps.get_model("shop", "thing")
    with connection.schema_editor() as editor:
        editor.create_model(thing)
    with connection.schema_editor() as editor:
        editor.alter_db_table(thing, "shop_thing", "shop_things")
    thing._meta.db_table = "shop_things"
    connection.force_debug_cursor = True
    with connection.schema_editor() as editor:
        editor.add_index(thing, models.Index(fields=["a"], name="by_a"))
    assert statements(engine) == ['CREATE INDEX "by_a" ON "shop_things" ("a")']
    with connection.schema_editor() as editor:
        editor.delete_model(thing)
    assert value("SELECT to_regclass('shop_things')") is None


def test_it_is_loaded_before_django_knows_any_model() -> None:
    """Django loads the engine of ``DATABASES`` while it imports the first model, which may be ours."""
    program = (
        "import sys\n"
        "import django_safemigrate.backends.postgresql.base\n"
        "sys.exit('django_safemigrate.models' in sys.modules)\n"
    )
    done = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
