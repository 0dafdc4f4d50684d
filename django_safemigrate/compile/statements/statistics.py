"""What the planner knows of a column."""

from __future__ import annotations

from collections.abc import Sequence

from django_safemigrate.compile.situation import Situation
from django_safemigrate.values.steps import Step, Work

from . import SUE, step


def count(situation: Situation, table: str, columns: str | Sequence[str], description: str) -> Step:
    """A step that looks at a sample of the values of columns (unquoted). SHARE UPDATE EXCLUSIVE."""
    names = [columns] if isinstance(columns, str) else columns
    quoted = ", ".join(situation.connection.ops.quote_name(name) for name in names)
    return step(description, f"ANALYZE {table} ({quoted})", situation.locks(table, SUE), work=Work.SCAN)
