"""``manage.py lintmigrations``: what is said, in which form, and how it ends."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from django.db import connections

from django_safemigrate.linting.checks import all_codes
from django_safemigrate.values.errors import DatabaseUnavailable, UsageError
from tests.support.project import Project

from .reviews import NO_GIFT, NOTE, ORDERS, codes, found, said


@pytest.fixture
def mixed(project: Project, monkeypatch: pytest.MonkeyPatch) -> Project:
    project.write("0001_initial", ORDERS, initial="True")
    project.write("0002_two_things", f"{NOTE}\n{NO_GIFT}", safe="")
    monkeypatch.chdir(project.directory.parent)
    return project


def test_people_read_it_by_migration(mixed: Project) -> None:
    path = f"{mixed.package}/0002_two_things.py"
    assert said(mixed, "shop", status=1) == (
        f"""\
shop.0002_two_things
  {path}:10  SM101 mixes-phases (error)
    shop.0002_two_things mixes phases.
    As one migration it breaks one of the two releases, in whichever phase it runs.
    - Add field note to order: before deploy (new code needs it)
    - Remove field gift from order: partly before and partly after deploy (as it stands it disturbs one of the
    two releases; in parts: Alter field gift on order before deploy, Remove field gift from order after
    deploy)
    Instead:
      Run: manage.py safemigrate --split shop 0002_two_things
      If you know that both releases bear it before deploy, say so in the class Migration in {path}:
          safe = Safe.before_deploy()  # with: from django_safemigrate import Safe
    https://django-safemigrate-pg.readthedocs.io/en/latest/lint-codes.html#sm101-mixes-phases

