"""``Backfill`` in a migration: from expressions, from code, on every server, there and back."""

from __future__ import annotations

import datetime
import decimal
from typing import Any

import pytest
from django.db.models import F, Q, Value
from django.db.models.functions import Upper

from django_safemigrate.operations import Backfill
from django_safemigrate.values.errors import UsageError
from tests.support.database import execute, is_postgres, rows, value
from tests.support.project import Project

HEAD = f"""
import django_safemigrate.operations as safemigrate
import {__name__} as code
from django.db.models import F, Q, Value
from django.db.models.functions import Concat, Now, Upper
"""
FIELDS = """
migrations.AddField("order", "label", models.CharField(max_length=40, null=True)),
migrations.AddField("order", "twice", models.IntegerField(null=True)),
migrations.AddField("order", "data", models.JSONField(null=True)),
"""
BY_EXPRESSIONS = (
    'safemigrate.Backfill("order", {{"label": Concat(Upper("status"), F("number")), "twice": F("id") * 2}}{}),'
)


def write(project: Project, name: str, operations: str, **attributes: str) -> None:
    project.write(name, operations, **attributes)
    path = project.directory / f"{name}.py"
    path.write_text(HEAD + path.read_text())


@pytest.fixture
def orders(live: Project) -> Project:
    live.write("0002_fields", FIELDS)
    live.safemigrate()
    return live


def label_them(rows: list[Any]) -> None:
    for row in rows:
        row.label = f"{row.number} of {len(type(row)._meta.apps.get_models())} models"
        row.data = {"number": row.number, "ü": [None, 1.5, "'%s"]}


def forget_them(rows: list[Any]) -> None:
    for row in rows:
        row.label = row.data = None


@pytest.mark.parametrize("command", ["safemigrate", "migrate"])
def test_several_fields_in_one_pass(orders: Project, command: str) -> None:
    execute("UPDATE shop_order SET twice = -1 WHERE id <= 10")
    write(orders, "0003_fill", BY_EXPRESSIONS.format(""))
    orders.run(command, "--noinput")
    assert rows("SELECT label, twice FROM shop_order WHERE id IN (10, 11) ORDER BY id") == [
        ("NEW10", 20),
        ("NEW11", 22),
    ]
    assert value("SELECT count(*) FROM shop_order WHERE label IS NULL OR twice IS NULL") == 0
    if is_postgres() and command == "safemigrate":
        assert rows(
            "SELECT attname FROM pg_stats WHERE tablename = 'shop_order' AND attname IN ('label', 'twice') ORDER BY 1"
        ) == [("label",), ("twice",)]


@pytest.mark.parametrize("command", ["safemigrate", "migrate"])
def test_under_a_condition_and_back(orders: Project, command: str) -> None:
    write(
        orders,
        "0003_fill",
        BY_EXPRESSIONS.format(', where=Q(id__gt=900) & ~Q(number="950"), reverse={"label": None, "twice": Value(0)}'),
    )
    orders.run(command, "--noinput")
    assert value("SELECT count(*) FROM shop_order WHERE label IS NOT NULL") == 99
    orders.run(command, "--noinput", "shop", "0002")
    assert value("SELECT count(*) FROM shop_order WHERE label IS NOT NULL OR twice <> 0") == 0
    orders.run(command, "--noinput")
    assert value("SELECT count(*) FROM shop_order WHERE twice > 0") == 99


@pytest.mark.parametrize("command", ["safemigrate", "migrate"])
def test_by_code(orders: Project, command: str) -> None:
    fill = 'safemigrate.Backfill("order", code.label_them, fields=["label", "data"], reverse=code.forget_them),'
    write(orders, "0003_fill", fill)
    orders.run(command, "--noinput")
    assert value("SELECT count(*) FROM shop_order WHERE label IS NULL OR data IS NULL") == 0
    assert value("SELECT label FROM shop_order WHERE id = 77").startswith("77 of ")
    if is_postgres():
        assert value("SELECT data->'ü' = '[null, 1.5, \"''%s\"]' FROM shop_order WHERE id = 77")
    orders.run(command, "--noinput", "shop", "0002")


