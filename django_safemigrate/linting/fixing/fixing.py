"""Corrects the files of a review: which findings go away, and what is written."""

from __future__ import annotations

import difflib
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from django.db.migrations import Migration
from django.db.migrations.loader import MigrationLoader

from django_safemigrate.doing.dividing import divide
from django_safemigrate.linting.checks.phases import MIXED
from django_safemigrate.linting.files import Files
from django_safemigrate.values.errors import UsageError
from django_safemigrate.values.findings import Finding, MigratesWith

from .file import MigrationFile
from .fixers import Found, all_fixers

Key = tuple[str, str]


@dataclass
class Fixes:
    """``files``: the new text of each, by path; ``fixed``: findings that are gone then. ``refused``: why one that looked as
    if it could be corrected was not.
    """

    files: dict[Path, str] = field(default_factory=dict)
    fixed: list[Finding] = field(default_factory=list)
    refused: list[tuple[Finding, str]] = field(default_factory=list)

    def diff(self, root: Path) -> list[str]:
        """What would change, as a unified diff with paths relative to ``root``."""
        return [line for path, text in self.files.items() for line in _diff(path, text, root)]

    def said(self, *, written: bool) -> list[str]:
        """What was corrected, and what was not although it might have been."""
        count = f"{len(self.fixed)} finding{'' if len(self.fixed) == 1 else 's'}"
        lines = [
            f"{finding.code.code} in {finding.migration} is not corrected: {why}." for finding, why in self.refused
        ]
        if not self.fixed:
            return [*lines, "Nothing to correct."]
        return [
            *lines,
            f"{count} corrected. Look at the files, and commit them." if written else f"{count} can be corrected.",
        ]

    def write(self) -> None:
        """Each file as a whole."""
        for path, text in self.files.items():
            path.write_text(text, encoding="utf-8")


def fixes(
    findings: Sequence[Finding],
    loader: MigrationLoader,
    files: Files,
    migrates_with: MigratesWith,
    applied: Collection[Key],
) -> Fixes:
    """What can be corrected. Left alone are migrations of installed packages, and those that are ``applied``."""
    result = Fixes()
    by_migration: dict[str, list[Finding]] = {}
    for finding in findings:
        by_migration.setdefault(finding.migration, []).append(finding)
    for name, its in by_migration.items():
        key = (name.partition(".")[0], name.partition(".")[2])
        if key in loader.graph.nodes:
            _fix(loader.graph.nodes[key], its, loader, files, migrates_with, result, is_applied=key in applied)
    return result


def with_fixable(
    findings: Sequence[Finding], loader: MigrationLoader, files: Files, migrates_with: MigratesWith
) -> list[Finding]:
    """The same, and which of them would be corrected where their migrations are not applied."""
    fixed = set(map(id, fixes(findings, loader, files, migrates_with, ()).fixed))
    return [replace(one, fixable=id(one) in fixed) for one in findings]


def _fix(
    migration: Migration,
    findings: Sequence[Finding],
    loader: MigrationLoader,
    files: Files,
    migrates_with: MigratesWith,
    result: Fixes,
    *,
    is_applied: bool,
) -> None:
    path = files.of(migration)
    to_do = [one for one in findings if one.code.code in all_fixers() or one.code is MIXED]
    if path is None or not to_do or files.is_installed(migration.app_label):
        return
    if is_applied:
        result.refused += [(one, f"{one.migration} is applied, and stays as it is") for one in to_do]
        return
    mixed = [one for one in to_do if one.code is MIXED]
    if mixed:
        # Its other findings are those of the parts then.
        _split(migration, mixed[0], loader, result)
        return
    file = MigrationFile.parsed(path.read_text(encoding="utf-8"))
    if not file.has_class:
        return
    # From the end to the beginning, so that places and lines stay what they are.
    for finding in sorted(to_do, key=_from_the_end, reverse=True):
        found = Found(finding, migration, migrates_with)
        changed = next((new for fixer in all_fixers()[finding.code.code] if (new := fixer(file, found))), None)
        if changed is not None:
            file = changed
            result.fixed.append(finding)
            result.files[path] = file.text


def _from_the_end(finding: Finding) -> tuple[int, Sequence[int], int]:
    """Comments first: they are found by their lines."""
    places = [int(part) for part in finding.operation.split(".")] if finding.operation else []
    return 0 if finding.operation else 1, places, finding.place.line


def _split(migration: Migration, finding: Finding, loader: MigrationLoader, result: Fixes) -> None:
    try:
        result.files.update(divide(loader, migration).files)
    except UsageError as error:
        result.refused.append((finding, error.fact))
    else:
        result.fixed.append(finding)


def _diff(path: Path, text: str, root: Path) -> list[str]:
    before = path.read_text(encoding="utf-8").splitlines() if path.exists() else []
    name = (path.relative_to(root) if path.is_relative_to(root) else path).as_posix()
    return list(difflib.unified_diff(before, text.splitlines(), name, name, lineterm=""))
