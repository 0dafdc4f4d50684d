"""In company with django-linear-migrations: its makemigrations and its max_migration.txt, with two files for an app."""

from __future__ import annotations

import pytest

from .site import Site

pytest.importorskip("django_linear_migrations")

APPS = ("django_safemigrate", "django_linear_migrations", "shop")
ORDER = "class Order(models.Model):\n    number = models.IntegerField(null=True)\n"
# Ours is here from its sources, and not installed: it would ask for a max_migration.txt of it.
OURS = {"FIRST_PARTY_APPS": ["shop"]}
GIFT = f"{ORDER}    gift = models.BooleanField(default=False)\n"


def last(site: Site) -> str:
    """What max_migration.txt says."""
    return (site.directory / "shop/migrations/max_migration.txt").read_text().strip()


def release(site: Site, models: str, *options: str) -> None:
    """Write the migrations; afterwards their system check looks at them and at max_migration.txt."""
    site.models("shop", models)
    site.all_ok(" ".join(["makemigrations --noinput", *options]), "check --fail-level ERROR")


@pytest.fixture
def shop(site: Site) -> Site:
    """With its first migration."""
    site.app("shop", ORDER)
    site.install(*APPS, **OURS)
    release(site, ORDER)
    return site


def test_the_last_of_our_migrations_is_the_last(shop: Site) -> None:
    assert last(shop) == "0001_initial"
    release(shop, GIFT)
    assert shop.names("shop")[1:] == ["0002_order_gift_expand", "0003_alter_order_gift_contract"]
    assert list(shop.phases("shop").values()) == ["before_deploy", "before_deploy", "after_deploy"]
    assert last(shop) == "0003_alter_order_gift_contract"
    shop.all_ok("safemigrate --noinput", "safemigrate --noinput --after-deploy")


def test_of_stacked_releases_the_join_is_the_last(shop: Site) -> None:
    release(shop, GIFT)
    release(shop, f"{GIFT}    note = models.TextField(null=True)\n")
    assert last(shop) == shop.names("shop")[-1] == "0005_join_contract"
    release(shop, f"{ORDER}    note = models.TextField(null=True)\n    more = models.TextField(null=True)\n")
    assert last(shop) == shop.names("shop")[-1]


def test_looking_writes_nothing_there(shop: Site) -> None:
    release(shop, GIFT, "--dry-run", "-v", "3")
    shop.fails("makemigrations", "--check", status=1)
    assert last(shop) == "0001_initial"


def test_empty_and_named_migrations_are_known(shop: Site) -> None:
    shop.all_ok("makemigrations shop --empty --name fill", "check --fail-level ERROR")
    assert last(shop) == "0002_fill"
    release(shop, GIFT, "--name", "gift")
    assert last(shop) == "0004_gift_contract"


def test_update_is_known(shop: Site) -> None:
    release(shop, f"{ORDER}    note = models.TextField(null=True)\n")
    release(
        shop, f"{ORDER}    note = models.TextField(null=True)\n    more = models.TextField(null=True)\n", "--update"
    )
    (name,) = shop.names("shop")[1:]
    assert last(shop) == name
    assert shop.phases("shop")[name] == "before_deploy"


def test_behind_it_a_check_says_which_line_to_move(site: Site) -> None:
    site.app("shop", ORDER)
    site.install("django_linear_migrations", "django_safemigrate", "shop", **OURS)
    said = site.fails("makemigrations", "--noinput")
    assert "(commands.E001)" in said
    assert "(django_safemigrate.E002)" in said
    assert 'HINT: In INSTALLED_APPS, move "django_safemigrate" above "django_linear_migrations".' in said
    assert site.names("shop") == []


@pytest.mark.slow
def test_two_people_at_once_make_a_conflict_that_is_solved_by_making_the_own_ones_again(shop: Site) -> None:
    """Their rebase_migration moves one migration; of two, it would leave the first one behind."""
    release(shop, GIFT)
    mine = {name: shop.text("shop", name) for name in shop.names("shop")[1:]}
    for name in mine:
        (shop.directory / f"shop/migrations/{name}.py").unlink()
    shop.write("shop/migrations/max_migration.txt", "0001_initial\n")
    theirs = f"{ORDER}    vip = models.BooleanField(default=False)\n"
    release(shop, theirs)
    for name, text in mine.items():
        shop.write(f"shop/migrations/{name}.py", text)
    shop.write(
        "shop/migrations/max_migration.txt",
        "<<<<<<< HEAD\n0003_alter_order_vip_contract\n=======\n0003_alter_order_gift_contract\n>>>>>>> gift\n",
    )
    shop.models("shop", f"{theirs}    gift = models.BooleanField(default=False)\n")
    assert "dlm.E005" in shop.fails("check")
    shop.ok("rebase_migration", "shop")
    assert "dlm.E005" in shop.fails("check")
    for name in ("0002_order_gift_expand", "0004_alter_order_gift_contract"):
        (shop.directory / f"shop/migrations/{name}.py").unlink()
    shop.write("shop/migrations/max_migration.txt", "0003_alter_order_vip_contract\n")
    shop.all_ok("makemigrations --noinput", "check --fail-level ERROR")
    assert shop.names("shop")[3:] == ["0004_order_gift_expand", "0005_alter_order_gift_contract"]
    assert last(shop) == "0005_alter_order_gift_contract"


@pytest.mark.slow
def test_with_django_pgtrigger_too(site: Site) -> None:
    pytest.importorskip("pgtrigger")
    if "postgresql" not in site.settings["DATABASES"]["default"]["ENGINE"]:
        pytest.skip("pgtrigger is for PostgreSQL")
    order = "import pgtrigger\n" + GIFT
    protected = (
        f"{order}    class Meta:\n        triggers = [pgtrigger.Protect(name='p', operation=pgtrigger.Delete)]\n"
    )
    site.app("shop", order)
    for apps in (("django_linear_migrations", "pgtrigger"), ("pgtrigger", "django_linear_migrations")):
        site.install("django_safemigrate", *apps, "shop", **OURS)
        release(site, protected)
        assert "AddTrigger(" in site.text("shop", last(site))
        release(site, order)
        assert "RemoveTrigger(" in site.text("shop", last(site))