def test_on_a_new_database(database: None, project: Project) -> None:
    fields = '[("n", models.IntegerField(primary_key=True)), ("m", models.TextField(null=True))]'
    project.write("0001_initial", f'migrations.CreateModel("Order", {fields}),')
    write(project, "0002_fill", 'safemigrate.Backfill("order", {"m": F("n")}),')
    project.safemigrate()
    assert value("SELECT count(*) FROM django_migrations WHERE app = 'shop'") == 2


@pytest.mark.postgres
def test_only_rows_with_other_values_are_written(orders: Project) -> None:
    execute("UPDATE shop_order SET twice = id * 2 WHERE id <= 400")
    write(orders, "0003_fill", 'safemigrate.Backfill("order", {"twice": F("id") * 2}, where=Q(status="new")),')
    output = orders.safemigrate()
    assert "600 rows" in output


def stamp(rows: list[Any]) -> None:
    for row in rows:
        row.day, row.price, row.words = datetime.date(2024, 2, 29), decimal.Decimal("1.50"), ["a", "b'"]
        row.taken = decimal.Decimal(1), decimal.Decimal(2)


@pytest.mark.postgres
def test_code_may_give_values_of_any_type(live: Project) -> None:
    live.write(
        "0002_fields",
        """
        migrations.AddField("order", "day", models.DateField(null=True)),
        migrations.AddField("order", "price", models.DecimalField(max_digits=9, decimal_places=2, null=True)),
        migrations.AddField(
            "order", "words", django.contrib.postgres.fields.ArrayField(models.CharField(max_length=9), null=True)
        ),
        migrations.AddField("order", "taken", django.contrib.postgres.fields.DecimalRangeField(null=True)),
        """,
    )
    path = live.directory / "0002_fields.py"
    path.write_text("import django.contrib.postgres.fields\n" + path.read_text())
    live.safemigrate()
    write(live, "0003_fill", 'safemigrate.Backfill("order", code.stamp, fields=["day", "price", "words", "taken"]),')
    live.safemigrate()
    assert rows("SELECT DISTINCT day::text, price::text, words::text, taken::text FROM shop_order") == [
        ("2024-02-29", "1.50", "{a,b'}", "[1,2)")
    ]


# In the background


@pytest.mark.postgres
def test_what_depends_on_one_in_the_background_waits(orders: Project) -> None:
    more = 'migrations.AddField("order", "after", models.IntegerField(null=True)),'
    write(orders, "0003_fill", BY_EXPRESSIONS.format(", background=True") + "\n" + more)
    orders.write("0004_later", 'migrations.AddField("order", "later", models.IntegerField(null=True)),')
    plan = orders.safemigrate("--plan")
    assert "It is left to workers (manage.py backfill work); what depends on it waits." in plan
    for _ in range(2):
        output = orders.safemigrate()
        assert "waits: shop.0003_fill for the backfill shop.0003_fill:0.1" in output
        assert "waits: shop.0004_later for the backfill shop.0003_fill:0.1" in output
        assert value("SELECT count(*) FROM django_migrations WHERE name IN ('0003_fill', '0004_later')") == 0
        assert value("SELECT count(*) FROM shop_order WHERE label IS NOT NULL") == 0
    assert "0% of the table passed, 0 rows changed" in orders.safemigrate("--plan")
    status = orders.safemigrate("--status")
    assert "0% of about 1,000 rows passed, 0 changed; has no worker: manage.py backfill work" in status
    assert "Next: let workers do the backfill shop.0003_fill:0.1; then go on:\n  manage.py backfill work" in status
    orders.run("backfill", "work")
    assert "run the same command again" not in orders.safemigrate("--status")
    assert value("SELECT count(*) FROM shop_order WHERE label IS NULL") == 0
    assert "0003_fill" in orders.safemigrate()
    assert value("SELECT count(*) FROM django_migrations WHERE name IN ('0003_fill', '0004_later')") == 2


