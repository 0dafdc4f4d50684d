"""The next release, while a contract may be pending."""

from __future__ import annotations

import pytest
from django.db import models

from tests.support.project import Project

from .releases import NEW, NUMBER, Fields, exit_status, shown

pytestmark = pytest.mark.usefixtures("database")


THIRD: Fields = {**NEW, "note": models.TextField(null=True)}
BRANCH = """\
from django.db import migrations, models
from django_safemigrate import Safe


class Migration(migrations.Migration):
    # May run before or after the contract of an earlier release: neither needs the other.
    safe = Safe.before_deploy()

    dependencies = [
        ('shop', '0002_alter_order_old_order_vip_expand'),
    ]

    operations = [
        migrations.AddField(
            model_name='order',
            name='note',
            field=models.TextField(null=True),
        ),
    ]
"""
JOIN = """\
from django.db import migrations
from django_safemigrate import Safe


class Migration(migrations.Migration):
    # Empty: the two before it may run in either order, and it makes one end of them.
    safe = Safe.after_deploy()

    dependencies = [
        ('shop', '0003_remove_order_old_alter_order_vip_contract'),
        ('shop', '0004_order_note_expand'),
    ]

    operations = [
    ]
"""


@pytest.fixture
def stacked(shop: Project) -> Project:
    """Release 2; its contract is the last migration."""
    shop.define("Order", NEW)
    shop.makemigrations()
    return shop


def test_the_next_expand_branches_and_an_empty_contract_joins(stacked: Project) -> None:
    stacked.define("Order", THIRD)
    output = stacked.makemigrations("--no-header")
    assert stacked.names()[3:] == ["0004_order_note_expand", "0005_join_contract"]
    assert stacked.text("0004_order_note_expand") == BRANCH
    assert stacked.text("0005_join_contract") == JOIN
    assert shown(stacked, output) == (
        "Migrations for 'shop':\n"
        "  .../0004_order_note_expand.py\n"
        "    + Add field note to order\n"
        "  .../0005_join_contract.py\n"
        "\n"
        "Before deploy: manage.py safemigrate\n"
        "  shop.0004_order_note_expand\n"
        "    order.note: new column\n"
        "    may run before or after the contract of an earlier release: neither needs the other\n"
        "\n"
        "After deploy, when no old code runs any more: manage.py safemigrate --after-deploy\n"
        "  shop.0005_join_contract\n"
        "    empty: the two before it may run in either order, and it makes one end of them\n"
    )
    assert exit_status(stacked, "--check") == 0


def test_a_loud_dry_run_shows_the_branches(stacked: Project) -> None:
    stacked.define("Order", THIRD)
    output = stacked.makemigrations("--dry-run", "-v", "3", "--no-header")
    assert BRANCH in output
    assert JOIN in output


def test_a_contract_with_operations_joins_as_well(stacked: Project) -> None:
    stacked.define("Order", {**NEW, "gift": models.BooleanField(default=False)})
    stacked.makemigrations()
    assert stacked.names()[3:] == ["0004_order_gift_expand", "0005_alter_order_gift_contract"]
    assert (
        "        ('shop', '0003_remove_order_old_alter_order_vip_contract'),\n        ('shop', '0004_order_gift_expand'),\n"
    ) in stacked.text("0005_alter_order_gift_contract")


def test_what_has_to_wait_says_for_what(stacked: Project) -> None:
    stacked.define("Order", {**NEW, "old": models.TextField(null=True)})
    output = stacked.makemigrations()
    assert output.splitlines()[-4:] == [
        "Before deploy: manage.py safemigrate",
        "  shop.0004_order_old",
        "    order.old: new column",
        "    waits for shop.0003_remove_order_old_alter_order_vip_contract: "
        '"Add field old to order" depends on "Remove field old from order"',
    ]


def test_update_writes_contracts_into_the_migration_that_joins(stacked: Project) -> None:
    stacked.define("Order", THIRD)
    stacked.makemigrations()
    stacked.define("Order", {**NUMBER, "vip": NEW["vip"]})
    stacked.makemigrations("--update")
    assert stacked.names()[3:] == ["0004_order_note_expand", "0005_remove_order_note_contract"]
    assert "    safe = Safe.after_deploy()\n" in stacked.text("0005_remove_order_note_contract")
    assert exit_status(stacked, "--check") == 0


def test_a_merge_of_two_branches_of_releases_is_overtaken(stacked: Project) -> None:
    contract = stacked.names()[2]
    stacked.write("0004_other", safe="Safe.after_deploy()", dependencies=f"[('shop', '{stacked.names()[1]}')]")
    stacked.makemigrations("--merge")
    [merge] = [name for name in stacked.names() if name.startswith("0005")]
    stacked.define("Order", THIRD)
    stacked.makemigrations("--no-header")
    assert stacked.names()[5:] == ["0006_order_note_expand", "0007_join_contract"]
    assert contract not in stacked.text("0006_order_note_expand")
    assert merge in stacked.text("0007_join_contract")
    assert exit_status(stacked, "--check") == 0


def test_migrate_hints_at_changes_beside_a_pending_contract(stacked: Project) -> None:
    stacked.migrate()
    stacked.define("Order", THIRD)
    output = stacked.migrate()
    assert "have changes that are not yet reflected in a migration" in output
    assert "neither needs the other" not in output
    assert len(stacked.names()) == 3
