"""How functions are called, and which database they ask."""

from __future__ import annotations

from copy import deepcopy

import pytest
from django.db import connections

from tests.support.project import Project

from .looking import codes, findings


@pytest.mark.parametrize(
    ("code", "signature"),
    [
        ("def fill(): pass", "()"),
        ("def fill(apps): pass", "(apps)"),
        ("def fill(apps, schema_editor, more): pass", "(apps, schema_editor, more)"),
        ("def fill(apps, *, schema_editor): pass", "(apps, *, schema_editor)"),
    ],
)
def test_wrong_arguments(project: Project, code: str, signature: str) -> None:
    [found] = findings(project, code)
    assert (found.code.code, found.operation) == ("SM306", "0")
    assert found.fact == f"RunPython calls fill with two arguments, and it takes {signature}."


def test_those_of_the_way_back_as_well(project: Project) -> None:
    code = "def fill(apps, schema_editor): pass\ndef back(apps): pass"
    assert codes(project, code, operations="migrations.RunPython(fill, back)") == ["SM306"]


@pytest.mark.parametrize(
    "code",
    [
        "def fill(*args): pass",
        "def fill(apps, schema_editor, more=None): pass",
        "def fill(state, editor): pass",
        "import functools\ndef three(a, b, c): pass\nfill = functools.partial(three, 1)",
        "fill = dict",  # nobody knows what it takes
    ],
)
def test_what_can_be_called_with_two(project: Project, code: str) -> None:
    assert codes(project, code) == []


ASKS = [
    "apps.get_model('shop', 'Order').objects.get_or_create(number='1')",
    "for order in apps.get_model('shop', 'Order').objects.filter(number='1'): pass",
    "connection.cursor()",
]
HEAD = "from django.db import connection, connections\n\ndef fill(apps, schema_editor):\n    "


@pytest.fixture
def two_databases(monkeypatch: pytest.MonkeyPatch) -> None:
    settings = connections.settings
    copy = {**deepcopy(settings["default"]), "TEST": {"MIRROR": "default"}}
    monkeypatch.setattr(connections, "settings", {**settings, "other": deepcopy(settings["default"]), "copy": copy})


@pytest.mark.parametrize("line", ASKS)
def test_the_default_database_where_there_are_several(project: Project, two_databases: None, line: str) -> None:
    [found] = findings(project, HEAD + line)
    assert (found.code.code, found.fact) == (
        "SM307",
        "fill() asks the default database, and runs on default and other.",
    )


@pytest.mark.parametrize("line", ASKS)
def test_nobody_minds_where_there_is_one(project: Project, line: str) -> None:
    assert codes(project, HEAD + line) == []


@pytest.mark.parametrize(
    "line",
    [
        "apps.get_model('shop', 'Order').objects.using(schema_editor.connection.alias).get_or_create(number='1')",
        "apps.get_model('shop', 'Order').objects.db_manager('other').create(number='1')",
        "schema_editor.connection.cursor()",
        "connections['other'].cursor()",
    ],
)
def test_code_that_says_which_database(project: Project, two_databases: None, line: str) -> None:
    assert codes(project, HEAD + line) == []


def test_a_router_may_keep_it_from_the_others(
    project: Project, two_databases: None, settings: pytest.FixtureRequest
) -> None:
    class OnlyDefault:
        def allow_migrate(self, db: str, app_label: str, **hints: object) -> bool:
            return db == "default"

    settings.DATABASE_ROUTERS = [OnlyDefault()]  # type: ignore[attr-defined]
    assert codes(project, HEAD + ASKS[0]) == []