@pytest.mark.postgres
def test_a_worker_finds_code_in_its_file_and_refuses_another(orders: Project) -> None:
    fill = 'safemigrate.Backfill("order", code.label_them, fields=["label"], background=True),'
    write(orders, "0003_fill", fill)
    orders.safemigrate()
    path = orders.directory / "0003_fill.py"
    text = path.read_text()
    path.write_text(text.replace("label_them", "forget_them"))
    with pytest.raises(Exception, match="is not what it was"):
        orders.run("backfill", "work")
    path.write_text(text)
    orders.run("backfill", "work")
    assert value("SELECT count(*) FROM shop_order WHERE label IS NULL") == 0


@pytest.mark.postgres
def test_what_does_not_depend_on_it_goes_on(orders: Project) -> None:
    write(orders, "0003_fill", BY_EXPRESSIONS.format(", background=True"))
    apart = 'migrations.AddField("order", "apart", models.IntegerField(null=True)),'
    orders.write("0004_apart", apart, dependencies="[('shop', '0002_fields')]")
    orders.write("0005_merge", dependencies="[('shop', '0003_fill'), ('shop', '0004_apart')]")
    orders.safemigrate()
    applied = "SELECT name FROM django_migrations WHERE app = 'shop' AND name > '0003' ORDER BY 1"
    assert rows(applied) == [("0004_apart",)]
    orders.run("backfill", "work")
    orders.safemigrate()
    assert rows(applied) == [("0003_fill",), ("0004_apart",), ("0005_merge",)]


# As it is written


def test_it_is_written_as_what_it_is() -> None:
    one = Backfill("Order", {"label": Upper("status")}, where=Q(a=1), background=True)
    assert one.deconstruct() == (
        "Backfill",
        [],
        {"model_name": "Order", "values": {"label": Upper("status")}, "where": Q(a=1), "background": True},
    )
    by_code = Backfill("order", label_them, ["label", "data"], reverse={"label": Value("x")})
    assert by_code.deconstruct()[2] == {
        "model_name": "order",
        "values": label_them,
        "fields": ["label", "data"],
        "reverse": {"label": Value("x")},
    }
    assert Backfill.__module__ == "django_safemigrate.operations"
    assert one.describe() == "Fill label of Order in the background"
    assert by_code.describe() == "Fill label, data of order"
    assert by_code.migration_name_fragment == "fill_order_label_data"
    assert one.references_field("order", "status", "shop")
    assert not one.references_field("tag", "label", "shop")
    assert by_code.references_model("tag", "shop")


@pytest.mark.parametrize("arguments", [("order", label_them), ("order", {"a": F("b")}, ["a"])])
def test_fields_belong_to_code(arguments: Any) -> None:
    with pytest.raises(UsageError, match="Backfill"):
        Backfill(*arguments)


@pytest.mark.postgres
def test_a_field_that_is_not_there(orders: Project) -> None:
    write(orders, "0003_fill", 'safemigrate.Backfill("order", {"lable": Value("x")}),')
    with pytest.raises(UsageError, match="no column of its own for 'lable'"):
        orders.safemigrate()


@pytest.mark.postgres
def test_sqlmigrate_writes_it(orders: Project) -> None:
    write(orders, "0003_fill", BY_EXPRESSIONS.format(""))
    output = orders.run("sqlmigrate", "shop", "0003")
    assert 'UPDATE "shop_order" SET "label" = (COALESCE(UPPER("shop_order"."status"), \'\') || ' in output
    assert 'ANALYZE "shop_order" ("label", "twice");' in output


def test_a_condition_over_another_table(orders: Project) -> None:
    write(orders, "0003_fill", 'safemigrate.Backfill("order", {"twice": Value(1)}, where=Q(id__in=[])),')
    orders.safemigrate()
    assert value("SELECT count(*) FROM shop_order WHERE twice = 1") == 0
