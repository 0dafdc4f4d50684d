"""Changes beside reads and writes, killed: a type, a key with all that refers to it, a name, and rows that are filled.

Both phases in one run, so that each can be struck: what expand leaves behind, contract finds.
"""

from __future__ import annotations

from dataclasses import replace

from .case import BACKWARDS, FORWARDS, Case, File

ONLINE = """
from django_safemigrate.operations import (
    AlterFieldOnline, Backfill, FinishAlterField, FinishRenameField, RenameFieldOnline
)


def count_on(orders):
    # Neither this nor the expression is the same when it is done twice.
    for order in orders:
        order.number = order.number + "!"
        order.gift = True


"""
TYPES = """
migrations.CreateModel("Order", [
    ("id", models.BigAutoField(primary_key=True)),
    ("number", models.CharField(max_length=20)),
    ("amount", models.IntegerField(unique=True, db_default=7, db_comment="cents")),
    ("places", models.PositiveIntegerField(null=True, db_index=True)),
], options={
    "indexes": [models.Index(models.F("amount") * 2, name="shop_double")],
    "constraints": [models.UniqueConstraint(fields=["number", "amount"], name="shop_unique")],
}),
"""
TYPED_ROWS = """
ALTER TABLE shop_order SET (fillfactor = 10);
INSERT INTO shop_order (number, amount, places) SELECT n, n * 3, nullif(n % 7, 3) FROM generate_series(1, 1000) n;
ANALYZE
"""
KEYS = """
migrations.CreateModel("Order", [
    ("id", models.AutoField(primary_key=True)),
    ("number", models.CharField(max_length=20, unique=True)),
    ("parent", models.ForeignKey("shop.Order", models.SET_NULL, null=True)),
]),
migrations.CreateModel("Tag", [
    ("id", models.BigAutoField(primary_key=True)),
    ("order", models.ForeignKey("shop.Order", models.CASCADE)),
    ("orders", models.ManyToManyField("shop.Order", related_name="+")),
]),
migrations.CreateModel("Bill", [
    ("order", models.OneToOneField("shop.Order", models.CASCADE, primary_key=True)),
    ("first", models.ForeignKey("shop.Order", models.CASCADE, null=True, related_name="+", db_index=False)),
]),
"""
KEYED_ROWS = """
INSERT INTO shop_order (number) SELECT n FROM generate_series(1, 300) n;
UPDATE shop_order SET parent_id = id / 2 WHERE id > 1;
INSERT INTO shop_tag (order_id) SELECT n FROM generate_series(1, 300) n;
INSERT INTO shop_tag_orders (tag_id, order_id) SELECT n, 301 - n FROM generate_series(1, 300) n;
INSERT INTO shop_bill (order_id, first_id) SELECT n, nullif(n / 2, 0) FROM generate_series(1, 300) n;
ANALYZE
"""
NAMES = """
migrations.CreateModel("Customer", [
    ("id", models.BigAutoField(primary_key=True)),
    ("code", models.CharField(max_length=20, unique=True)),
]),
migrations.CreateModel("Order", [
    ("id", models.BigAutoField(primary_key=True)),
    ("number", models.CharField(max_length=20, unique=True, db_default="x")),
    ("customer", models.ForeignKey("shop.Customer", models.CASCADE)),
], options={"constraints": [models.CheckConstraint(condition=~models.Q(number=""), name="shop_check")]}),
"""
NAMED_ROWS = """
INSERT INTO shop_customer (code) SELECT n FROM generate_series(1, 300) n;
INSERT INTO shop_order (number, customer_id) SELECT n, n FROM generate_series(1, 300) n;
ANALYZE
"""
FILLS = """
Backfill("order", {"coupon": models.F("number")}),
Backfill("order", count_on, fields=["number", "gift"], where=models.Q(gift=False)),
Backfill("order", {"status": models.functions.Concat("status", models.Value("+"))}, where=models.Q(gift=True, status="new")),
"""
FILLED_ROWS = """
INSERT INTO shop_order (number, status, gift, coupon)
    SELECT n, CASE WHEN n % 3 = 0 THEN 'old' ELSE 'new' END, n % 5 = 0, nullif(n % 4, 1)::text
    FROM generate_series(1, 3000) n;
ANALYZE
"""


ONLINE_CASES: dict[str, Case] = {}


def two_phases(name: str, first: str, rows: str, before: str, after: str) -> None:
    """Expand and contract in one run; back, as long as the old column is there; and back from the very end."""
    files = File("0002_before", before), File("0003_after", after)
    expanded = (*FORWARDS, "-v0", "shop", "0002")
    both = Case(name, files, first, sql=rows, more=ONLINE)
    ONLINE_CASES[name] = both
    for back, done in (("back", expanded), ("all_back", (*FORWARDS, "-v0"))):
        ONLINE_CASES[f"{name}_{back}"] = replace(both, name=f"{name}_{back}", then=[done], command=BACKWARDS)


two_phases(
    "retyped",
    TYPES,
    TYPED_ROWS,
    """
    AlterFieldOnline("order", "amount", models.BigIntegerField(unique=True, db_default=7, db_comment="cents")),
    AlterFieldOnline("order", "places", models.PositiveBigIntegerField(null=True, db_index=True)),
    """,
    'FinishAlterField("order", "amount"), FinishAlterField("order", "places"),',
)
two_phases(
    "rekeyed",
    KEYS,
    KEYED_ROWS,
    'AlterFieldOnline("order", "id", models.BigAutoField(primary_key=True)),',
    'FinishAlterField("order", "id"),',
)
two_phases(
    "renamed",
    NAMES,
    NAMED_ROWS,
    """
    RenameFieldOnline("order", "number", "no"),
    RenameFieldOnline("order", "customer", "client"),
    """,
    'FinishRenameField("order", "number", "no"), FinishRenameField("order", "customer", "client"),',
)
ONLINE_CASES["filled"] = Case("filled", [File("0002_filled", FILLS)], sql=FILLED_ROWS, more=ONLINE)
