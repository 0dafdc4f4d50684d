"""What is pending, where no database says what is applied: since a migration, or since a git revision."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest
from django.db.migrations.loader import MigrationLoader

from django_safemigrate.testing.pending import pending, released_since
from django_safemigrate.values.errors import UsageError
from tests.conftest import ORDERS
from tests.support.project import Project


def git(directory: Path, *words: str) -> None:
    who = ("-c", "user.name=somebody", "-c", "user.email=somebody@example.org")
    subprocess.run(["git", *who, *words], cwd=directory, check=True, capture_output=True)


@pytest.fixture
def shop(project: Project) -> Project:
    project.write("0001_initial", ORDERS, initial="True")
    project.write("0002_second")
    return project


def since(release: str) -> str:
    loader = MigrationLoader(None)
    return str(pending(loader, released_since(loader, release), loader.graph.leaf_nodes()))


def test_a_migration(shop: Project) -> None:
    shop.write("0003_third")
    assert since("shop.0001_initial") == "shop.0002_second, shop.0003_third"
    assert since("shop.0002") == "shop.0003_third"
    assert since("shop.0003") == ""


def test_what_needs_something_later_is_pending_too(shop: Project) -> None:
    shop.write("0003_third", run_before="[('auth', '0012_alter_user_first_name_max_length')]")
    assert since("shop.0002") == "shop.0003_third, auth.0012_alter_user_first_name_max_length"


def test_a_git_revision(shop: Project) -> None:
    directory = shop.directory
    git(directory, "init", "--quiet")
    git(directory, "add", ".")
    git(directory, "commit", "--quiet", "--message", "release")
    shop.write("0003_third")
    assert since("HEAD") == "shop.0003_third"
    git(directory, "add", ".")
    git(directory, "commit", "--quiet", "--message", "next")
    assert since("HEAD~1") == "shop.0003_third"
    assert since("HEAD") == ""
    with pytest.raises(UsageError) as caught:
        since("no-such-branch")
    assert "no-such-branch" in caught.value.fact
    assert "--since takes a migration (APP.NAME), or a git revision" in caught.value.reason


def test_no_checkout(shop: Project) -> None:
    with pytest.raises(UsageError, match="no migrations of this project are in a git checkout"):
        since("main")


def test_a_migration_that_there_is_not(shop: Project) -> None:
    with pytest.raises(UsageError, match="shop has no migration '0009'"):
        since("shop.0009")
