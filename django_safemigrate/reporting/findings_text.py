"""Findings for people: by migration, with the fact, the reason and what to write instead."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator, Sequence
from itertools import groupby
from pathlib import Path

from django_safemigrate.values.findings import Finding

from .findings import shown_path

_WIDTH = 110


def lines(findings: Sequence[Finding], root: Path) -> list[str]:
    """A block for each migration."""
    found: list[str] = []
    for migration, its in groupby(findings, key=lambda one: one.migration):
        found += [migration]
        for finding in its:
            found += [*_block(finding, root), ""]
    return found


def _block(finding: Finding, root: Path) -> Iterator[str]:
    path = shown_path(finding.place.path, root)
    where = f"{path}:{finding.place.line}  " if path else ""
    yield f"  {where}{finding.code.code} {finding.code.name} ({finding.severity.value})"
    yield from _wrapped(finding.fact, "    ")
    yield from _wrapped(finding.why, "    ")
    if finding.instead:
        yield "    Instead:"
        yield from (f"      {line}".rstrip() for line in finding.instead.splitlines())
    yield f"    {finding.code.url}"


def _wrapped(text: str, indent: str) -> Iterator[str]:
    for line in text.splitlines():
        yield from textwrap.wrap(
            line,
            _WIDTH,
            initial_indent=indent,
            subsequent_indent=indent,
            break_long_words=False,
            break_on_hyphens=False,
        )
