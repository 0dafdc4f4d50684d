"""The shop of the benchmark: a table of orders, and two tables that refer to it; its models, its rows, its traffic."""

from __future__ import annotations

import random

import psycopg

INITIAL = """
from django.db import migrations, models


class Migration(migrations.Migration):
    initial = True
    dependencies = []
    operations = [
        migrations.CreateModel("Order", [
            ("id", models.AutoField(primary_key=True)),
            ("number", models.CharField(max_length=20)),
            ("status", models.CharField(max_length=10)),
            ("quantity", models.IntegerField()),
            ("weight", models.IntegerField(null=True)),
            ("note", models.CharField(max_length=50)),
        ], options={"indexes": [models.Index(fields=["quantity"], name="order_quantity")]}),
        migrations.CreateModel("Line", [
            ("id", models.BigAutoField(primary_key=True)),
            ("order", models.ForeignKey("shop.Order", models.CASCADE)),
            ("amount", models.IntegerField()),
        ]),
        migrations.CreateModel("Payment", [
            ("id", models.BigAutoField(primary_key=True)),
            ("order", models.ForeignKey("shop.Order", models.CASCADE)),
            ("amount", models.IntegerField()),
        ]),
    ]
"""

FILL = (
    "INSERT INTO shop_order (number, status, quantity, note) "
    "SELECT 'n' || n, 'new', n % 1000, 'leave it at the door' FROM generate_series(1, {rows}) n",
    "INSERT INTO shop_line (order_id, amount) SELECT n, n % 50 FROM generate_series(1, {rows}) n",
    "INSERT INTO shop_payment (order_id, amount) SELECT 2 * n, n % 50 FROM generate_series(1, {rows} / 2) n",
    "VACUUM (ANALYZE, FREEZE)",
    "CHECKPOINT",
)


def fill(url: str, rows: int) -> None:
    """So many orders, as many lines, and half as many payments."""
    with psycopg.connect(url, autocommit=True) as connection:
        for statement in FILL:
            connection.execute(statement.format(rows=rows))


KINDS = {
    "read": 30,
    "lines of an order": 15,
    "update": 15,
    "update of the text": 10,
    "insert": 15,
    "insert of a line": 15,
}


class Traffic:
    """What both releases ask; ``text`` is the column of the orders that the old code calls so, ``new_text`` the new code."""

    def __init__(self, rows: int, text: str = "note", new_text: str = "note") -> None:
        self.rows, self.text, self.new_text = rows, text, new_text

    def ask(self, chance: random.Random, *, deployed: bool) -> tuple[str, str, list[object]]:
        text = self.new_text if deployed else self.text
        listed = f"o.id, o.number, o.status, o.quantity, o.weight, o.{text}"
        order, (kind,) = chance.randint(1, self.rows), chance.choices(list(KINDS), list(KINDS.values()))
        number = f"x{chance.getrandbits(60)}"
        sql, values = {
            "read": (f"SELECT {listed} FROM shop_order o WHERE o.id = %s", [order]),
            "lines of an order": (
                f"SELECT {listed}, l.amount FROM shop_line l JOIN shop_order o ON o.id = l.order_id WHERE o.id = %s",
                [order],
            ),
            "update": ("UPDATE shop_order SET status = 'paid', quantity = %s WHERE id = %s", [order % 1000, order]),
            "update of the text": (f"UPDATE shop_order SET {text} = %s WHERE id = %s", [number, order]),
            "insert": (
                f"INSERT INTO shop_order (number, status, quantity, weight, {text}) VALUES (%s, 'new', 12, 3, 'ring') "
                "RETURNING id",
                [number],
            ),
            "insert of a line": ("INSERT INTO shop_line (order_id, amount) VALUES (%s, 1) RETURNING id", [order]),
        }[kind]
        return kind, sql, values
