"""Several databases and routers, apps without migrations, new databases: each has its own phases and its own journal."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.db import connection

from tests.support.database import execute, is_postgres, rows

from .site import Site

pytestmark = pytest.mark.slow

ROUTER = """
class Router:
    def db_for_read(self, model, **hints):
        return "other" if model._meta.app_label == "crm" else None

    db_for_write = db_for_read

    def allow_migrate(self, db, app_label, **hints):
        return None if app_label == "django_safemigrate" else (app_label == "crm") == (db == "other")
"""
ORDER = "class Order(models.Model):\n    number = models.IntegerField(null=True)\n"
CUSTOMER = "class Customer(models.Model):\n    old = models.IntegerField(default=3)\n"
ON_BOTH = ("safemigrate --noinput", "safemigrate --noinput --database other")


@pytest.fixture
def two(site: Site, tmp_path: Path) -> Iterator[Site]:
    """A project with two databases: the tables of ``crm`` are in the other one."""
    first = site.settings["DATABASES"]["default"]
    name = f"{first['NAME']}_other" if is_postgres() else str(tmp_path / "other.sqlite3")
    if is_postgres():
        execute(f"DROP DATABASE IF EXISTS {name}")
        execute(f"CREATE DATABASE {name}")
    site.settings["DATABASES"] = {"default": first, "other": {**first, "NAME": name}}
    site.app("shop", ORDER)
    site.app("crm", CUSTOMER)
    site.write("router.py", ROUTER)
    site.install("django_safemigrate", "shop", "crm", DATABASE_ROUTERS=["router.Router"])
    yield site
    if is_postgres():
        execute(f"DROP DATABASE {name} WITH (FORCE)")


def of_the_other(site: Site, code: str) -> Any:
    """The value of an expression in which ``cursor`` is one of the other database and ``tables`` are its tables."""
    program = (
        "import django; django.setup()\nfrom django.db import connections\nconnection = connections['other']\n"
        f"with connection.cursor() as cursor:\n    tables = connection.introspection.table_names(cursor)\n    print({code})\n"
    )
    site.write("asking.py", program)
    return site.python("asking.py").strip()


def test_each_database_has_its_tables_its_records_and_its_journal(two: Site) -> None:
    _, *said = two.all_ok("makemigrations --noinput", *ON_BOTH)
    assert all("The database is new" in output for output in said)
    with connection.cursor() as cursor:
        here = set(connection.introspection.table_names(cursor))
    there = of_the_other(two, "' '.join(tables)").split()
    assert {"shop_order", "django_safemigrate_safemigration"} <= here
    assert "crm_customer" not in here
    assert {"crm_customer", "django_safemigrate_safemigration", "django_safemigrate_migrationrun"} <= set(there)
    assert "shop_order" not in there
    assert rows("SELECT app FROM django_migrations WHERE app IN ('shop', 'crm') ORDER BY app") == [("crm",), ("shop",)]


def test_phases_are_those_of_each_database(two: Site) -> None:
    two.all_ok("makemigrations --noinput", *ON_BOTH)
    two.models("crm", CUSTOMER.replace("old", "new"))
    two.ok("makemigrations", "--noinput")
    assert list(two.phases("crm").values()) == ["before_deploy", "before_deploy", "after_deploy"]
    plan, other_plan, _ = two.all_ok(
        "safemigrate --plan", "safemigrate --plan --database other", "safemigrate --noinput --database other"
    )
    assert "crm.0002" in plan
    assert "ALTER TABLE" not in plan  # the router keeps these tables out of this database
    assert ("ALTER TABLE" in other_plan) == is_postgres()
    fields = "' '.join(one.name for one in connection.introspection.get_table_description(cursor, 'crm_customer'))"
    assert set(of_the_other(two, fields).split()) == {"id", "old", "new"}
    two.ok("safemigrate", "--noinput", "--database", "other", "--after-deploy")
    assert set(of_the_other(two, fields).split()) == {"id", "new"}
    two.fails("safemigrate", "--check", "--database", "default", status=1)
    two.all_ok(
        "safemigrate --noinput",
        "safemigrate --noinput --after-deploy",
        "safemigrate --check",
        "safemigrate --check --database other",
    )
    assert "No changes detected" in two.ok("makemigrations", "--check")


def test_a_new_database_gets_everything_at_once(two: Site) -> None:
    """Trap 31: neither refused nor run in phases, the contract of a release included."""
    two.ok("makemigrations", "--noinput")
    two.models("crm", CUSTOMER.replace("old", "new"))
    two.models("shop", f"{ORDER}    gift = models.BooleanField(default=False)\n")
    two.ok("makemigrations", "--noinput")
    two.migration(
        "crm",
        "0004_rename",
        'migrations.RenameModel("Customer", "Client"), migrations.AlterField("client", "new", models.TextField())',
        ("crm", two.names("crm")[-1]),
        safe="Safe.after_deploy()",
    )
    *outputs, _, _ = two.all_ok(*ON_BOTH, "safemigrate --check", "safemigrate --check --database other")
    for said in outputs:
        assert "The database is new: running everything at once:" in said
        assert "delayed" not in said
    assert "crm_client" in of_the_other(two, "' '.join(tables)").split()


def test_apps_without_migrations_and_with_them_turned_off(site: Site) -> None:
    site.app("shop", ORDER)
    site.write("plain/__init__.py")
    site.models("plain", "class Thing(models.Model):\n    pass\n")
    site.app("off", "class Off(models.Model):\n    pass\n")
    site.install("django_safemigrate", "shop", "plain", "off", MIGRATION_MODULES={"off": None})
    said = site.ok("makemigrations", "--noinput")
    assert "plain" not in said
    assert "off" not in said.replace("off/", "")
    site.ok("safemigrate", "--noinput", "--run-syncdb")
    with connection.cursor() as cursor:
        assert {"shop_order", "plain_thing", "off_off"} <= set(connection.introspection.table_names(cursor))
    assert "has no migrations" in site.fails("safemigrate", "off", status=2)
    assert "Django can't create migrations for app 'off'" in site.fails("makemigrations", "off")


def test_migrations_of_an_app_depend_on_one_without_them(site: Site) -> None:
    """A key to a model of an app without migrations: ``__first__`` of it is nothing to wait for."""
    site.write("plain/__init__.py")
    site.models("plain", "class Thing(models.Model):\n    pass\n")
    site.app("shop", ORDER)
    site.install("django_safemigrate", "plain", "shop")
    site.all_ok("makemigrations --noinput shop", "safemigrate --noinput --run-syncdb")
    site.models("shop", f"{ORDER}    thing = models.ForeignKey('plain.Thing', models.SET_NULL, null=True)\n")
    site.ok("makemigrations", "--noinput", "shop")
    assert "('plain', '__first__')" in site.text("shop", site.names("shop")[-1])
    site.all_ok("safemigrate --noinput", "safemigrate --check")
