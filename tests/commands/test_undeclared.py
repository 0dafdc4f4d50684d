"""Migrations that do not say in which phase they run: inferred, set, or an error, on a database in use."""

from __future__ import annotations

import json
from typing import Any

import pytest

from django_safemigrate.values.errors import UsageError
from tests.commands.test_safemigrate import applied
from tests.support.project import Project

ADD = 'migrations.AddField("order", "a", models.IntegerField(null=True)),'
DROP = 'migrations.RemoveField("order", "old"),'
DEFAULT = 'migrations.AddField("order", "b", models.IntegerField(default=3)),'
CODE = "migrations.RunPython(migrations.RunPython.noop, elidable=True), migrations.RunSQL('SELECT 1'),"


@pytest.fixture
def live(live: Project) -> Project:
    """With a column that may be NULL: it can be dropped after deploy, without anything before."""
    live.write("0001_old", 'migrations.AddField("order", "old", models.IntegerField(null=True)),')
    live.safemigrate()
    return live


def names() -> list[str]:
    return [name for name in applied() if not name.startswith("0001")]


def planned(project: Project, *arguments: str) -> dict[str, dict[str, Any]]:
    data = json.loads(project.safemigrate("--plan", "--json", *arguments))
    return {one["name"].partition(".")[2]: one for one in data["migrations"]}


@pytest.mark.parametrize("drop", [DROP, f"migrations.SeparateDatabaseAndState([{DROP}], [{DROP}]),"])
def test_an_undeclared_removal_waits_for_the_deploy(live: Project, drop: str) -> None:
    """Trap 27."""
    live.write("0002_a", ADD, safe="")
    live.write("0003_drop", drop, safe="")
    plan = planned(live)
    assert (plan["0002_a"]["status"], plan["0002_a"]["safe"], plan["0002_a"]["phase_from"]) == (
        "ready",
        "before_deploy",
        "inferred",
    )
    assert plan["0003_drop"]["reason"] == (
        "runs after deploy (manage.py safemigrate --after-deploy), inferred from its operations"
    )
    live.safemigrate()
    assert names() == ["0002_a"]
    live.safemigrate("--after-deploy")
    assert names() == ["0002_a", "0003_drop"]


def test_code_that_declares_nothing_is_an_error_that_shows_the_line(live: Project) -> None:
    live.write("0002_code", CODE, safe="")
    with pytest.raises(UsageError) as error:
        live.safemigrate()
    assert error.value.fact == (
        "shop.0002_code does not say in which phase it runs:\n"
        "  Raw Python operation: in either phase (nobody who is running notices it)\n"
        "  Raw SQL operation: not known (RunSQL runs code of its own)"
    )
    assert "    safe = Safe.before_deploy()  # with: from django_safemigrate import Safe" in error.value.next_command
    assert planned(live)["0002_code"]["problem"] == str(error.value)
    assert names() == []


@pytest.mark.parametrize(
    ("value", "status"),
    [
        ("strict", "ready"),
        ({"UNDECLARED": "always"}, "ready"),
        ({"UNDECLARED": "before_deploy"}, "ready"),
        ({"UNDECLARED": "after_deploy"}, "delayed"),
        ({"UNDECLARED": "error"}, "blocked"),
        ({"MODE": "nonstrict"}, "ready"),
        ({"PHASES": {"shop.0002_code": "after_deploy"}}, "delayed"),
        ({"PHASES": {"shop": "before_deploy"}}, "ready"),
    ],
)
def test_the_settings_decide_about_code(live: Project, settings: Any, value: object, status: str) -> None:
    settings.SAFEMIGRATE = value
    live.write("0002_code", CODE, safe="")
    assert planned(live)["0002_code"]["status"] == status


def test_in_mode_nonstrict_a_mix_runs_with_a_warning(live: Project, settings: Any) -> None:
    settings.SAFEMIGRATE = "nonstrict"
    live.write("0002_mixed", DEFAULT, safe="")
    assert "beware: shop.0002_mixed: mixes phases; it runs nonetheless (mode nonstrict)" in live.safemigrate()
    assert names() == ["0002_mixed"]


