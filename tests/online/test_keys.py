"""A key of a table in use gets another type, and with it all that refers to it."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.db import IntegrityError, connection

from tests.online.catalog import catalog, differences
from tests.support.database import execute, rows, value
from tests.support.project import Project

pytestmark = [pytest.mark.postgres]

MODELS = """
migrations.CreateModel("Tag", [("id", models.AutoField(primary_key=True)), ("name", models.CharField(max_length=20))]),
migrations.CreateModel("Customer", [
    ("id", models.AutoField(primary_key=True)),
    ("name", models.CharField(max_length=20, unique=True)),
    ("boss", models.ForeignKey("shop.Customer", models.SET_NULL, null=True)),
    ("tags", models.ManyToManyField("shop.Tag")),
    ("friends", models.ManyToManyField("shop.Customer")),
]),
migrations.CreateModel("Vip", [
    ("customer_ptr", models.OneToOneField(
        "shop.Customer", models.CASCADE, parent_link=True, primary_key=True, auto_created=True, serialize=False
    )),
    ("level", models.IntegerField()),
], bases=("shop.customer",)),
migrations.CreateModel("Order", [
    ("id", models.BigAutoField(primary_key=True)),
    ("customer", models.ForeignKey("shop.Customer", models.CASCADE)),
    ("payer", models.ForeignKey("shop.Customer", models.CASCADE, null=True, related_name="+", db_index=False)),
    ("vip", models.ForeignKey("shop.Vip", models.CASCADE, null=True, related_name="+")),
    ("loose", models.ForeignKey("shop.Customer", models.CASCADE, null=True, related_name="+", db_constraint=False)),
], options={"constraints": [models.UniqueConstraint(fields=["customer", "payer"], name="shop_unique")]}),
"""
ROWS = """
INSERT INTO shop_customer (name) SELECT n FROM generate_series(1, 3000) n;
UPDATE shop_customer SET boss_id = id / 2 WHERE id > 1;
INSERT INTO shop_vip (customer_ptr_id, level) SELECT n, n FROM generate_series(1, 200) n;
INSERT INTO shop_tag (name) SELECT n FROM generate_series(1, 20) n;
INSERT INTO shop_customer_tags (customer_id, tag_id) SELECT n, n FROM generate_series(1, 20) n;
INSERT INTO shop_customer_friends (from_customer_id, to_customer_id) SELECT n, n + 1 FROM generate_series(1, 20) n;
INSERT INTO shop_order (customer_id, payer_id, vip_id, loose_id)
    SELECT n, n, 1 + n / 200, n FROM generate_series(1, 3000) n;
ANALYZE
"""


@pytest.fixture
def orders(shop: Project, phases: Callable[..., None]) -> Project:
    shop.write("0001_initial", MODELS, initial="True")
    shop.safemigrate()
    execute(ROWS)
    phases(
        'AlterFieldOnline("customer", "id", models.BigAutoField(primary_key=True)),',
        'FinishAlterField("customer", "id"),',
    )
    return shop


COLUMNS = {
    "shop_customer": ["id", "boss_id"],
    "shop_order": ["customer_id", "payer_id", "vip_id", "loose_id"],
    "shop_vip": ["customer_ptr_id"],
    "shop_customer_tags": ["customer_id"],
    "shop_customer_friends": ["from_customer_id", "to_customer_id"],
}


def types() -> set[str]:
    return {
        value(f"SELECT pg_typeof({column})::text FROM {table} LIMIT 1")
        for table, columns in COLUMNS.items()
        for column in columns
    }


def contents() -> dict[str, object]:
    return {
        table: rows(f"SELECT {', '.join(columns)} FROM {table} ORDER BY {', '.join(columns)}")
        for table, columns in COLUMNS.items()
    }


def test_the_end_is_that_of_stock_migrate(orders: Project) -> None:
    before = contents()
    orders.safemigrate()
    assert types() == {"bigint"}
    assert contents()["shop_customer"] == before["shop_customer"]
    orders.safemigrate("--after-deploy")
    assert contents() == before
    ours = catalog()
    assert (ours["triggers"], ours["functions"]) == ([], [])
    execute("INSERT INTO shop_customer (name) VALUES ('next')")
    assert value("SELECT id FROM shop_customer WHERE name = 'next'") == 3001
    for table in connection.introspection.table_names():
        execute(f'DROP TABLE "{table}" CASCADE')
    orders.migrate()
    assert differences(catalog(), ours) == []


def test_keys_are_kept_all_the_time(orders: Project) -> None:
    orders.safemigrate()
    for statement in (
        "UPDATE shop_order SET payer_id = 99999 WHERE id = 7",
        "DELETE FROM shop_customer WHERE id = 7",
        "UPDATE shop_customer SET boss_id = 99999 WHERE id = 7",
        "INSERT INTO shop_customer_tags (customer_id, tag_id) VALUES (99999, 1)",
    ):
        with pytest.raises(IntegrityError):
            execute(f"{statement}; SET CONSTRAINTS ALL IMMEDIATE")
    execute(
        "INSERT INTO shop_customer (id, name) VALUES (5000000000, 'large'); "
        "UPDATE shop_order SET payer_id = 5000000000 WHERE id = 7"
    )
    assert value("SELECT id_safemigrate_old FROM shop_customer WHERE name = 'large'") is None


def test_there_and_back(orders: Project) -> None:
    start, before = catalog(), contents()
    orders.safemigrate()
    orders.safemigrate("shop", "0001")
    assert types() == {"integer"}
    assert contents()["shop_order"] == before["shop_order"]
    left = differences(start, catalog())
    # As with stock Django: the foreign keys are made again, by another name.
    assert all("FOREIGN KEY" in line for line in left), left


def test_rights_on_the_sequence_are_kept(orders: Project) -> None:
    execute(
        "DROP ROLE IF EXISTS shop_reader; CREATE ROLE shop_reader; GRANT USAGE ON shop_customer_id_seq TO shop_reader"
    )
    try:
        orders.safemigrate()
        assert value("SELECT has_sequence_privilege('shop_reader', 'shop_customer_id_seq', 'USAGE')") is True
    finally:
        execute("DROP OWNED BY shop_reader; DROP ROLE shop_reader")


def test_the_sequence_of_a_serial_column_goes_along(orders: Project) -> None:
    execute(
        "ALTER TABLE shop_customer ALTER COLUMN id DROP IDENTITY; CREATE SEQUENCE shop_old_seq AS integer OWNED BY "
        "shop_customer.id; ALTER TABLE shop_customer ALTER COLUMN id SET DEFAULT nextval('shop_old_seq'); "
        "SELECT setval('shop_old_seq', 4000)"
    )
    orders.safemigrate()
    orders.safemigrate("--after-deploy")
    execute("INSERT INTO shop_customer (name) VALUES ('next')")
    assert value("SELECT id FROM shop_customer WHERE name = 'next'") == 4001
    assert value("SELECT pg_get_serial_sequence('shop_customer', 'id')") == "public.shop_old_seq"
    assert (
        value("SELECT format_type(seqtypid, NULL) FROM pg_sequence WHERE seqrelid = 'shop_old_seq'::regclass")
        == "bigint"
    )
