"""Findings as workflow commands of GitHub, which shows them as annotations beside the lines of a pull request.

Source: "Workflow commands for GitHub Actions". Of each level GitHub shows ten annotations for a step, so the worst
come first.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from django_safemigrate.values.findings import Finding, Severity

from .marks import message, relative

SHOWN = 10

_LEVELS = {Severity.ERROR: "error", Severity.WARNING: "warning", Severity.INFO: "notice", Severity.OFF: "debug"}
_ORDER = list(Severity)


def lines(findings: Sequence[Finding], root: Path) -> list[str]:
    """A line for each finding; paths are relative to ``root``, the top of the repository."""
    worst_first = sorted(findings, key=lambda finding: _ORDER.index(finding.severity))
    return [*(_command(finding, root) for finding in worst_first), *_not_shown(findings)]


def _command(finding: Finding, root: Path) -> str:
    place, code = finding.place, finding.code
    properties: dict[str, str] = {}
    if place.path is not None:
        properties = {"file": relative(place.path, root), "line": str(place.line), "col": str(place.column)}
        if place.end_line is not None and place.end_line != place.line:
            # A column is of one line only.
            properties = {"file": properties["file"], "line": properties["line"], "endLine": str(place.end_line)}
    properties["title"] = f"{code.code} {code.name}"
    given = ",".join(f"{name}={_property(item)}" for name, item in properties.items())
    text = "" if place.path is not None else f"{finding.migration}: "
    text += f"{message(finding)}\n{code.url}"
    return f"::{_LEVELS[finding.severity]} {given}::{_data(text)}"


def _not_shown(findings: Sequence[Finding]) -> list[str]:
    counts = Counter(finding.severity for finding in findings)
    left = sum(max(0, count - SHOWN) for count in counts.values())
    return [f"GitHub shows {SHOWN} annotations of each level; {left} more are in this log."] if left else []


def _data(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")
