"""``makemigrations --update``."""

from __future__ import annotations

import pytest
from django.db import models
from django.db.migrations.loader import MigrationLoader

from tests.support.project import Project

from .releases import NEW, NUMBER, OLD, Fields, exit_status, refusal

pytestmark = pytest.mark.usefixtures("database")


def test_update_merges_into_a_migration_of_the_same_phase(shop: Project) -> None:
    shop.define("Order", {**OLD, "new": models.TextField(null=True)})
    shop.makemigrations()
    shop.define("Order", {**OLD, "new": models.TextField(null=True), "newer": models.TextField(null=True)})
    shop.makemigrations("--update")
    assert shop.names()[1:] == ["0002_order_new_order_newer"]
    assert "safe = Safe.before_deploy()" in shop.text("0002_order_new_order_newer")
    assert shop.text("0002_order_new_order_newer").count("AddField") == 2
    assert exit_status(shop, "--check") == 0


def test_update_keeps_the_phase_and_its_suffix(project: Project) -> None:
    both: Fields = {**NUMBER, "a": models.TextField(null=True), "b": models.TextField(null=True)}
    project.define("Order", both)
    project.makemigrations()
    project.define("Order", {**NUMBER, "b": both["b"]})
    project.makemigrations()
    project.define("Order", NUMBER)
    project.makemigrations("--update")
    assert project.names()[1:] == ["0002_remove_order_a_remove_order_b_contract"]
    assert "safe = Safe.after_deploy()" in project.text("0002_remove_order_a_remove_order_b_contract")


def test_update_keeps_a_delay(project: Project) -> None:
    both: Fields = {**NUMBER, "a": models.TextField(null=True), "b": models.TextField(null=True)}
    project.define("Order", both)
    project.makemigrations()
    project.define("Order", {**NUMBER, "b": both["b"]})
    project.write(
        "0002_remove_order_a_contract",
        'migrations.RemoveField("order", "a"),',
        safe="Safe.after_deploy(delay=timedelta(days=4))",
    )
    project.define("Order", NUMBER)
    project.makemigrations("--update")
    [name] = project.names()[1:]
    assert "    safe = Safe.after_deploy(delay=datetime.timedelta(days=4))\n" in project.text(name)
    assert exit_status(project, "--check") == 0
    project._forget_modules()
    migration = MigrationLoader(None).disk_migrations["shop", name]
    assert str(migration.safe.delay) == "4 days, 0:00:00"  # type: ignore[attr-defined]


def test_update_that_comes_to_the_same_name_loses_nothing(shop: Project) -> None:
    shop.define("Order", {**OLD, "vip": models.IntegerField(null=True, default=0)})
    shop.makemigrations()
    contract = shop.names()[2]
    assert contract == "0003_alter_order_vip_contract"
    shop.define("Order", {**OLD, "vip": models.IntegerField(null=True, default=0, unique=True)})
    shop.makemigrations("--update")
    updated = shop.names()[2]
    assert updated.startswith("0003_alter_order_vip")
    assert updated.endswith("_contract")
    assert "unique=True" in shop.text(updated)
    assert "safe = Safe.after_deploy()" in shop.text(updated)
    assert exit_status(shop, "--check") == 0


def test_update_again_and_again_never_comes_to_the_name_that_is_removed(project: Project) -> None:
    fields: Fields = {name: models.TextField(null=True) for name in "abcde"}
    project.define("Order", fields)
    project.makemigrations()
    seen = []
    for arguments in (["x"], ["x", "--update"], ["x", "--update"], ["x_contract", "--update"]):
        fields = dict(list(fields.items())[1:])
        project.define("Order", fields)
        project.makemigrations("--name", *arguments)
        seen += project.names()[1:]
        assert exit_status(project, "--check") == 0
    assert seen == ["0002_x_contract", "0002_x_updated_contract", "0002_x_contract", "0002_x_updated_contract"]


def test_update_with_changes_of_two_phases_is_refused(shop: Project) -> None:
    shop.define("Order", {**OLD, "new": models.TextField(null=True)})
    shop.makemigrations()
    shop.define("Order", {**NEW, "new": models.TextField(null=True)})
    assert refusal(shop, "--update") == (
        "The changes of shop need a migration before deploy and one after it.\n"
        "--update writes into one migration, which runs in one phase.\n"
        "Run: manage.py makemigrations shop"
    )


def test_update_of_a_migration_of_another_phase_is_refused(shop: Project) -> None:
    shop.define("Order", NEW)
    shop.makemigrations()
    shop.define("Order", {**NEW, "new": models.TextField(null=True)})
    assert refusal(shop, "--update") == (
        "The last migration of shop, 0003_remove_order_old_alter_order_vip_contract, runs after deploy; the changes have to "
        "run before deploy.\n"
        "--update would merge two phases into one migration.\n"
        "Run: manage.py makemigrations shop"
    )


def test_update_of_an_undeclared_migration_with_changes_after_deploy_is_refused(shop: Project) -> None:
    """What it does belongs before deploy."""
    shop.define("Order", {**OLD, "new": models.TextField(null=True)})
    shop.write("0002_new", 'migrations.AddField("order", "new", models.TextField(null=True)),', safe="")
    shop.define("Order", OLD)
    assert refusal(shop, "--update") == (
        "The last migration of shop, 0002_new, runs before deploy; the changes have to run after deploy.\n"
        "--update would merge two phases into one migration.\n"
        "Run: manage.py makemigrations shop"
    )


def test_update_of_an_undeclared_migration_with_changes_before_deploy_works(shop: Project) -> None:
    shop.write("0002_new", 'migrations.AddField("order", "new", models.TextField(null=True)),', safe="")
    new: Fields = {**OLD, "new": models.TextField(null=True)}
    shop.define("Order", {**new, "newer": models.TextField(null=True)})
    shop.makemigrations("--update")
    assert shop.names()[1:] == ["0002_order_new_order_newer"]
    assert exit_status(shop, "--check") == 0
