"""Findings as JSON lines: one object each, and at the end one that counts them."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from django_safemigrate.values.findings import Finding, Severity

from .findings import shown_path


def lines(findings: Sequence[Finding], root: Path) -> list[str]:
    """An object with the event ``finding`` for each, then one with ``linted``."""
    counts = {
        severity.value: sum(one.severity is severity for one in findings)
        for severity in Severity
        if severity is not Severity.OFF
    }
    return [*(json.dumps(_data(one, root)) for one in findings), json.dumps({"event": "linted", **counts})]


def _data(finding: Finding, root: Path) -> dict[str, Any]:
    place = finding.place
    return {
        "event": "finding",
        "code": finding.code.code,
        "name": finding.code.name,
        "severity": finding.severity.value,
        "migration": finding.migration,
        "operation": finding.operation,
        "table": finding.table,
        "path": shown_path(place.path, root),
        "line": place.line,
        "column": place.column,
        "end_line": place.end_line,
        "fact": finding.fact,
        "why": finding.why,
        "instead": finding.instead,
        "fixable": finding.fixable,
        "url": finding.code.url,
    }
