"""Suppressions that are for nothing."""

from __future__ import annotations

import re

from django_safemigrate.linting.checks.suppressions import UNUSED

from .file import MigrationFile
from .fixers import Found, fixer

_FACT = re.compile(r"A suppression of (SM\d+) ")
_COMMENT = re.compile(r"#\s*safemigrate:\s*ignore\[(?P<codes>[^\]]*)\]")


@fixer(UNUSED)
def unused(file: MigrationFile, found: Found) -> MigrationFile | None:
    """Without the code; without the comment, where it has no other; without the line, where nothing else stands on it."""
    fact = _FACT.match(found.finding.fact)
    lines = file.text.splitlines(keepends=True)
    number = found.finding.place.line - 1
    comment = _COMMENT.search(lines[number]) if number < len(lines) else None
    if fact is None or comment is None:
        return None
    codes = [code.strip() for code in comment["codes"].split(",")]
    left = [code for code in codes if code and code != fact[1]]
    line = lines[number]
    if left:
        lines[number] = line[: comment.start("codes")] + ", ".join(left) + line[comment.end("codes") :]
    elif line[: comment.start()].strip():
        lines[number] = line[: comment.start()].rstrip() + "\n"
    else:
        del lines[number]
    return MigrationFile.parsed("".join(lines))
