"""Checks: what there is to find in one migration. One family per file; each registers itself with its codes.

A check is a function of an ``Inspected`` migration; it asks no database, and changes nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import cache
from importlib import import_module
from pkgutil import iter_modules
from typing import TypeVar

from django_safemigrate.linting.inspected import Inspected
from django_safemigrate.values.findings import Code, Finding

Check = Callable[[Inspected], Iterator[Finding]]
C = TypeVar("C", bound=Check)

_CHECKS: list[Check] = []
_CODES: dict[str, Code] = {}


def check(*codes: Code) -> Callable[[C], C]:
    """Register a check, with the codes that it finds."""

    def register(function: C) -> C:
        _CHECKS.append(function)
        declare(*codes)
        return function

    return register


def declare(*codes: Code) -> None:
    """Codes of what the review itself finds, and no check."""
    for code in codes:
        known = _CODES.setdefault(code.code, code)
        assert known is code, f"{code.code} stands for two things"


@cache
def _load() -> None:
    for module in iter_modules(__path__):
        import_module(f"{__name__}.{module.name}")


def all_checks() -> list[Check]:
    """In the order of their files."""
    _load()
    return list(_CHECKS)


def all_codes() -> dict[str, Code]:
    """Every code by itself (``"SM101"``), sorted."""
    _load()
    return dict(sorted(_CODES.items()))
