"""A column of a table in use gets another type: forwards, back, forwards again, and to the end."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.db import connection

from django_safemigrate.values.errors import OffendingRows, Refused
from tests.online.catalog import catalog, differences
from tests.support.database import execute, rows, value
from tests.support.project import Project

pytestmark = [pytest.mark.postgres]

ORDERS = """
migrations.CreateModel("Order", [
    ("id", models.BigAutoField(primary_key=True)),
    ("number", models.CharField(max_length=20, unique=True)),
    ("amount", models.IntegerField(default=0, db_index=True, null={null}, db_comment="cents")),
    ("places", models.PositiveIntegerField(db_default=3, unique=True)),
    ("price", models.DecimalField(max_digits=8, decimal_places=2)),
], options={{
    "indexes": [
        models.Index(models.F("amount") * 2, name="shop_double"),
        models.Index(fields=["number"], condition=models.Q(amount__gt=3), name="shop_partial"),
    ],
    "constraints": [
        models.CheckConstraint(condition=models.Q(amount__lt=models.F("id") * 100000), name="shop_check"),
        models.UniqueConstraint(fields=["number", "amount"], include=["places"], name="shop_unique"),
        models.UniqueConstraint(
            fields=["amount", "places"], deferrable=models.Deferrable.DEFERRED, name="shop_deferred"
        ),
    ],
}}),
"""
BEFORE = """
AlterFieldOnline("order", "amount", models.BigIntegerField(default=0, db_index=True, null={null}, db_comment="cents")),
AlterFieldOnline("order", "places", models.PositiveBigIntegerField(db_default=3, unique=True)),
AlterFieldOnline("order", "price", models.DecimalField(max_digits=12, decimal_places=4)),
"""
AFTER = """
FinishAlterField("order", "amount"),
FinishAlterField("order", "places"),
FinishAlterField("order", "price"),
"""


@pytest.fixture
def orders(shop: Project, phases: Callable[..., None], null: str) -> Project:
    shop.write("0001_initial", ORDERS.format(null=null), initial="True")
    shop.safemigrate()
    execute(
        "INSERT INTO shop_order (number, amount, places, price) SELECT n, n, n, n / 100.0 FROM generate_series(1, 3000) n; "
        "ANALYZE shop_order"
    )
    phases(BEFORE.format(null=null), AFTER)
    return shop


@pytest.mark.parametrize("null", ["False", "True"])
def test_there_and_back(orders: Project, null: str) -> None:
    start = catalog()
    orders.safemigrate()
    between = catalog()
    assert value("SELECT pg_typeof(amount)::text FROM shop_order LIMIT 1") == "bigint"
    execute(
        "INSERT INTO shop_order (number, amount, places, price) VALUES ('new', 5, 50000, 1.5); "
        "UPDATE shop_order SET amount = amount + 1, price = price + 1 WHERE id % 2 = 0"
    )
    written = rows("SELECT id, amount, places, price FROM shop_order ORDER BY id")
    orders.safemigrate("shop", "0001")
    assert differences(start, catalog()) == []
    assert rows("SELECT id, amount, places, price FROM shop_order ORDER BY id") == written
    orders.safemigrate()
    assert differences(between, catalog()) == []
    orders.safemigrate("--after-deploy")
    assert rows("SELECT id, amount, places, price FROM shop_order ORDER BY id") == written
    assert (catalog()["triggers"], catalog()["functions"]) == ([], [])


@pytest.mark.parametrize("null", ["False"])
def test_the_end_is_that_of_stock_migrate(orders: Project, null: str) -> None:
    orders.safemigrate()
    orders.safemigrate("--after-deploy")
    ours = catalog()
    for table in connection.introspection.table_names():
        execute(f'DROP TABLE "{table}" CASCADE')
    orders.migrate()
    assert differences(catalog(), ours) == []


@pytest.mark.parametrize("null", ["False"])
def test_what_the_old_type_does_not_take_keeps_the_change_from_going_back(orders: Project, null: str) -> None:
    orders.safemigrate()
    execute("UPDATE shop_order SET places = 3000000000 WHERE number = '7'")
    assert value("SELECT places_safemigrate_old FROM shop_order WHERE number = '7'") is None
    with pytest.raises(OffendingRows) as error:
        orders.safemigrate("shop", "0001")
    assert "3000000000" in str(error.value)
    assert value("SELECT places FROM shop_order WHERE number = '7'") == 3_000_000_000
    execute("UPDATE shop_order SET places = 9000 WHERE number = '7'")
    orders.safemigrate("shop", "0001")
    assert value("SELECT places FROM shop_order WHERE number = '7'") == 9000


@pytest.mark.parametrize("null", ["False"])
def test_nothing_computes_with_the_old_column_after_the_swap(orders: Project, null: str) -> None:
    """Twice the value has room in the new type alone; and what does not fit into the old column is NULL there."""
    execute("ALTER TABLE shop_order DROP CONSTRAINT shop_check")
    execute("ALTER TABLE shop_order ADD CONSTRAINT by_hand CHECK (places IS NOT NULL AND places * 2 > 0)")
    execute("COMMENT ON INDEX shop_double IS 'twice'; CREATE INDEX half ON shop_order (places) WHERE places * 2 > 7")
    start = catalog()
    orders.safemigrate()
    execute("UPDATE shop_order SET amount = 2000000000, places = 2000000000 WHERE id = 2999")
    execute("UPDATE shop_order SET places = 5000000000 WHERE id = 2998")
    assert rows("SELECT amount, places FROM shop_order WHERE id > 2997 ORDER BY id")[:2] == [
        (2998, 5_000_000_000),
        (2_000_000_000, 2_000_000_000),
    ]
    execute("UPDATE shop_order SET amount = id, places = id WHERE id > 2997")
    orders.safemigrate("shop", "0001")
    assert differences(start, catalog()) == []


@pytest.mark.parametrize("null", ["False"])
def test_digits_that_the_old_type_would_round_away_are_kept(orders: Project, null: str) -> None:
    orders.safemigrate()
    execute("UPDATE shop_order SET price = 1.2345 WHERE number = '7'")
    with pytest.raises(OffendingRows) as error:
        orders.safemigrate("shop", "0001")
    assert "1.2345" in str(error.value)


@pytest.mark.parametrize("null", ["False"])
def test_a_trigger_on_the_column_names_the_new_one_after_the_swap(orders: Project, null: str) -> None:
    execute(
        "CREATE FUNCTION shop_note() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN NEW.number := 'noted'; RETURN NEW; END $$; "
        "CREATE TRIGGER shop_note BEFORE UPDATE OF amount ON shop_order FOR EACH ROW EXECUTE FUNCTION shop_note()"
    )
    orders.safemigrate()
    orders.safemigrate("--after-deploy")
    execute("UPDATE shop_order SET amount = 77 WHERE id = 7")
    assert value("SELECT number FROM shop_order WHERE id = 7") == "noted"


@pytest.mark.parametrize("null", ["False"])
@pytest.mark.parametrize(
    ("made", "shown"),
    [
        ("CREATE VIEW shop_view AS SELECT amount FROM shop_order", "view shop_view"),
        ("CREATE STATISTICS shop_stats ON amount, places FROM shop_order", "statistics object shop_stats"),
        (
            "CREATE FUNCTION f() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END'; "
            "CREATE TRIGGER zzzzz BEFORE UPDATE ON shop_order FOR EACH ROW EXECUTE FUNCTION f()",
            "trigger zzzzz, whose name sorts behind that of ours",
        ),
        (
            "UPDATE pg_index SET indisvalid = false WHERE indexrelid = 'shop_double'::regclass",
            "index shop_double, which is invalid",
        ),
        (
            "ALTER TABLE shop_order ADD CONSTRAINT shop_two UNIQUE (amount, id); CREATE TABLE shop_other (a int, b bigint, "
            "CONSTRAINT shop_both FOREIGN KEY (a, b) REFERENCES shop_order (amount, id))",
            "foreign key shop_both of shop_other, which has several columns",
        ),
        (
            "CREATE EXTENSION IF NOT EXISTS btree_gist; "
            "ALTER TABLE shop_order ADD CONSTRAINT shop_excluded EXCLUDE USING gist (amount WITH =, id WITH =)",
            "exclusion constraint shop_excluded",
        ),
    ],
)
def test_what_is_in_the_way_is_said_before_anything_is_touched(
    orders: Project, null: str, made: str, shown: str
) -> None:
    execute(made)
    before = catalog()
    with pytest.raises(Refused) as error:
        orders.safemigrate()
    assert shown in str(error.value)
    assert differences(before, catalog()) == []