def test_what_is_declared_counts_and_what_speaks_against_it_is_said_once(live: Project) -> None:
    live.write("0002_drop", DROP, safe="Safe.before_deploy()")
    warning = "it runs before deploy, as declared, and that is not safe: Remove field old from order"
    assert warning in planned(live)["0002_drop"]["warning"]
    assert live.safemigrate().count(warning) == 1
    assert names() == ["0002_drop"]


def test_after_deploy_a_mix_of_the_next_release_is_in_nobodys_way(live: Project) -> None:
    live.write("0002_drop", DROP, safe="")
    live.safemigrate()
    live.write("0003_mixed", DEFAULT, safe="")
    assert "delayed: shop.0003_mixed mixes phases" in live.safemigrate("--after-deploy")
    assert names() == ["0002_drop"]
    with pytest.raises(UsageError, match="mixes phases"):
        live.safemigrate("--after-deploy")  # nothing else to run, so here it is said


def test_a_new_database_asks_nothing(database: None, project: Project) -> None:
    """Trap 31."""
    project.write("0001_initial", 'migrations.CreateModel("Order", [("id", models.BigAutoField(primary_key=True))]),')
    project.write("0002_mixed", DEFAULT + CODE, safe="")
    project.safemigrate()
    assert names() == ["0002_mixed"]


def test_on_tables_of_the_same_run_nothing_is_asked(live: Project) -> None:
    """Trap 31."""
    live.write("0002_line", 'migrations.CreateModel("Line", [("id", models.BigAutoField(primary_key=True))]),', safe="")
    live.write("0003_more", DEFAULT.replace('"order"', '"line"'), safe="")
    live.safemigrate()
    assert names() == ["0002_line", "0003_more"]


def test_applied_migrations_are_not_looked_at(live: Project) -> None:
    live.write("0002_mixed", DEFAULT + CODE, safe="Safe.always()")
    live.safemigrate()
    live.write("0002_mixed", DEFAULT + CODE, safe="", dependencies='[("shop", "0001_old")]')
    live.safemigrate()
    assert "is undone" in live.safemigrate("--plan", "shop", "0001_old")


def test_backwards_the_plan_says_what_each_phase_means(live: Project) -> None:
    live.write("0002_a", ADD, safe="Safe.before_deploy()")
    live.write("0003_drop", DROP, safe="Safe.after_deploy()")
    live.safemigrate()
    live.safemigrate("--after-deploy")
    plan = planned(live, "shop", "0001_old")
    assert [plan[name]["reason"] for name in ("0003_drop", "0002_a")] == [
        "is undone: that is for before older code comes back",
        "is undone: no code that needs it may be left",
    ]


@pytest.mark.parametrize(
    ("label", "fact"),
    [
        (
            "shopp",
            "SAFEMIGRATE['PHASES'] names 'shopp': there is no installed app with the label 'shopp'. Did you mean 'shop'?",
        ),
        (
            "shop.0001_inital",
            "SAFEMIGRATE['PHASES'] names 'shop.0001_inital': there is no migration '0001_inital' in shop. "
            "Did you mean '0001_initial'?",
        ),
    ],
)
def test_a_phase_of_what_is_not_there(live: Project, settings: Any, label: str, fact: str) -> None:
    settings.SAFEMIGRATE = {"PHASES": {label: "always"}}
    with pytest.raises(UsageError) as error:
        live.safemigrate()
    assert error.value.fact == fact


def test_status_names_what_has_no_phase_and_the_next_command(live: Project) -> None:
    live.write("0002_mixed", DEFAULT, safe="")
    output = live.safemigrate("--status")
    assert "shop.0002_mixed mixes phases" in output
    assert "say in which phase shop.0002_mixed runs" in output
    with pytest.raises(SystemExit) as status:
        live.safemigrate("--check")
    assert status.value.code == 4


def test_run_before_is_a_dependency_of_what_is_inferred(live: Project) -> None:
    """Trap 28: what runs before a contract's follower by ``run_before`` blocks it."""
    live.write("0002_drop", DROP, safe="", run_before='[("shop", "0003_a")]')
    live.write("0003_a", ADD, safe="", dependencies='[("shop", "0001_old")]')
    plan = planned(live)
    assert (plan["0002_drop"]["status"], plan["0003_a"]["status"]) == ("delayed", "blocked")
