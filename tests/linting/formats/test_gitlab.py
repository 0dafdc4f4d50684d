from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

from django_safemigrate.reporting.findings_gitlab import lines
from django_safemigrate.values.findings import Finding, Severity

from .findings import SLOW, finding


def report(findings: list[Finding], root: Path) -> Any:
    return json.loads("\n".join(lines(findings, root)))


def test_an_issue_for_each_finding(tmp_path: Path) -> None:
    [issue] = report([finding(tmp_path, end_line=9)], tmp_path)
    assert len(issue.pop("fingerprint")) == 64
    assert issue == {
        "description": "SM998: 100% of shop_order, all: rewritten",
        "content": {
            "body": "100% of shop_order, all: rewritten\nEverybody waits.\nFor long.\nBackfill(...)\n" + SLOW.url
        },
        "check_name": "SM998",
        "severity": "minor",
        "location": {"path": "shop/migrations/0002_a.py", "lines": {"begin": 7, "end": 9}},
    }


def test_severities_are_those_that_gitlab_knows(tmp_path: Path) -> None:
    issues = report([finding(tmp_path, severity=severity) for severity in Severity], tmp_path)
    assert [issue["severity"] for issue in issues] == ["critical", "minor", "info", "info"]


def test_fingerprints_are_all_different_and_stay_when_lines_move(tmp_path: Path) -> None:
    findings = [finding(tmp_path), finding(tmp_path, line=20), finding(tmp_path, operation="1")]
    before = [issue["fingerprint"] for issue in report(findings, tmp_path)]
    moved = [replace(one, place=replace(one.place, line=one.place.line + 5)) for one in findings]
    assert [issue["fingerprint"] for issue in report(moved, tmp_path)] == before
    assert len(set(before)) == 3


def test_what_has_no_file_has_the_migration_for_a_path(tmp_path: Path) -> None:
    [issue] = report([finding(None)], tmp_path)
    assert issue["location"]["path"] == "shop.0002_a"


def test_a_file_outside_of_the_project_keeps_its_path(tmp_path: Path) -> None:
    [issue] = report([finding(tmp_path / "elsewhere")], tmp_path / "project")
    assert issue["location"]["path"] == (tmp_path / "elsewhere/shop/migrations/0002_a.py").as_posix()


def test_nothing_is_an_empty_list(tmp_path: Path) -> None:
    assert report([], tmp_path) == []
