"""Comments: SHARE UPDATE EXCLUSIVE, which neither readers nor writers notice."""

from __future__ import annotations

from collections.abc import Iterator

from django_safemigrate.catalog.relations import comment_undo
from django_safemigrate.compile.names import unquoted
from django_safemigrate.compile.situation import Situation
from django_safemigrate.compile.written import Written
from django_safemigrate.values.locks import RelationLock
from django_safemigrate.values.steps import Step

from . import SUE, step, translates


@translates("sql_alter_table_comment")
def comment_on_table(written: Written, situation: Situation) -> Iterator[Step]:
    table = written.table
    yield step(
        f"Comment on table {unquoted(table)}",
        written.sql,
        (RelationLock(table, SUE),),
        undo=comment_undo(situation.connection, table, situation.present(table)),
    )


@translates("sql_alter_column_comment")
def comment_on_column(written: Written, situation: Situation) -> Iterator[Step]:
    table, column = written.table, unquoted(written.part("column"))
    known = situation.pending.column(table, column)
    yield step(
        f"Comment on column {unquoted(table)}.{column}",
        written.sql,
        (RelationLock(table, SUE),),
        undo=comment_undo(situation.connection, table, situation.present(table), column, known),
    )
