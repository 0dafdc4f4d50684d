"""Swappable models, proxies, multi-table inheritance, unmanaged models: changed, split, run on a database in use."""

from __future__ import annotations

import pytest
from django.db import connection

from tests.support.database import execute, rows

from .site import Site

pytestmark = pytest.mark.slow

AUTH = ("django_safemigrate", "django.contrib.contenttypes", "django.contrib.auth")
USER = "from django.contrib.auth.models import AbstractUser\nclass User(AbstractUser):\n"
CUSTOMER = "class Customer(models.Model):\n    name = models.CharField(max_length=9)\n"
PLACE = "class Place(models.Model):\n    name = models.CharField(max_length=9)\n"
BAR = "class Bar(Place):\n    beer = models.CharField(max_length=9, default='')\n"


def tables() -> set[str]:
    with connection.cursor() as cursor:
        return set(connection.introspection.table_names(cursor))


def columns(table: str) -> set[str]:
    with connection.cursor() as cursor:
        return {column.name for column in connection.introspection.get_table_description(cursor, table)}


def release(site: Site, **models: str) -> str:
    """Change the models of apps, write the migrations, run both phases, and find nothing left. What makemigrations said."""
    for name, text in models.items():
        site.models(name, text)
    said, _, _, checked, migrated = site.all_ok(
        "makemigrations --noinput",
        "safemigrate --noinput",
        "safemigrate --noinput --after-deploy",
        "makemigrations --check",
        "migrate --noinput",
    )
    assert "No changes detected" in checked
    assert "No migrations to apply" in migrated
    return said


def test_a_swappable_user_that_changes_with_a_key_to_it(site: Site) -> None:
    user = f"{USER}    old = models.IntegerField(default=1)\n"
    site.app("people", user)
    site.app("shop", "class Order(models.Model):\n    pass\n")
    site.install(*AUTH, "people", "shop", AUTH_USER_MODEL="people.User")
    release(site)
    execute("INSERT INTO shop_order (id) VALUES (1)")
    key = "models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True)"
    release(site, people=user.replace("old", "new"), shop=f"class Order(models.Model):\n    by = {key}\n")
    assert {"before_deploy", "after_deploy"} == set(site.phases("people").values())
    (expand,) = site.names("shop")[1:]
    assert "migrations.swappable_dependency(settings.AUTH_USER_MODEL)" in site.text("shop", expand)
    assert "new" in columns("people_user")
    assert "old" not in columns("people_user")
    assert rows("SELECT by_id FROM shop_order") == [(None,)]


def test_a_key_to_a_swappable_user_does_not_wait_for_the_users_contract(site: Site) -> None:
    """Trap 28: it is resolved to that app's first migration, and not to its last."""
    user = f"{USER}    old = models.IntegerField(null=True)\n"
    site.app("people", user)
    site.app("shop", "class Order(models.Model):\n    pass\n")
    site.install(*AUTH, "people", "shop", AUTH_USER_MODEL="people.User")
    release(site)
    site.models("people", user.replace("    old = models.IntegerField(null=True)", "    pass"))
    site.ok("makemigrations", "--noinput")
    key = "models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True)"
    site.models("shop", f"class Order(models.Model):\n    by = {key}\n")
    site.ok("makemigrations", "--noinput")
    said = site.ok("safemigrate", "--noinput")
    assert "delayed: people.0002" in said
    assert "by_id" in columns("shop_order")
    assert "old" in columns("people_user")


def test_proxies_have_no_tables_to_lose(site: Site) -> None:
    site.app("crm", CUSTOMER)
    site.app("shop")
    site.install("django_safemigrate", "crm", "shop")
    release(site)
    execute("INSERT INTO crm_customer (id, name) VALUES (1, 'a')")
    before = tables()
    proxy = "class {}(Customer):\n    class Meta:\n        proxy = True\n"
    of_another = f"from crm.models import Customer\n{proxy.format('Buyer')}"
    release(site, crm=CUSTOMER + proxy.format("Old"), shop=of_another)
    release(site, shop=of_another + "        ordering = ['name']\n", crm=CUSTOMER)
    release(site, shop="")
    assert tables() == before
    assert rows("SELECT name FROM crm_customer") == [("a",)]


def test_children_and_parents_of_tables(site: Site) -> None:
    site.app("shop", PLACE)
    site.install("django_safemigrate", "shop")
    release(site)
    execute("INSERT INTO shop_place (id, name) VALUES (1, 'a')")
    release(site, shop=PLACE + BAR)
    execute("INSERT INTO shop_bar (place_ptr_id, beer) VALUES (1, 'x')")
    place = f"{PLACE}    stars = models.IntegerField(default=3)\n"
    release(site, shop=place + BAR)
    assert rows("SELECT stars, beer FROM shop_place JOIN shop_bar ON id = place_ptr_id") == [(3, "x")]
    release(site, shop=place)
    assert "shop_bar" not in tables()
    assert rows("SELECT name, stars FROM shop_place") == [("a", 3)]


def test_a_field_that_moves_up_to_the_parent_under_its_name(site: Site) -> None:
    """The name is free only when the child's column is gone, and the new code needs the parent's before that."""
    site.app("shop", PLACE + BAR)
    site.install("django_safemigrate", "shop")
    release(site)
    site.models(
        "shop", PLACE + "    beer = models.CharField(max_length=9, default='')\n" + "class Bar(Place):\n    pass\n"
    )
    done = site.manage("makemigrations", "--noinput")
    said = done.stdout + done.stderr
    assert "Remove field beer from bar" in said
    assert "Add field beer to place" in said
    assert "only works after" in said


def test_unmanaged_models_are_somebody_elses_tables(site: Site) -> None:
    legacy = "class Legacy(models.Model):\n    {} = models.IntegerField({})\n    class Meta:\n        managed = False\n"
    site.app("shop", PLACE)
    site.install("django_safemigrate", "shop")
    release(site)
    execute("CREATE TABLE shop_legacy (id integer PRIMARY KEY, a integer)")
    execute("INSERT INTO shop_legacy (id, a) VALUES (1, 2)")
    for fields in (("a", ""), ("a", "null=True"), ("b", "default=1")):
        said = release(site, shop=PLACE + legacy.format(*fields))
        assert "LOCK" not in site.ok("safemigrate", "--plan")
        assert columns("shop_legacy") == {"id", "a"}, said
    release(site, shop=PLACE)
    assert rows("SELECT id, a FROM shop_legacy") == [(1, 2)]


def test_a_model_that_becomes_managed_is_not_made_twice(site: Site) -> None:
    """As with stock Django: the option alone changes nothing in the database."""
    legacy = "class Legacy(models.Model):\n    a = models.IntegerField(null=True)\n    class Meta:\n        managed = False\n"
    site.app("shop", legacy)
    site.install("django_safemigrate", "shop")
    release(site)
    execute("CREATE TABLE shop_legacy (id integer PRIMARY KEY, a integer)")
    release(site, shop=legacy.replace("    class Meta:\n        managed = False\n", ""))
    assert columns("shop_legacy") == {"id", "a"}
