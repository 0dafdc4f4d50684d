"""What the planner knows of a column."""

from __future__ import annotations

from django_safemigrate.compile.situation import Situation
from django_safemigrate.values.steps import Step, Work

from . import SUE, step


def count(situation: Situation, table: str, column: str, description: str) -> Step:
    """A step that looks at a sample of the values of a column (unquoted). SHARE UPDATE EXCLUSIVE."""
    quoted = situation.connection.ops.quote_name(column)
    return step(description, f"ANALYZE {table} ({quoted})", situation.locks(table, SUE), work=Work.SCAN)
