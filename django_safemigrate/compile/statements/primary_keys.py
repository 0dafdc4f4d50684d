"""Primary keys on tables in use."""

from __future__ import annotations

from collections.abc import Iterator

from django_safemigrate.compile.names import unquoted
from django_safemigrate.compile.situation import Situation
from django_safemigrate.compile.unsafe import Unsafe
from django_safemigrate.compile.written import Written
from django_safemigrate.values.steps import Step, Work

from . import AX, permitted, step, translates
from .not_null import set_not_null
from .unique import build_unique


@translates("sql_create_pk")
def add_primary_key(written: Written, situation: Situation) -> Iterator[Step]:
    """NOT NULL, a unique index built concurrently, and PRIMARY KEY USING INDEX, which is then catalog only."""
    table, quoted = written.table, written.part("name")
    undo = f"ALTER TABLE {table} DROP CONSTRAINT {quoted}"
    description = f"Make {unquoted(written.part('columns'))} the primary key of {unquoted(table)}"
    if situation.is_new(table) or situation.is_partitioned(table):
        remark = permitted(situation, table, _unsafe(table))
        locks = situation.locks(table, AX)
        yield step(description, written.sql, locks, work=Work.BLOCKING_BUILD, undo=undo, remark=remark)
        return
    # A column that is being added for it is NOT NULL from the start.
    added = {column for column, _ in situation.pending.added(table)}
    if written.part("columns") not in added and not situation.is_not_null(table, unquoted(written.part("columns"))):
        yield from set_not_null(situation, table, unquoted(written.part("columns")))
    yield build_unique(written, situation)
    yield step(
        description,
        f"ALTER TABLE {table} ADD CONSTRAINT {quoted} PRIMARY KEY USING INDEX {quoted}",
        situation.locks(table, AX),
        undo=undo,
    )


def _unsafe(table: str) -> Unsafe:
    return Unsafe(
        f"It adds a primary key to partitioned table {unquoted(table)}.",
        "Its index is built on all partitions while nobody can read or write the table.",
        "Add a unique constraint, which is built partition by partition; or run the migration in a maintenance window.",
    )
