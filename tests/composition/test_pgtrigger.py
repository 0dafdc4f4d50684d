"""In company with django-pgtrigger: its autodetector and its schema editor, with a server."""

from __future__ import annotations

import pytest

from tests.support.database import execute, rows

from .site import Site

pytest.importorskip("pgtrigger")
pytestmark = pytest.mark.postgres

APPS = ("django_safemigrate", "pgtrigger", "shop")
HEAD = "import pgtrigger\n"
ORDER = """
class Order(models.Model):
    number = models.CharField(max_length=9)
    old = models.IntegerField(default=3)
    class Meta:
        triggers = [
            pgtrigger.Protect(name="no_deletes", operation=pgtrigger.Delete),
            pgtrigger.Trigger(
                name="on_number", when=pgtrigger.Before, operation=pgtrigger.Update,
                condition=pgtrigger.Q(old__number__df=pgtrigger.F("new__number")),
                func="NEW.old = 7; RETURN NEW;",
            ),
        ]
"""
WITHOUT = ORDER[: ORDER.index("    class Meta")]


def triggers() -> dict[str, str]:
    """What there is on the table, by the names that the models give."""
    found = rows(
        "SELECT tgname, pg_get_triggerdef(oid) FROM pg_trigger WHERE tgrelid = 'shop_order'::regclass AND NOT tgisinternal"
    )
    return {name.removeprefix("pgtrigger_").rpartition("_")[0]: definition for name, definition in found}


def release_1(site: Site, models: str, *apps: str) -> None:
    """Tables in use."""
    site.app("shop", HEAD + models)
    site.install(*(apps or APPS))
    site.all_ok("makemigrations --noinput", "safemigrate --noinput")
    execute("INSERT INTO shop_order (number, old) SELECT n, 0 FROM generate_series(1, 100) n; ANALYZE")


def test_triggers_are_found_and_run(site: Site) -> None:
    release_1(site, ORDER)
    assert site.text("shop", "0001_initial").count("AddTrigger(") == 2
    assert site.phases("shop") == {"0001_initial": "before_deploy"}
    assert set(triggers()) == {"no_deletes", "on_number"}
    checked, listed = site.all_ok("makemigrations --check", "pgtrigger ls")
    assert "No changes detected" in checked
    assert "OUTDATED" not in listed


@pytest.mark.parametrize(
    "apps", [("pgtrigger", "django_safemigrate", "shop"), ("shop", "pgtrigger", "django_safemigrate")]
)
def test_in_any_order_of_apps(site: Site, apps: tuple[str, ...]) -> None:
    """It has no command of its own: its autodetector is in Django's."""
    release_1(site, ORDER, *apps)
    assert site.text("shop", "0001_initial").count("AddTrigger(") == 2
    assert site.phases("shop") == {"0001_initial": "before_deploy"}


@pytest.mark.slow
def test_triggers_that_come_and_go_on_a_table_in_use(site: Site) -> None:
    release_1(site, WITHOUT)
    site.models("shop", HEAD + ORDER)
    said = site.ok("makemigrations", "--noinput")
    names = site.names("shop")
    assert site.phases("shop") == {names[0]: "before_deploy", names[1]: "before_deploy", names[2]: "after_deploy"}
    assert "on_number" in site.text("shop", names[1])
    assert "no_deletes" in site.text("shop", names[2])
    assert "trigger on_number of order: from then on it runs for the old code's writes, too" in said
    assert "order: new trigger on_number" in said
    site.ok("safemigrate", "--noinput")
    assert set(triggers()) == {"on_number"}
    site.ok("safemigrate", "--noinput", "--after-deploy")
    assert set(triggers()) == {"no_deletes", "on_number"}
    site.models("shop", HEAD + WITHOUT)
    site.all_ok("makemigrations --noinput", "safemigrate --noinput")
    assert set(triggers()) == {"on_number"}
    site.ok("safemigrate", "--noinput", "--after-deploy")
    assert triggers() == {}
    site.ok("safemigrate", "--noinput", "shop", "0003")
    assert set(triggers()) == {"no_deletes", "on_number"}
    site.ok("safemigrate", "--noinput", "shop", "zero")


