"""Findings as a report of GitLab's Code Quality: a JSON file that a job leaves as ``artifacts:reports:codequality``.

Source: GitLab's page "Code Quality", section "Code Quality report format". It compares the reports of two branches by
fingerprint.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

from django_safemigrate.values.findings import Finding, Severity

from .marks import marks, message, relative

_SEVERITIES = {
    Severity.ERROR: "critical",
    Severity.WARNING: "minor",
    Severity.INFO: "info",
    Severity.OFF: "info",
}


def lines(findings: Sequence[Finding], root: Path) -> list[str]:
    """The lines of one JSON list; paths are relative to ``root``, the top of the repository."""
    report = [_issue(finding, mark, root) for finding, mark in zip(findings, marks(findings), strict=True)]
    return json.dumps(report, indent=2).split("\n")


def _issue(finding: Finding, mark: str, root: Path) -> dict[str, object]:
    place = finding.place
    return {
        "description": f"{finding.code.code}: {finding.fact}",
        "content": {"body": f"{message(finding)}\n{finding.code.url}"},
        "check_name": finding.code.code,
        "fingerprint": mark,
        "severity": _SEVERITIES[finding.severity],
        "location": {
            # It shows nothing that has no path.
            "path": finding.migration if place.path is None else relative(place.path, root),
            "lines": {"begin": place.line, "end": place.end_line or place.line},
        },
    }
