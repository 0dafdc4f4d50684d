"""``manage.py lintmigrations``: what is looked at, what is said, and how it ends."""

from __future__ import annotations

import json

import pytest

from tests.support.project import Project

ORDERS = (
    'migrations.CreateModel("Order", [("id", models.BigAutoField(primary_key=True)), ("gift", models.BooleanField())]),'
)
MIXED = """
migrations.AddField("order", "note", models.TextField(null=True)),
migrations.RemoveField("order", "gift"),
"""


@pytest.fixture
def mixed(project: Project) -> Project:
    project.write("0001_initial", ORDERS, initial="True")
    project.write("0002_two_things", MIXED, safe="")
    return project


def lint(project: Project, *arguments: str, status: int = 0) -> str:
    """What it writes; it has to end with this exit status."""
    import io

    from django.core.management import call_command

    project._forget_modules()
    stdout = io.StringIO()
    ended = 0
    try:
        call_command("lintmigrations", *arguments, stdout=stdout)
    except SystemExit as end:
        ended = int(str(end.code))
    assert ended == status, stdout.getvalue()
    return stdout.getvalue()


def test_what_is_found_is_said_by_migration(mixed: Project) -> None:
    print(lint(mixed, "shop", status=1))
    (finding, counts) = map(json.loads, lint(mixed, "shop", "--json", status=1).splitlines())
    assert finding["code"] == "SM101"
    assert finding["migration"] == "shop.0002_two_things"
    assert counts == {"event": "linted", "error": 1, "warning": 0, "info": 0}
    assert lint(mixed, "shop", "0001") == "1 migration looked at: nothing found.\n"
