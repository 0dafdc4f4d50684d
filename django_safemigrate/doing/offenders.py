"""Rows that would make a step fail, found before it is begun."""

from __future__ import annotations

from django_safemigrate.catalog.query import Connection, rows
from django_safemigrate.values.errors import OffendingRows
from django_safemigrate.values.steps import Step

from .timeouts import session_timeouts


def refuse_offenders(connection: Connection, migration: str, step: Step) -> None:
    """Raises ``OffendingRows`` where the step's query for offenders finds any. Reads the table, which nobody notices."""
    if step.offenders is None:
        return
    with session_timeouts(connection, lock=0):
        found = rows(connection, _literal(step.offenders))
    if found:
        shown = "\n".join("  " + ", ".join(str(value) for value in row) for row in found)
        raise OffendingRows(
            f"{migration}: {step.description}: there are rows that it does not allow, for example:\n{shown}",
            f"Found by: {step.offenders}",
            "Correct or delete these rows, and run the same command again. Nothing of this step was begun.",
        )


def _literal(sql: str) -> str:
    """For a cursor that looks for placeholders."""
    return sql.replace("%", "%%")
