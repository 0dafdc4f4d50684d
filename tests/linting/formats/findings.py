"""Findings to be written in every format: with a file and without one, twice the same, with what formats have to escape."""

from __future__ import annotations

from pathlib import Path

from django_safemigrate.values.findings import Code, Finding, Place, Severity

SLOW = Code("SM998", "slow-thing", Severity.WARNING, "Something is slow.")
BROKEN = Code("SM999", "broken: really", Severity.ERROR, "Something is broken, really.")


def finding(
    root: Path | None,
    code: Code = SLOW,
    *,
    name: str = "shop.0002_a",
    severity: Severity = Severity.WARNING,
    line: int = 7,
    end_line: int | None = None,
    file: str = "shop/migrations/0002_a.py",
    operation: str = "0",
) -> Finding:
    path = root / file if root is not None else None
    return Finding(
        code,
        name,
        Place(path, line, 9, end_line),
        "100% of shop_order, all: rewritten",
        "Everybody waits.\nFor long.",
        "Backfill(...)",
        operation,
        "shop_order",
        severity,
    )
