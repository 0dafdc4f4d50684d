"""Corrections, by the code of the finding that they make go away. Each file registers its own."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from importlib import import_module

from django.db.migrations import Migration

from django_safemigrate.values.findings import Code, Finding, MigratesWith

from .file import MigrationFile


@dataclass(frozen=True)
class Found:
    """A finding, and the migration that it is in."""

    finding: Finding
    migration: Migration
    migrates_with: MigratesWith


# The corrected file; None where this one cannot be corrected without thought.
Fixer = Callable[[MigrationFile, Found], MigrationFile | None]

_FIXERS: dict[str, list[Fixer]] = {}
_MODULES = ("comments", "indexes", "phase", "sql")


def fixer(*codes: Code) -> Callable[[Fixer], Fixer]:
    """Register a correction for findings with these codes; of several, the first that can do it counts."""

    def register(function: Fixer) -> Fixer:
        for code in codes:
            _FIXERS.setdefault(code.code, []).append(function)
        return function

    return register


@cache
def all_fixers() -> dict[str, list[Fixer]]:
    """By the codes of findings."""
    for name in _MODULES:
        import_module(f"{__package__}.{name}")
    return _FIXERS
