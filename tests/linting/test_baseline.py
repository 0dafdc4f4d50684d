"""Findings that are known."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from django_safemigrate.values.errors import UsageError
from tests.support.project import Project

from .reviews import ORDERS, codes, found, said

NO_WAY_BACK = "migrations.RunPython(print),"


@pytest.fixture
def shop(project: Project, monkeypatch: pytest.MonkeyPatch) -> Project:
    project.write("0001_initial", ORDERS, initial="True")
    project.write("0002_code", f"{NO_WAY_BACK}\n{NO_WAY_BACK}")
    monkeypatch.chdir(project.directory.parent)
    said(project, "shop", "--write-baseline", "known.json")
    return project


def test_it_is_one_line_for_each(shop: Project) -> None:
    assert Path("known.json").read_text() == (
        """\
{
  "version": 1,
  "findings": [
    {"code": "SM401", "migration": "shop.0002_code", "operation": "0", "table": "", "times": 1},
    {"code": "SM401", "migration": "shop.0002_code", "operation": "1", "table": "", "times": 1}
  ]
}
"""
    )


def test_what_is_new_is_found(shop: Project, settings: object) -> None:
    settings.SAFEMIGRATE = {"LINT": {"BASELINE": "known.json"}}  # type: ignore[attr-defined]
    assert codes(shop, "shop") == []
    shop.write("0003_more", NO_WAY_BACK)
    assert codes(shop, "shop") == ["0003 SM401"]
    assert said(shop, "shop", "--write-baseline", "known.json") == "3 findings written to known.json.\n"


def test_what_is_gone_is_said_where_it_was_looked_for(shop: Project) -> None:
    shop.write("0002_code", NO_WAY_BACK, dependencies='[("shop", "0001_initial")]')
    (stale,) = found(shop, "shop", "--baseline", "known.json")
    assert (stale["code"], stale["migration"], stale["operation"]) == ("SM905", "shop.0002_code", "1")
    assert stale["path"] == "known.json"
    assert codes(shop, "shop", "0001", "--baseline", "known.json") == []


def test_lines_that_move_change_nothing(shop: Project) -> None:
    path = shop.directory / "0002_code.py"
    path.write_text(f"# a comment\n{path.read_text()}")
    assert codes(shop, "shop", "--baseline", "known.json") == []


@pytest.mark.parametrize(
    ("text", "fact"),
    [
        (None, "There is no baseline other.json."),
        ("[", "The baseline other.json cannot be read"),
        ('{"findings": [{"code": "SM401"}]}', "The baseline other.json cannot be read: KeyError('migration')."),
        (
            '{"findings": [{"code": "SM499", "migration": "a.b", "operation": "", "table": "", "times": 1}]}',
            "The baseline other.json names 'SM499', and there is no such code.",
        ),
    ],
)
def test_a_file_that_is_none(shop: Project, text: str | None, fact: str) -> None:
    if text is not None:
        Path("other.json").write_text(text)
    with pytest.raises(UsageError) as error:
        said(shop, "shop", "--baseline", "other.json")
    assert error.value.fact.startswith(fact)
    assert error.value.next_command == "Run: manage.py lintmigrations --all --write-baseline other.json"


def test_an_empty_one(shop: Project) -> None:
    said(shop, "shop", "0001", "--write-baseline", "empty.json")
    assert json.loads(Path("empty.json").read_text()) == {"version": 1, "findings": []}


def test_what_is_let_pass_is_in_sarif_for_whoever_asks(shop: Project) -> None:
    shop.write("0003_more", NO_WAY_BACK)
    shop.write("0004_more", f"{NO_WAY_BACK}  # safemigrate: ignore[SM401] -- gone for good")
    arguments = ("shop", "--baseline", "known.json", "--format", "sarif")
    assert _suppressions(said(shop, *arguments)) == {"shop.0003_more": None}
    assert _suppressions(said(shop, *arguments, "--suppressed")) == {
        "shop.0003_more": [],
        "shop.0004_more": [{"kind": "inSource", "status": "accepted", "justification": "gone for good"}],
        "shop.0002_code": [{"kind": "external", "status": "accepted"}],
    }
    with pytest.raises(UsageError, match="--suppressed goes with --format sarif"):
        said(shop, "shop", "--suppressed")


def _suppressions(sarif: str) -> dict[str, object]:
    results = json.loads(sarif)["runs"][0]["results"]
    names = (one["locations"][0]["logicalLocations"][0]["fullyQualifiedName"] for one in results)
    return {name: one.get("suppressions") for name, one in zip(names, results, strict=True)}
