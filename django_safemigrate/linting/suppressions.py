"""Findings that somebody has looked at and lets pass: a comment in the migration, with the reason.

``# safemigrate: ignore[SM201] -- the table has ten rows`` at the end of a line, or on lines of its own above it. On a line of
an operation it counts for the operation, on that of a function for the function, on that of the class for the migration.
"""

from __future__ import annotations

import ast
import io
import re
import tokenize
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from django_safemigrate.values.findings import Finding

from .inspected import Inspected

MARK = "safemigrate:"

_FORM = re.compile(r"#\s*safemigrate:\s*ignore\[(?P<codes>[^\]]*)\]\s*(?:--\s*(?P<reason>.*))?$")


@dataclass
class Suppression:
    """``codes`` and ``reason`` as they are written; ``readable``: whether the comment has the form. It counts for findings of
    ``operation`` (its place in the list) and for those on the lines ``first`` to ``last``; ``used``: codes that were found.
    """

    line: int
    codes: tuple[str, ...] = ()
    reason: str = ""
    readable: bool = True
    operation: str = ""
    first: int = 0
    last: int = 0
    used: set[str] = field(default_factory=set)

    def covers(self, finding: Finding) -> bool:
        """Whether a finding stands where the comment counts, and has one of its codes."""
        if finding.code.code not in self.codes:
            return False
        place = finding.place
        inside = bool(self.operation) and f"{finding.operation}.".startswith(f"{self.operation}.")
        return inside or (place.line <= self.last and self.first <= (place.end_line or place.line))


def suppressions(seen: Inspected) -> list[Suppression]:
    """The comments in the file of a migration that begin with ``safemigrate:``, in their order."""
    if MARK not in seen.source:
        return []
    return [_read(seen, line, target, text) for line, target, text in _comments(seen.source)]


def _comments(source: str) -> Iterator[tuple[int, int, str]]:
    """Where each stands, which line it is about, and its text."""
    waiting: list[tuple[int, str]] = []
    begun = False
    for token in tokenize.generate_tokens(io.StringIO(source).readline):
        if token.type == tokenize.COMMENT:
            if MARK in token.string and token.string.lstrip("# ").startswith(MARK):
                if begun:
                    yield token.start[0], token.start[0], token.string
                else:
                    waiting.append((token.start[0], token.string))
        elif token.type in {tokenize.NEWLINE, tokenize.NL}:
            begun = False
        elif token.type not in {tokenize.INDENT, tokenize.DEDENT, tokenize.ENDMARKER}:
            begun = True
            yield from ((line, token.start[0], text) for line, text in waiting)
            waiting = []
    yield from ((line, line, text) for line, text in waiting)


def _read(seen: Inspected, line: int, target: int, text: str) -> Suppression:
    match = _FORM.match(text)
    if match is None:
        return Suppression(line, readable=False)
    codes = tuple(code.strip() for code in match["codes"].split(",") if code.strip())
    operation, first, last = _scope(seen, target)
    return Suppression(line, codes, (match["reason"] or "").strip(), bool(codes), operation, first, last)


def _scope(seen: Inspected, line: int) -> tuple[str, int, int]:
    """The innermost operation on a line, with its lines; else the class or function that begins there; else the line."""
    on_it = [
        (path, node) for path, node in seen.lines.items() if node.lineno <= line <= (node.end_lineno or node.lineno)
    ]
    if on_it:
        path, node = on_it[-1]
        return path, node.lineno, node.end_lineno or node.lineno
    for block in ast.walk(seen.tree):
        if isinstance(block, ast.ClassDef | ast.FunctionDef) and line in _head(block):
            if isinstance(block, ast.ClassDef) and block.name == "Migration":
                return "", 0, len(seen.source.splitlines())
            return "", block.lineno, block.end_lineno or block.lineno
    return "", line, line


def _head(block: ast.ClassDef | ast.FunctionDef) -> Sequence[int]:
    first = min([block.lineno, *(one.lineno for one in block.decorator_list)])
    return range(first, block.body[0].lineno)
