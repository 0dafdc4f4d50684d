"""Foreign keys: added without looking at the rows, proved while reads and writes go on."""

from __future__ import annotations

from collections.abc import Iterator

from django_safemigrate.catalog.tree import tree_of
from django_safemigrate.compile.names import unquoted
from django_safemigrate.compile.situation import Situation
from django_safemigrate.compile.written import Written
from django_safemigrate.values.locks import LockMode, RelationLock
from django_safemigrate.values.steps import Step, Work

from . import AX, SRX, SUE, step, translates

NOT_VALID_ON_PARTITIONED = 180000  # release notes of PostgreSQL 18

# The query by which the server proves a key is planned with the session's settings (RI_Initial_Check in ri_triggers.c).
_BY_THE_INDEX = "SET LOCAL enable_seqscan = off;\n"


@translates("sql_create_fk")
def add_foreign_key(written: Written, situation: Situation) -> Iterator[Step]:
    """NOT VALID, then VALIDATE. Locks: SHARE ROW EXCLUSIVE on both tables for a moment.

    VALIDATE: SHARE UPDATE EXCLUSIVE on the one, ROW SHARE on the other. Of a column that was added just now no row has a
    value, which the server sees at once by the index. Between an empty new table and one in use there is nothing to prove.
    Before PostgreSQL 18 a partitioned table refuses NOT VALID: first each partition, then the parent, which takes
    theirs over.
    """
    table, other = written.table, written.part("to_table")
    if situation.is_new(table) and not situation.has_rows(table):
        yield _add(written, situation, table, written.sql)
        return
    empty = situation.pending.is_empty(table, written.part("column"))
    orphans = None if empty else _orphans(written)
    if not situation.is_partitioned(table) or situation.version >= NOT_VALID_ON_PARTITIONED:
        yield _add(written, situation, table, f"{written.sql} NOT VALID", offenders=orphans)
        yield validate_foreign_key(situation, table, written.part("name"), other, empty=empty)
        return
    leaves = [one for one in tree_of(situation.connection, situation.present(table)) if one.is_leaf]
    for number, one in enumerate(leaves):
        sql = written.rendered(table=one.table)
        yield _add(written, situation, one.table, f"{sql} NOT VALID", offenders=None if number else orphans)
        yield validate_foreign_key(situation, one.table, written.part("name"), other, empty=empty)
    # It takes the triggers of the partitions' keys from the table that they refer to, for which it locks that out.
    yield _add(written, situation, table, written.sql, on_other=AX)


def _add(
    written: Written, situation: Situation, table: str, sql: str, offenders: str | None = None, on_other: LockMode = SRX
) -> Step:
    quoted, other = written.part("name"), written.part("to_table")
    own = situation.locks(table, on_other if other == table else SRX)
    return step(
        f"Add foreign key {unquoted(quoted)} from {unquoted(table)} to {unquoted(other)}",
        sql,
        _each_once(own, situation.locks(other, on_other)),
        # That of a parent takes those of its partitions with it, which were there before.
        undo=None if on_other is AX else f"ALTER TABLE {table} DROP CONSTRAINT {quoted}",
        offenders=offenders,
    )


def _orphans(written: Written) -> str:
    column, to_column = written.part("column"), written.part("to_column")
    return (
        f"SELECT o.{column} FROM {written.table} o LEFT JOIN {written.part('to_table')} r "
        f"ON r.{to_column} = o.{column} WHERE o.{column} IS NOT NULL AND r.{to_column} IS NULL LIMIT 3"
    )


def validate_foreign_key(situation: Situation, table: str, quoted: str, other: str, *, empty: bool = False) -> Step:
    """A step that proves a foreign key (quoted) for the rows that are there. ``empty``: none has a value.

    The planner knows nothing yet of a column that was added just now, and would read the table for it. Of a partitioned
    table that is referred to, the parent alone is locked as such; the partitions are only read.
    """
    referenced = (RelationLock(other, LockMode.ROW_SHARE), *situation.locks(other, LockMode.ACCESS_SHARE)[1:])
    return step(
        f"Prove foreign key {unquoted(quoted)} for the rows of {unquoted(table)}",
        (_BY_THE_INDEX if empty else "") + f"ALTER TABLE {table} VALIDATE CONSTRAINT {quoted}",
        _each_once(situation.locks(table, SUE), referenced),
        work=Work.SCAN,
    )


def _each_once(own: tuple[RelationLock, ...], referenced: tuple[RelationLock, ...]) -> tuple[RelationLock, ...]:
    """A table that is at both ends of a key, or a part of the other end, has the lock of its own end."""
    locked = {lock.relation for lock in own}
    return (*own, *(lock for lock in referenced if lock.relation not in locked))
