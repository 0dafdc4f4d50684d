"""Indexes: built and dropped while reads and writes go on, renamed."""

from __future__ import annotations

from collections.abc import Iterator

from django_safemigrate.catalog.columns import SCRATCH_TABLE
from django_safemigrate.catalog.indexes import find_index, indexes_named, qualified
from django_safemigrate.compile.names import unquoted
from django_safemigrate.compile.situation import Situation
from django_safemigrate.compile.written import Written
from django_safemigrate.values.goals import IndexAbsent, IndexPresent
from django_safemigrate.values.locks import LockMode, RelationLock
from django_safemigrate.values.steps import Step, Work

from . import AX, SUE, step, translates
from .index_sql import index_sql
from .partitions import build_on_partitions


@translates("sql_create_index", "sql_create_index_concurrently", "sql_create_unique_index")
def build_index(written: Written, situation: Situation) -> Iterator[Step]:
    """CREATE INDEX CONCURRENTLY: SHARE UPDATE EXCLUSIVE, which neither readers nor writers notice."""
    table, name = written.table, unquoted(written.part("name"))
    if situation.is_new(table):
        yield step(
            f"Build index {name} on {unquoted(table)}",
            index_sql(written),
            situation.locks(table, LockMode.SHARE),
            work=Work.BLOCKING_BUILD,
            undo=f"DROP INDEX {written.part('name')}",
        )
    elif situation.is_partitioned(table):
        yield from build_on_partitions(situation, written)
    else:
        yield build_concurrently(situation, written)


def build_concurrently(situation: Situation, written: Written) -> Step:
    """A step for a ``CREATE INDEX`` statement of Django's."""
    table, name = written.table, unquoted(written.part("name"))
    present, quote = situation.present(table), situation.connection.ops.quote_name
    sql = index_sql(written, concurrent=True)
    return step(
        f"Build index {name} on {unquoted(table)}",
        sql,
        situation.locks(table, SUE),
        work=Work.INDEX_BUILD,
        goal=IndexPresent(present, name, index_sql(written, table=quote(SCRATCH_TABLE)), quote(SCRATCH_TABLE)),
        undo=f"DROP INDEX CONCURRENTLY IF EXISTS {qualified(situation.connection, present, name)}",
    )


@translates("sql_delete_index", "sql_delete_index_concurrently")
def remove_index(written: Written, situation: Situation) -> Iterator[Step]:
    """DROP INDEX CONCURRENTLY: SHARE UPDATE EXCLUSIVE, which neither readers nor writers notice.

    Django drops the second index of text columns (``_like``) from every column that is unique no longer: where there is none,
    there is no step.
    """
    table, present, name = written.table, situation.present(written.table), unquoted(written.part("name"))
    if name.endswith("_like") and find_index(situation.connection, present, name) is None:
        return
    yield drop_index(situation, table, qualified(situation.connection, present, name))


def drop_index(situation: Situation, table: str, name: str) -> Step:
    """A step that drops an index (quoted, with its schema).

    That of a partitioned table cannot be dropped concurrently (manual of DROP INDEX): ACCESS EXCLUSIVE, for a moment.
    """
    description = f"Drop index {_shown(name)} of {unquoted(table)}"
    found = indexes_named(situation.connection, (name,))
    undo = found[0].concurrently if found else None
    if situation.is_new(table) or situation.is_partitioned(table):
        return step(description, f"DROP INDEX IF EXISTS {name}", situation.locks(table, AX), goal=IndexAbsent(name))
    return step(
        description,
        f"DROP INDEX CONCURRENTLY IF EXISTS {name}",
        situation.locks(table, SUE),
        work=Work.INDEX_DROP,
        goal=IndexAbsent(name),
        undo=undo,
    )


def _shown(name: str) -> str:
    return name.removeprefix("public.")


@translates("sql_rename_index")
def rename_index(written: Written, situation: Situation) -> Iterator[Step]:
    """SHARE UPDATE EXCLUSIVE on the index alone, since PostgreSQL 12."""
    table, present = written.table, situation.present(written.table)
    old, new = written.part("old_name"), written.part("new_name")
    name = qualified(situation.connection, present, unquoted(old))
    found = find_index(situation.connection, present, unquoted(old))
    yield step(
        f"Rename index {unquoted(old)} of {unquoted(table)} to {unquoted(new)}",
        f"ALTER INDEX {name} RENAME TO {new}",
        (RelationLock(found.qualified_name if found else name, SUE),),
        undo=f"ALTER INDEX {qualified(situation.connection, present, unquoted(new))} RENAME TO {old}",
    )
