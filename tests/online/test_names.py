"""Columns of tables in use get another name: both are there for the time of a deploy."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from django.db import IntegrityError, connection
from django.test import override_settings

from django_safemigrate.compile.online.pairs import NamePair
from django_safemigrate.compile.online.triggers import create_trigger, drop_trigger, either_way_function
from django_safemigrate.values.errors import Refused
from tests.online.catalog import catalog, differences
from tests.online.conftest import NO_TABLE_IS_SMALL, write_phases
from tests.support.database import drop_database, execute, new_database, rows, value
from tests.support.project import Project, make_project

pytestmark = [pytest.mark.postgres]

MODELS = """
migrations.CreateModel("Customer", [
    ("id", models.AutoField(primary_key=True)),
    ("code", models.CharField(max_length=20, unique=True)),
]),
migrations.CreateModel("Order", [
    ("id", models.BigAutoField(primary_key=True)),
    ("customer", models.ForeignKey("shop.Customer", models.CASCADE)),
    ("number", models.CharField(max_length=20, unique=True, db_default="x")),
    ("note", models.TextField(null=True)),
    ("by_code", models.ForeignKey("shop.Customer", models.CASCADE, to_field="code", related_name="+")),
], options={
    "indexes": [
        models.Index(models.F("number"), models.F("id"), name="shop_both"),
        models.Index(fields=["customer"], name="shop_like_that_of_the_key"),
    ],
    "constraints": [
        models.UniqueConstraint(fields=["customer", "number"], name="shop_unique"),
        models.CheckConstraint(condition=~models.Q(number=""), name="shop_check"),
    ],
}),
"""
NAMES = [
    ("order", "number", "no"),
    ("order", "customer", "client"),
    ("order", "note", "text"),
    ("customer", "code", "key"),
]
BEFORE = "\n".join(f'RenameFieldOnline("{model}", "{old}", "{new}"),' for model, old, new in NAMES)
AFTER = "\n".join(f'FinishRenameField("{model}", "{old}", "{new}"),' for model, old, new in NAMES)


def begin(shop: Project) -> None:
    shop.write("0001_initial", MODELS, initial="True")
    shop.safemigrate()
    execute(
        "INSERT INTO shop_customer (code) SELECT n FROM generate_series(1, 2000) n; "
        "INSERT INTO shop_order (customer_id, by_code_id, number, note) SELECT n, n, n, n FROM generate_series(1, 2000) n; "
        "ANALYZE shop_customer, shop_order"
    )
    write_phases(shop, BEFORE, AFTER)


@pytest.fixture
def orders(shop: Project) -> Project:
    begin(shop)
    return shop


@pytest.fixture(scope="module")
def between(installed: str, tmp_path_factory: pytest.TempPathFactory, django_db_blocker: Any) -> Iterator[str]:
    """The name of a database between the phases, to be copied."""
    directory = tmp_path_factory.mktemp("between")
    with (
        django_db_blocker.unblock(),
        new_database(directory, template=installed, keep=True) as name,
        pytest.MonkeyPatch.context() as patch,
        override_settings(SAFEMIGRATE=NO_TABLE_IS_SMALL),
    ):
        shop = make_project(directory, patch)
        begin(shop)
        shop.safemigrate()
    yield name
    with django_db_blocker.unblock():
        drop_database(name)


@pytest.fixture
def both_names(between: str, tmp_path: Path, django_db_blocker: Any) -> Iterator[None]:
    """The columns have both names."""
    with django_db_blocker.unblock(), new_database(tmp_path, template=between):
        yield


def test_there_and_back_from_either_end(orders: Project) -> None:
    start = catalog()
    orders.safemigrate()
    between = catalog()
    orders.safemigrate("shop", "0001")
    assert differences(start, catalog()) == []
    orders.safemigrate()
    assert differences(between, catalog()) == []
    orders.safemigrate("--after-deploy")
    end = catalog()
    orders.safemigrate("shop", "0002")  # for old code, which needs its names
    assert value("SELECT count(*) FROM shop_order WHERE number = no AND customer_id = client_id") == 2000
    orders.safemigrate("--after-deploy")
    assert differences(end, catalog()) == []
    orders.safemigrate("shop", "0002")
    orders.safemigrate("shop", "0001")
    assert differences(start, catalog()) == []


def test_the_end_is_that_of_stock_migrate(orders: Project) -> None:
    orders.safemigrate()
    orders.safemigrate("--after-deploy")
    ours = catalog()
    for table in connection.introspection.table_names():
        execute(f'DROP TABLE "{table}" CASCADE')
    orders.migrate()
    assert differences(catalog(), ours) == []


@pytest.mark.parametrize(
    ("statement", "seen"),
    [
        (
            "INSERT INTO shop_order (id, customer_id, by_code_id, number, note) VALUES (9000, 1, '1', 'a', 'b')",
            ("a", "b"),
        ),
        ("INSERT INTO shop_order (id, client_id, by_code_id, no, text) VALUES (9000, 1, '1', 'a', 'b')", ("a", "b")),
        ("INSERT INTO shop_order (id, client_id, by_code_id, no, text) VALUES (9000, 1, '1', 'x', NULL)", ("x", None)),
        ("INSERT INTO shop_order (id, customer_id, by_code_id) VALUES (9000, 1, '1')", ("x", None)),
        ("INSERT INTO shop_order (id, client_id, by_code_id) VALUES (9000, 1, '1')", ("x", None)),
        (
            "INSERT INTO shop_order (id, client_id, by_code_id, no) VALUES (9000, 1, '1', 'a'); "
            "UPDATE shop_order SET number = 'b', note = 'c' WHERE id = 9000",
            ("b", "c"),
        ),
        (
            "INSERT INTO shop_order (id, customer_id, by_code_id, number) VALUES (9000, 1, '1', 'a'); "
            "UPDATE shop_order SET no = no || no, text = 'c' WHERE id = 9000; "
            "UPDATE shop_order SET text = NULL WHERE id = 9000",
            ("aa", None),
        ),
        (
            "INSERT INTO shop_order (id, customer_id, by_code_id, number) VALUES (9000, 1, '1', 'a') "
            "ON CONFLICT (number) DO UPDATE SET note = 'never'; "
            "INSERT INTO shop_order (id, client_id, by_code_id, no) VALUES (9001, 2, '1', 'a') "
            "ON CONFLICT (no) DO UPDATE SET text = 'there'",
            ("a", "there"),
        ),
        (
            "INSERT INTO shop_order (id, client_id, by_code_id, no, text) VALUES (9000, 1, '1', 'ä€😀', '')",
            ("ä€😀", ""),
        ),
    ],
)
@pytest.mark.usefixtures("both_names")
def test_either_code_writes_and_both_read_it(statement: str, seen: tuple[str, str | None]) -> None:
    execute(statement)
    assert rows("SELECT number, note, no, text FROM shop_order WHERE id = 9000") == [(*seen, *seen)]
    assert rows("SELECT customer_id, client_id FROM shop_order WHERE id = 9000") == [(1, 1)]


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE shop_order SET number = NULL WHERE id = 7",
        "UPDATE shop_order SET no = NULL WHERE id = 7",
        "UPDATE shop_order SET no = '' WHERE id = 7",
        "UPDATE shop_order SET number = '8' WHERE id = 7",
        "UPDATE shop_order SET no = '8' WHERE id = 7",
        "UPDATE shop_order SET client_id = 9999 WHERE id = 7; SET CONSTRAINTS ALL IMMEDIATE",
        "UPDATE shop_order SET customer_id = 9999 WHERE id = 7; SET CONSTRAINTS ALL IMMEDIATE",
    ],
)
@pytest.mark.usefixtures("both_names")
def test_what_either_name_refuses_both_refuse(statement: str) -> None:
    with pytest.raises(IntegrityError):
        execute(statement)


@pytest.mark.parametrize("new", ["first", "added"])
def test_what_is_not_filled_yet_is_filled_by_whoever_writes_something_else(database: None, new: str) -> None:
    """Also on the way back, where it is the old name that is added."""
    execute(
        "CREATE TABLE thing (n integer, first text, added text); INSERT INTO thing (n, first) VALUES (1, 'a'), (2, 'b')"
    )
    pair = NamePair(connection, '"thing"', "first", "text", "text", other="added", new=new)
    execute(f"{either_way_function(pair, None)}; {create_trigger(pair, 'thing', 'first', 'added', 'new')}")
    execute("UPDATE thing SET n = n + 10; INSERT INTO thing (n, added) VALUES (3, 'c')")
    assert rows("SELECT n, first, added FROM thing ORDER BY n") == [(3, "c", "c"), (11, "a", "a"), (12, "b", "b")]
    execute("UPDATE thing SET added = 'd' WHERE n = 3; UPDATE thing SET first = NULL WHERE n = 11")
    assert rows("SELECT first, added FROM thing ORDER BY n") == [("d", "d"), (None, None), ("b", "b")]
    execute(f"{drop_trigger(pair)}; DROP TABLE thing")


def test_a_default_that_gives_each_its_own_value_is_asked_once(shop: Project, phases: Callable[..., None]) -> None:
    shop.write("0001_initial", 'migrations.CreateModel("Order", [("id", models.BigAutoField(primary_key=True))]),')
    shop.safemigrate()
    execute(
        "ALTER TABLE shop_order ADD COLUMN token uuid NOT NULL DEFAULT gen_random_uuid(); "
        "INSERT INTO shop_order SELECT FROM generate_series(1, 50)"
    )
    shop.write(
        "0002_token",
        "migrations.SeparateDatabaseAndState(state_operations=["
        'migrations.AddField("order", "token", models.UUIDField(null=False))]),',
    )
    shop.safemigrate()
    phases('RenameFieldOnline("order", "token", "secret"),', 'FinishRenameField("order", "token", "secret"),')
    shop.safemigrate()
    execute("INSERT INTO shop_order SELECT FROM generate_series(1, 50)")
    assert value("SELECT count(DISTINCT token) FROM shop_order WHERE token = secret") == 100
    shop.safemigrate("--after-deploy")
    execute("INSERT INTO shop_order SELECT FROM generate_series(1, 50)")
    assert value("SELECT count(DISTINCT secret) FROM shop_order") == 150


def test_a_key_keeps_its_name(shop: Project, phases: Callable[..., None]) -> None:
    shop.write("0001_initial", 'migrations.CreateModel("Order", [("id", models.BigAutoField(primary_key=True))]),')
    shop.safemigrate()
    execute("INSERT INTO shop_order SELECT FROM generate_series(1, 50)")
    phases('RenameFieldOnline("order", "id", "key"),', 'FinishRenameField("order", "id", "key"),')
    with pytest.raises(Refused) as error:
        shop.safemigrate()
    assert "which is the primary key" in str(error.value)


def test_a_table_that_is_made_in_the_same_run_gets_the_names_that_stock_gives(
    shop: Project, phases: Callable[..., None]
) -> None:
    execute("CREATE TABLE before ()")  # the database is in use
    shop.write("0001_initial", MODELS, initial="True")
    phases('RenameFieldOnline("order", "customer", "client"),')
    shop.safemigrate()
    ours = catalog()
    for table in connection.introspection.table_names():
        execute(f'DROP TABLE "{table}" CASCADE')
    shop.migrate()
    assert differences(catalog(), ours) == []
