"""Unique constraints: an index built while reads and writes go on, which then becomes the constraint."""

from __future__ import annotations

from collections.abc import Iterator

from django.db.backends.ddl_references import Expressions

from django_safemigrate.catalog.columns import SCRATCH_TABLE
from django_safemigrate.catalog.indexes import qualified
from django_safemigrate.catalog.tree import tree_of
from django_safemigrate.compile.names import unquoted
from django_safemigrate.compile.situation import Situation
from django_safemigrate.compile.written import Written
from django_safemigrate.values.goals import IndexPresent, IndexValid
from django_safemigrate.values.locks import LockMode, RelationLock
from django_safemigrate.values.steps import Step, Work

from . import AX, SUE, step, translates
from .partitions import attach, names_on


@translates("sql_create_unique")
def add_unique(written: Written, situation: Situation) -> Iterator[Step]:
    """CREATE UNIQUE INDEX CONCURRENTLY, then ADD CONSTRAINT USING INDEX, which is catalog only."""
    table, quoted, name = written.table, written.part("name"), unquoted(written.part("name"))
    if situation.is_new(table):
        yield step(
            f"Make {_shown(written)} of {unquoted(table)} unique",
            written.sql,
            situation.locks(table, AX),
            work=Work.BLOCKING_BUILD,
            undo=f"ALTER TABLE {table} DROP CONSTRAINT {quoted}",
        )
    elif situation.is_partitioned(table):
        yield from _on_partitions(written, situation)
    else:
        yield build_unique(written, situation)
        yield _using_index(table, quoted, name, written.part("deferrable"), situation.locks(table, AX))


def build_unique(written: Written, situation: Situation) -> Step:
    """A step that builds the index on which a unique constraint, or a primary key, of Django's is going to rest."""
    table, quoted, name = written.table, written.part("name"), unquoted(written.part("name"))
    present, scratch = situation.present(table), situation.connection.ops.quote_name(SCRATCH_TABLE)
    return step(
        f"Build unique index {name} on {unquoted(table)}",
        unique_index(written, quoted, table, concurrent=True),
        situation.locks(table, SUE),
        work=Work.INDEX_BUILD,
        goal=IndexPresent(present, name, unique_index(written, quoted, scratch), scratch),
        undo=f"DROP INDEX CONCURRENTLY IF EXISTS {qualified(situation.connection, present, name)}",
        offenders=duplicates(written),
    )


def unique_index(written: Written, name: str, table: str, *, concurrent: bool = False) -> str:
    """The index that a unique constraint of Django's rests on."""
    how = " CONCURRENTLY" if concurrent else ""
    columns, nulls = written.part("columns"), written.part("nulls_distinct")
    return f"CREATE UNIQUE INDEX{how} {name} ON {table} ({columns}){nulls}"


def duplicates(written: Written) -> str | None:
    """A query for values that are there more than once; None where an expression or a condition is in the way."""
    if isinstance(written.parts.get("columns"), Expressions) or written.part("condition"):
        return None
    columns = written.part("columns")
    nulls = "" if "NOT DISTINCT" in written.part("nulls_distinct") else f" WHERE ({columns}) IS NOT NULL"
    return f"SELECT {columns}, count(*) FROM {written.table}{nulls} GROUP BY {columns} HAVING count(*) > 1 LIMIT 3"


def _using_index(table: str, quoted: str, index: str, deferrable: str, locks: tuple[RelationLock, ...]) -> Step:
    return step(
        f"Make index {index} a constraint of {unquoted(table)}",
        f"ALTER TABLE {table} ADD CONSTRAINT {quoted} UNIQUE USING INDEX {quoted}{deferrable}",
        locks,
        undo=f"ALTER TABLE {table} DROP CONSTRAINT {quoted}",
    )


def _shown(written: Written) -> str:
    return written.part("columns").replace('"', "")


def _on_partitions(written: Written, situation: Situation) -> Iterator[Step]:
    """The constraint of the parent alone, which is invalid; an index and a constraint per partition; each attached."""
    connection, table, name = situation.connection, written.table, unquoted(written.part("name"))
    deferrable = written.part("deferrable")
    tree = tree_of(connection, situation.present(table))
    create = f"ALTER TABLE {SCRATCH_TABLE} ADD UNIQUE{written.part('nulls_distinct')} ({written.part('columns')})"
    names = names_on(situation, table, tree, create)
    index_of = {one.table: chosen for one, chosen in zip(tree, names, strict=True)}
    yield _declare(written, table, written.part("name"), offenders=duplicates(written))
    for one in tree:
        quoted = connection.ops.quote_name(index_of[one.table])
        if not one.is_leaf:
            yield _declare(written, one.table, quoted)
            continue
        yield step(
            f"Build unique index {index_of[one.table]} on partition {one.relname}",
            unique_index(written, quoted, one.table, concurrent=True),
            (RelationLock(one.table, SUE),),
            work=Work.INDEX_BUILD,
            goal=IndexValid(one.table, index_of[one.table]),
            undo=f"DROP INDEX CONCURRENTLY IF EXISTS {qualified(connection, one.table, index_of[one.table])}",
        )
        yield _using_index(one.table, quoted, index_of[one.table], deferrable, (RelationLock(one.table, AX),))
    for one in reversed(tree):
        yield attach(situation, one, index_of.get(one.parent, name), index_of[one.table])


def _declare(written: Written, table: str, quoted: str, offenders: str | None = None) -> Step:
    columns, nulls, deferrable = (written.part(name) for name in ("columns", "nulls_distinct", "deferrable"))
    return step(
        f"Declare constraint {unquoted(quoted)} of {unquoted(table)}, still without its partitions",
        f"ALTER TABLE ONLY {table} ADD CONSTRAINT {quoted} UNIQUE{nulls} ({columns}){deferrable}",
        (RelationLock(table, LockMode.ACCESS_EXCLUSIVE),),
        undo=f"ALTER TABLE {table} DROP CONSTRAINT {quoted}",
        offenders=offenders,
    )
