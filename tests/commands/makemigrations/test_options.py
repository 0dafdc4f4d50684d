"""Its options, and the hints of plain ``migrate``."""

from __future__ import annotations

import io
from pathlib import Path

import pytest
from django.core.management import call_command
from django.db import models
from django.db.migrations.loader import MigrationLoader

from django_safemigrate import Safe
from tests.support.project import Project

from .releases import CONTRACT, EXPAND, NEW, OLD, exit_status, files

pytestmark = pytest.mark.usefixtures("database")


def test_check_exits_with_1_before_and_0_after(shop: Project) -> None:
    assert exit_status(shop, "--check") == 0
    shop.define("Order", NEW)
    before = files(shop)
    assert exit_status(shop, "--check") == 1
    assert files(shop) == before
    shop.makemigrations()
    assert exit_status(shop, "--check") == 0


def test_without_changes_nothing_is_written(shop: Project) -> None:
    assert shop.makemigrations() == "No changes detected\n"
    assert shop.names() == ["0001_initial"]


def test_a_dry_run_says_everything_and_writes_nothing(shop: Project) -> None:
    shop.define("Order", NEW)
    before = files(shop)
    dry = shop.makemigrations("--dry-run")
    assert files(shop) == before
    assert dry == shop.makemigrations()


def test_a_loud_dry_run_shows_the_files_with_their_phase(shop: Project) -> None:
    shop.define("Order", NEW)
    output = shop.makemigrations("--dry-run", "-v", "3", "--no-header")
    assert shop.names() == ["0001_initial"]
    assert output.count("Full migrations file") == 2
    assert EXPAND in output
    assert CONTRACT in output


def test_a_quiet_run_says_nothing(shop: Project) -> None:
    shop.define("Order", NEW)
    assert shop.makemigrations("-v", "0") == ""
    assert len(shop.names()) == 3
    assert "safe = Safe.after_deploy()" in shop.text(shop.names()[2])


def test_a_name_gets_the_phase(shop: Project) -> None:
    shop.define("Order", NEW)
    shop.makemigrations("--name", "bar")
    assert shop.names()[1:] == ["0002_bar_expand", "0003_bar_contract"]


def test_a_name_for_one_phase_stays_as_it_is(shop: Project) -> None:
    shop.define("Order", {**OLD, "new": models.TextField(null=True)})
    shop.makemigrations("--name", "bar")
    assert shop.names()[1:] == ["0002_bar"]


def test_scriptable_writes_paths_alone_to_stdout(shop: Project) -> None:
    shop.define("Order", NEW)
    shop._forget_modules()
    stdout, stderr = io.StringIO(), io.StringIO()
    call_command("makemigrations", "--scriptable", stdout=stdout, stderr=stderr, no_color=True)
    paths = [Path(line).resolve() for line in stdout.getvalue().splitlines()]
    assert paths == [(shop.directory / f"{name}.py").resolve() for name in shop.names()[1:]]
    assert "any more: manage.py safemigrate --after-deploy\n  shop.0003" in stderr.getvalue()


def test_an_empty_migration_has_no_phase_and_says_how_to_declare_one(shop: Project) -> None:
    output = shop.makemigrations("--empty", "shop", "--name", "by_hand")
    assert "safe" not in shop.text("0002_by_hand").lower()
    assert output.splitlines()[-1] == ("shop.0002_by_hand: declare its phase, for example safe = Safe.before_deploy()")


def test_a_merge_has_no_phase(shop: Project) -> None:
    for name in ("0002_a", "0002_b"):
        shop.write(name, safe="Safe.before_deploy()", dependencies="[('shop', '0001_initial')]")
    output = shop.makemigrations("--merge")
    assert "Created new merge migration" in output
    [merge] = [name for name in shop.names() if name.startswith("0003")]
    assert "Safe" not in shop.text(merge)
    assert exit_status(shop, "--check") == 0


# Stock migrate


def test_migrate_hints_at_changes_without_a_migration_and_writes_none(shop: Project) -> None:
    shop.migrate()
    shop.define("Order", NEW)
    output = shop.migrate()
    assert "Your models in app(s): 'shop' have changes that are not yet reflected in a migration" in output
    assert shop.names() == ["0001_initial"]


def test_the_phase_is_read_back_from_the_files(shop: Project) -> None:
    shop.define("Order", NEW)
    shop.makemigrations()
    shop._forget_modules()
    loader = MigrationLoader(None)
    safes = [loader.disk_migrations["shop", name].safe for name in shop.names()]  # type: ignore[attr-defined]
    assert safes == [Safe.before_deploy(), Safe.before_deploy(), Safe.after_deploy()]