2 migrations looked at: 1 error.
"""
    )


def test_pipelines_read_json(mixed: Project) -> None:
    (finding, counts) = map(json.loads, said(mixed, "shop", "--json", status=1).splitlines())
    assert finding["event"] == "finding"
    assert (finding["code"], finding["migration"]) == ("SM101", "shop.0002_two_things")
    assert (finding["path"], finding["line"]) == (f"{mixed.package}/0002_two_things.py", 10)
    assert counts == {"event": "linted", "error": 1, "warning": 0, "info": 0}


@pytest.mark.parametrize("form", ["github", "gitlab", "sarif"])
def test_services_read_their_own(mixed: Project, form: str) -> None:
    assert "SM101" in said(mixed, "shop", "--format", form, status=1)


def test_nothing_is_found(mixed: Project) -> None:
    assert said(mixed, "shop", "0001") == "1 migration looked at: nothing found.\n"
    assert said(mixed, "shop", "0001", "-v", "0") == ""


def test_how_bad_it_has_to_be(mixed: Project, settings: Any) -> None:
    settings.SAFEMIGRATE = {"LINT": {"SEVERITY": {"SM1": "info", "SM101": "warning"}}}
    assert "1 warning." in said(mixed, "shop")
    said(mixed, "shop", "--fail-on", "warning", status=1)
    said(mixed, "shop", "--fail-on", "info", status=1)
    settings.SAFEMIGRATE = {"LINT": {"SEVERITY": {"SM101": "off"}}}
    assert said(mixed, "shop") == "2 migrations looked at: nothing found.\n"


def test_who_runs_the_migrations(mixed: Project, settings: Any) -> None:
    assert codes(mixed, "shop", "--runner", "migrate") == ["0002 SM108"]
    settings.SAFEMIGRATE = {"LINT": {"RUNNER": "migrate"}}
    assert codes(mixed, "shop") == ["0002 SM108"]


def test_codes_are_listed_and_explained(project: Project, settings: Any) -> None:
    settings.SAFEMIGRATE = {"LINT": {"SEVERITY": {"SM108": "info"}}}
    listed = said(project, "--list-codes").splitlines()
    assert [line.split()[0] for line in listed] == list(all_codes())
    assert said(project, "--explain", "sm108").splitlines() == [
        "SM108 breaks-running-release (info)",
        "  An operation takes away what the running release uses, and migrate runs it before the deploy.",
        "  A finding where migrate runs the migrations.",
        "  https://django-safemigrate-pg.readthedocs.io/en/latest/lint-codes.html#sm108-breaks-running-release",
    ]
    with pytest.raises(UsageError, match="There is no code 'SM109'"):
        said(project, "--explain", "SM109")


def test_a_severity_of_a_code_that_there_is_not(project: Project, settings: Any) -> None:
    settings.SAFEMIGRATE = {"LINT": {"SEVERITY": {"SM8": "off"}}}
    with pytest.raises(UsageError, match="There is no code 'SM8'"):
        said(project, "shop")


@pytest.mark.parametrize("arguments", [("shop", "--all"), ("--since", "main", "--all")])
def test_one_way_at_a_time(project: Project, arguments: tuple[str, ...]) -> None:
    with pytest.raises(UsageError, match="do not go together"):
        said(project, *arguments)


def test_a_database_that_there_is_not(project: Project) -> None:
    with pytest.raises(UsageError, match="There is no database 'other'"):
        said(project, "--database", "other")


def test_errors_are_lines_of_json_too(project: Project) -> None:
    with pytest.raises(UsageError):
        said(project, "no_such_app", "--json")
    (line,) = project.last_output.splitlines()
    assert json.loads(line)["event"] == "failed"


@pytest.mark.parametrize(
    ("text", "said_of_it"),
    [
        ("this is no Python", "The migrations cannot be loaded: SyntaxError: invalid syntax"),
        (
            "import no_such_module",
            "The migrations cannot be loaded: ModuleNotFoundError: No module named 'no_such_module'",
        ),
        ("x = 1", "The migrations cannot be loaded: BadMigrationError"),
    ],
)
def test_files_that_do_not_load(mixed: Project, text: str, said_of_it: str) -> None:
    (mixed.directory / "0003_wrong.py").write_text(text)
    with pytest.raises(UsageError) as error:
        said(mixed, "shop")
    assert error.value.fact.startswith(said_of_it)
    assert error.value.reason.startswith("It comes from ")


def test_a_graph_that_cannot_be(mixed: Project) -> None:
    mixed.write("0003_alone", dependencies='[("shop", "0009_gone")]')
    with pytest.raises(UsageError, match="depends on one that does not exist"):
        said(mixed, "shop")


def test_without_a_database_it_says_how_to_go_on(
    mixed: Project, database: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    connections["default"].close()
    with monkeypatch.context() as patch:
        patch.setitem(connections["default"].settings_dict, "NAME", "/no/such/directory/database")
        with pytest.raises(DatabaseUnavailable, match=r"(?s)cannot be reached.*--since origin/main, or --all") as error:
            said(mixed)
    assert error.value.status == 3


def test_what_is_pending(database: None, mixed: Project) -> None:
    assert codes(mixed) == []  # nobody uses what a new database gets
    mixed.migrate("shop", "0001")
    assert codes(mixed) == ["0002 SM101"]
    mixed.migrate("shop")
    assert said(mixed) == "0 migrations looked at: nothing found.\n"


@pytest.mark.postgres
def test_what_the_compiler_refuses_on_this_database(live: Project) -> None:
    live.write("0002_renamed", 'migrations.RenameField("order", "number", "code"),')
    live.write("0003_note", 'migrations.AddField("order", "note", models.TextField(null=True)),')
    refused = [one for one in found(live) if one["code"] == "SM107"]
    assert [one["migration"] for one in refused] == ["shop.0002_renamed"]
    assert "number" in refused[0]["fact"]
    assert "db_column" in refused[0]["instead"]


def test_where_there_is_no_plan_the_compiler_is_not_asked(live: Project) -> None:
    live.write("0002_note", NOTE)
    live.write("0002_other", NOTE.replace("note", "other"), dependencies='[("shop", "0001_initial")]')
    assert codes(live) == ["0002 SM405", "0002 SM405"]


def test_a_file_that_is_written_into_the_baseline(mixed: Project) -> None:
    assert said(mixed, "shop", "--write-baseline", "known.json") == "1 finding written to known.json.\n"
    assert said(mixed, "shop", "--baseline", "known.json") == (
        "2 migrations looked at: nothing found, 1 in the baseline.\n"
    )
    assert json.loads(Path("known.json").read_text())["findings"] == [
        {"code": "SM101", "migration": "shop.0002_two_things", "operation": "", "table": "", "times": 1}
    ]
