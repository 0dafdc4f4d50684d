"""Findings as SARIF 2.1.0 (an OASIS standard): what code scanning services and editors read.

Paths are relative to ``%SRCROOT%``, which whoever reads the file knows: nothing of this machine is in it.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from importlib import metadata
from pathlib import Path
from typing import Any
from urllib.parse import quote

from django_safemigrate.linting.checks import all_codes
from django_safemigrate.values.findings import DOCS, Code, Finding, Place, Severity

from .marks import marks, message, relative

PACKAGE = "django-safemigrate-pg"
SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"

_LEVELS = {Severity.ERROR: "error", Severity.WARNING: "warning", Severity.INFO: "note", Severity.OFF: "none"}


def lines(findings: Sequence[Finding], root: Path) -> list[str]:
    """The lines of one JSON file, with every code as a rule; paths are relative to ``root``, the top of the repository."""
    codes = {**all_codes(), **{finding.code.code: finding.code for finding in findings}}
    places = {code: number for number, code in enumerate(codes)}
    driver = {
        "name": PACKAGE,
        **_version(),
        "informationUri": DOCS,
        "rules": [_rule(code) for code in codes.values()],
    }
    marked = any(finding.passes for finding in findings)
    run = {
        "tool": {"driver": driver},
        "columnKind": "unicodeCodePoints",
        "results": [
            {**_result(finding, mark, places[finding.code.code], root), **(_suppressions(finding) if marked else {})}
            for finding, mark in zip(findings, marks(findings), strict=True)
        ],
    }
    return json.dumps({"$schema": SCHEMA, "version": "2.1.0", "runs": [run]}, indent=2).split("\n")


def _version() -> dict[str, str]:
    """Empty where only the source is there, and no package is installed."""
    try:
        return {"version": metadata.version(PACKAGE)}
    except metadata.PackageNotFoundError:
        return {}


def _rule(code: Code) -> dict[str, Any]:
    return {
        "id": code.code,
        "name": "".join(word.capitalize() for word in code.name.replace("-", " ").split()),
        "shortDescription": {"text": code.title},
        "fullDescription": {"text": code.title},
        "help": {"text": f"{code.title}\n{code.url}"},
        "helpUri": code.url,
        "defaultConfiguration": {"enabled": code.severity is not Severity.OFF, "level": _LEVELS[code.severity]},
    }


def _result(finding: Finding, mark: str, place: int, root: Path) -> dict[str, Any]:
    return {
        "ruleId": finding.code.code,
        "ruleIndex": place,
        "level": _LEVELS[finding.severity],
        "message": {"text": message(finding)},
        "locations": [_location(finding, root)],
        "partialFingerprints": {"migrationFinding/v1": mark},
    }


def _suppressions(finding: Finding) -> dict[str, Any]:
    """Of a file, all results have the property or none (section 3.27.23): empty for a finding that counts.

    The baseline is a list beside the code, and no run of ours to which ``baselineState`` could refer.
    """
    passes = finding.passes
    if passes is None:
        return {"suppressions": []}
    reason = {"justification": passes.reason} if passes.reason else {}
    return {"suppressions": [{"kind": "inSource" if passes.in_source else "external", "status": "accepted", **reason}]}


def _location(finding: Finding, root: Path) -> dict[str, Any]:
    location: dict[str, Any] = {"logicalLocations": [{"fullyQualifiedName": finding.migration, "kind": "module"}]}
    if finding.place.path is not None:
        location["physicalLocation"] = {
            "artifactLocation": _artifact(finding.place.path, root),
            "region": _region(finding.place),
        }
    return location


def _artifact(path: Path, root: Path) -> dict[str, str]:
    name = relative(path, root)
    if Path(name).is_absolute():
        return {"uri": Path(name).as_uri()}
    return {"uri": quote(name), "uriBaseId": "%SRCROOT%"}


def _region(place: Place) -> dict[str, int]:
    region = {"startLine": place.line, "startColumn": place.column}
    if place.end_line is not None and place.end_line != place.line:
        region["endLine"] = place.end_line
    return region
