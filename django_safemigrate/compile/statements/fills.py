"""Rows that have no value yet get one."""

from __future__ import annotations

from django_safemigrate.compile.names import unquoted
from django_safemigrate.compile.situation import Situation
from django_safemigrate.values.goals import NoNulls
from django_safemigrate.values.locks import LockMode
from django_safemigrate.values.steps import Step, Work

from . import step


def fill(situation: Situation, table: str, column: str, value: str) -> Step:
    """A step that writes ``value`` into the rows of a (quoted) table whose (quoted) column is NULL.

    In batches of blocks, a short transaction each; the runner adds the limits of a batch to the WHERE clause. ROW EXCLUSIVE
    on the table: nobody waits but for the rows of one batch.
    """
    return step(
        f"Fill {unquoted(table)}.{unquoted(column)} where it is NULL",
        f"UPDATE {table} SET {column} = {value} WHERE {column} IS NULL",
        situation.locks(table, LockMode.ROW_EXCLUSIVE),
        work=Work.ROWS,
        goal=NoNulls(table, unquoted(column)),
    )
