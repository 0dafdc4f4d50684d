"""Rows that are not yet as they should be are changed, in short batches."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from django_safemigrate.compile.names import unquoted
from django_safemigrate.compile.situation import Situation
from django_safemigrate.compile.written import Written
from django_safemigrate.values.goals import NoRows
from django_safemigrate.values.locks import LockMode
from django_safemigrate.values.steps import Step, Work

from . import step, translates
from .statistics import count


def fill(situation: Situation, table: str, column: str, value: str) -> Iterator[Step]:
    """Write ``value`` into the rows of a (quoted) table whose (quoted) column is NULL; then the planner counts its values."""
    name = f"{unquoted(table)}.{unquoted(column)}"
    yield fill_rows(situation, table, f"{column} = {value}", f"{column} IS NULL", f"Fill {name} where it is NULL")
    if not situation.is_new(table):
        yield count(situation, table, unquoted(column), f"Count {name} for the planner")


def fill_rows(situation: Situation, table: str, assignments: str, wrong: str, description: str) -> Step:
    """A step that does ``SET assignments`` to the rows of a (quoted) table that meet the condition ``wrong`` (which goes on
    with AND: an OR wants parentheses).

    In batches, a short transaction each; the runner adds the limits of a batch to the WHERE clause. It is over when no row
    meets the condition. ROW EXCLUSIVE on the table: nobody waits but for the rows of one batch.
    """
    return step(
        description,
        f"UPDATE {table} SET {assignments} WHERE {wrong}",
        situation.locks(table, LockMode.ROW_EXCLUSIVE),
        work=Work.ROWS,
        goal=NoRows(table, wrong),
    )


@translates("fill")
def fill_by_operation(written: Written, situation: Situation) -> Iterator[Step]:
    """An operation that fills rows: then the planner counts their values again."""
    table, columns, assignments = written.table, written.details["columns"], written.details["assignments"]
    names = ", ".join(f"{unquoted(table)}.{column}" for column in columns)
    filling = fill_rows(situation, table, assignments, written.details["wrong"], f"Fill {names}")
    yield replace(filling, sql=filling.sql if assignments else "", remark=written.details["remark"])
    yield count(situation, table, columns, f"Count {names} for the planner")
