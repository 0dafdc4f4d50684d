"""Which migrations are looked at."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

from django_safemigrate.values.errors import UsageError
from tests.support.project import Project

from .reviews import NO_GIFT, NOTE, ORDERS, codes, said


@pytest.fixture
def history(project: Project, monkeypatch: pytest.MonkeyPatch) -> Project:
    """Two migrations that mix phases, after the first one."""
    project.write("0001_initial", ORDERS, initial="True")
    project.write("0002_note", f"{NOTE}\n{NO_GIFT}", safe="")
    project.write("0003_name", NOTE.replace("note", "name") + '\nmigrations.RemoveField("order", "number"),', safe="")
    monkeypatch.chdir(project.directory.parent)
    return project


def test_an_app_and_its_migrations(history: Project) -> None:
    assert codes(history, "shop") == ["0002 SM101", "0003 SM101"]
    assert codes(history, "shop", "0002") == ["0002 SM101"]
    assert codes(history, "shop.0003") == ["0003 SM101"]
    assert codes(history, "shop", "0002", "0003") == ["0002 SM101", "0003 SM101"]
    assert said(history, "shop", "0001", "0003").startswith("2 migrations looked at")


def test_paths_as_hooks_name_them(history: Project) -> None:
    path = f"{history.package}/0003_name.py"
    assert codes(history, path) == ["0003 SM101"]
    assert codes(history, str(Path(path).resolve()), f"{history.package}/__init__.py") == ["0003 SM101"]
    assert said(history, "no/such/file.py") == "0 migrations looked at: nothing found.\n"


@pytest.mark.parametrize(
    ("names", "message"),
    [
        (("shopp",), "There is no installed app with the label 'shopp'. Did you mean shop?"),
        (("shop", "0009"), "shop has no migration '0009'."),
        (("shop", "000"), "'000' fits more than one migration of shop"),
    ],
)
def test_names_that_nobody_has(history: Project, names: tuple[str, ...], message: str) -> None:
    with pytest.raises(UsageError) as error:
        said(history, *names)
    assert error.value.fact.startswith(message)


def test_everything_but_installed_packages(history: Project) -> None:
    assert codes(history, "--all") == ["0002 SM101", "0003 SM101"]
    own, all_of_them = (
        int(said(history, *way, status=1).splitlines()[-1].split()[0]) for way in (["--all"], ["--all", "--all-apps"])
    )
    assert own == 3
    assert all_of_them > 10
    assert "1 migration looked at" in said(history, "auth", "0001")


def test_apps_that_are_ignored_unless_they_are_named(history: Project, settings: Any) -> None:
    settings.SAFEMIGRATE = {"LINT": {"IGNORED_APPS": ["shop"]}}
    assert codes(history, "--all") == []
    assert codes(history, "shop") == ["0002 SM101", "0003 SM101"]


def test_a_table_that_the_same_release_makes(project: Project) -> None:
    project.write("0001_initial", ORDERS, initial="True")
    project.write("0002_note", ORDERS.replace("Order", "Note"), safe="")
    project.write("0003_no_gift", NO_GIFT.replace("order", "note") + NOTE.replace("order", "note"), safe="")
    assert codes(project, "shop", "0002", "0003") == []
    assert codes(project, "shop", "0003") == ["0003 SM101"]
    assert codes(project, "shop") == ["0003 SM101"]  # each as if it had been a release


def test_what_is_marked_as_initial_is_one_release(project: Project) -> None:
    project.write("0001_initial", ORDERS, initial="True")
    project.write("0002_initial", NO_GIFT + NOTE, initial="True", safe="")
    project.write("0003_later", NO_GIFT.replace("gift", "number") + NOTE.replace("note", "name"), safe="")
    assert codes(project, "--all") == ["0003 SM101"]


def test_an_app_whose_first_migrations_do_not_say_that_they_are_initial(project: Project) -> None:
    fill = "migrations.RunPython(lambda apps, editor: None, migrations.RunPython.noop),"
    project.write("0001_orders", ORDERS + fill, safe="")  # code in an app that is new fills what nobody uses yet
    project.write("0002_more", fill, safe="")
    assert codes(project, "--all") == codes(project, "shop") == ["0002 SM103"]


def test_a_swappable_model_of_the_app_itself_is_no_earlier_migration(project: Project) -> None:
    fill = "migrations.RunPython(lambda apps, editor: None, migrations.RunPython.noop),"
    own = '[migrations.swappable_dependency("shop.Order")]'
    project.write("0001_orders", ORDERS + fill, safe="", dependencies=own)
    assert codes(project, "--all") == []


# Since a revision


def git(directory: Path, *arguments: str) -> None:
    identity = ["-c", "user.name=somebody", "-c", "user.email=somebody@example.com", "-c", "commit.gpgsign=false"]
    subprocess.run(["git", *identity, *arguments], cwd=directory, check=True, capture_output=True)


@pytest.fixture
def repository(history: Project) -> Project:
    if shutil.which("git") is None:
        pytest.skip("there is no git")
    git(history.directory, "init", "-q", "-b", "main")
    git(history.directory, "add", "__init__.py", "0001_initial.py")
    git(history.directory, "commit", "-qm", "release 1")
    return history


def test_what_is_new_or_changed(repository: Project) -> None:
    assert codes(repository, "--since", "main") == ["0002 SM101", "0003 SM101"]  # in no commit yet
    git(repository.directory, "checkout", "-qb", "feature")
    git(repository.directory, "add", "0002_note.py")
    git(repository.directory, "commit", "-qm", "note")
    git(repository.directory, "add", "0003_name.py")
    assert codes(repository, "--since", "main") == ["0002 SM101", "0003 SM101"]
    assert codes(repository, "--since", "HEAD") == ["0003 SM101"]
    git(repository.directory, "commit", "-qm", "name")
    assert codes(repository, "--since", "HEAD") == []
    first = repository.directory / "0001_initial.py"
    first.write_text(first.read_text() + "# changed\n")
    assert "1 migration looked at" in said(repository, "--since", "HEAD")


def test_what_others_have_merged_meanwhile_is_nobodys_change(repository: Project) -> None:
    git(repository.directory, "branch", "feature")
    first = repository.directory / "0001_initial.py"
    first.write_text(first.read_text() + "# changed\n")
    git(repository.directory, "commit", "-qam", "of somebody else")
    git(repository.directory, "checkout", "-q", "feature")
    assert "2 migrations looked at" in said(repository, "--since", "main", status=1)


def test_a_squashed_migration_of_what_is_applied_is_left_alone(repository: Project) -> None:
    git(repository.directory, "add", ".")
    git(repository.directory, "commit", "-qm", "release 2")
    repository.write(
        "0001_squashed_0003",
        ORDERS + NOTE + NO_GIFT,
        replaces='[("shop", "0001_initial"), ("shop", "0002_note"), ("shop", "0003_name")]',
        dependencies="[]",
        safe="",
    )
    assert codes(repository, "--since", "main") == []


def test_a_revision_that_git_does_not_know(repository: Project) -> None:
    with pytest.raises(UsageError, match=r"does not know the revision 'origin/main'(?s:.*)Run: git fetch origin main"):
        said(repository, "--since", "origin/main")


@pytest.mark.skipif(shutil.which("git") is None, reason="there is no git")
def test_migrations_outside_of_any_repository(history: Project) -> None:
    with pytest.raises(UsageError, match="No migrations of the project lie in a git repository"):
        said(history, "--since", "main")


def test_a_machine_without_git(history: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "/no/such/directory")
    with pytest.raises(UsageError, match="There is no git on this machine"):
        said(history, "--since", "main")
    assert "SM101" in said(history, "shop", "--format", "github", status=1)