def test_a_trigger_that_is_changed_with_a_field_is_never_missing(site: Site) -> None:
    release_1(site, ORDER)
    new = ORDER.replace("    old = models.IntegerField(default=3)\n", "    new = models.IntegerField(default=5)\n")
    site.models("shop", HEAD + new.replace("NEW.old = 7", "NEW.new = 8"))
    site.ok("makemigrations", "--noinput")
    expand, contract = site.names("shop")[1:]
    assert "InOneTransaction(" in site.text("shop", expand)
    assert "Trigger" not in site.text("shop", contract)
    site.ok("safemigrate", "--noinput")
    execute("UPDATE shop_order SET number = 'x' WHERE id = 1")
    assert rows("SELECT new FROM shop_order WHERE id = 1") == [(8,)]
    site.ok("safemigrate", "--noinput", "--after-deploy")
    execute("UPDATE shop_order SET number = 'y' WHERE id = 1")
    checked, listed = site.all_ok("makemigrations --check", "pgtrigger ls")
    assert "No changes detected" in checked
    assert "OUTDATED" not in listed
    site.ok("safemigrate", "--noinput", "shop", "0001")
    execute("UPDATE shop_order SET number = 'z' WHERE id = 1")
    assert rows("SELECT old FROM shop_order WHERE id = 1") == [(7,)]


def test_a_column_that_a_trigger_looks_at_may_grow(site: Site) -> None:
    """Their schema editor drops such a trigger and creates it again; ours does it in the statement's own transaction."""
    release_1(site, ORDER)
    before = triggers()
    site.models("shop", HEAD + ORDER.replace("max_length=9", "max_length=20"))
    _, plan = site.all_ok("makemigrations --noinput", "safemigrate --plan")
    assert "DROP TRIGGER" in plan
    site.ok("safemigrate", "--noinput")
    assert {name: text.replace("(9)", "") for name, text in triggers().items()} == before
    assert "OUTDATED" not in site.ok("pgtrigger", "ls")


@pytest.mark.slow
def test_with_our_engine_plain_migrate_does_it_too(site: Site) -> None:
    site.settings["DATABASES"]["default"]["ENGINE"] = "django_safemigrate.backends.postgresql"
    site.app("shop", HEAD + ORDER)
    site.install(*APPS)
    site.all_ok("makemigrations --noinput", "migrate --noinput")
    before = triggers()
    assert set(before) == {"no_deletes", "on_number"}
    site.models("shop", HEAD + ORDER.replace("max_length=9", "max_length=20").replace("NEW.old = 7", "NEW.old = 8"))
    site.all_ok("makemigrations --noinput", "migrate --noinput")
    assert {name: text.replace("(9)", "") for name, text in triggers().items()} == before
    assert "OUTDATED" not in site.ok("pgtrigger", "ls")
    site.all_ok("migrate --noinput shop 0001", "migrate --noinput shop zero")


@pytest.mark.slow
def test_a_table_goes_with_its_triggers_and_comes_back_with_them(site: Site) -> None:
    release_1(site, ORDER)
    site.models("shop", "")
    site.all_ok("makemigrations --noinput", "safemigrate --noinput", "safemigrate --noinput --after-deploy")
    assert rows("SELECT to_regclass('shop_order')") == [(None,)]
    site.ok("safemigrate", "--noinput", "shop", "0001")
    assert set(triggers()) == {"no_deletes", "on_number"}


@pytest.mark.slow
def test_a_trigger_of_a_proxy_is_on_the_table_behind_it(site: Site) -> None:
    release_1(site, WITHOUT)
    proxy = (
        "class Kept(Order):\n    class Meta:\n        proxy = True\n"
        "        triggers = [pgtrigger.Protect(name='kept', operation=pgtrigger.Delete)]\n"
    )
    for models, expected in ((proxy, {"kept"}), ("", set())):
        site.models("shop", HEAD + WITHOUT + models)
        *_, checked = site.all_ok(
            "makemigrations --noinput",
            "safemigrate --noinput",
            "safemigrate --noinput --after-deploy",
            "makemigrations --check",
        )
        assert set(triggers()) == expected
        assert "No changes detected" in checked
