"""Indexes on partitioned tables: no CONCURRENTLY on the parent, so partition by partition, and then put together.

Source: manual, "Table Partitioning", section "Partition Maintenance".
"""

from __future__ import annotations

from collections.abc import Iterator

from django_safemigrate.catalog.columns import SCRATCH_TABLE
from django_safemigrate.catalog.indexes import qualified
from django_safemigrate.catalog.tree import Partition, automatic_index_names, tree_of
from django_safemigrate.compile.names import unquoted
from django_safemigrate.compile.situation import Situation
from django_safemigrate.compile.written import Written
from django_safemigrate.values.goals import IndexAttached, IndexValid
from django_safemigrate.values.locks import LockMode, RelationLock
from django_safemigrate.values.steps import Step, Work

from . import SUE, step
from .index_sql import index_sql


def build_on_partitions(situation: Situation, written: Written) -> Iterator[Step]:
    """An index of the parent alone, which is invalid; one per partition, concurrently; each attached. Then it is valid."""
    table, name = written.table, unquoted(written.part("name"))
    tree = tree_of(situation.connection, situation.present(table))
    names = names_on(situation, table, tree, index_sql(written, name="", table=SCRATCH_TABLE))
    yield _on_only(situation, table, name, index_sql(written, table=f"ONLY {table}"))
    index_of = {one.table: chosen for one, chosen in zip(tree, names, strict=True)}
    for one in tree:
        yield from _build(situation, written, one, index_of[one.table])
    for one in reversed(tree):
        yield attach(situation, one, index_of.get(one.parent, name), index_of[one.table])


def names_on(situation: Situation, table: str, tree: list[Partition], create: str) -> list[str]:
    """The names that the server would give to what ``create`` (about the scratch table) makes on each partition."""
    added, claimed = situation.pending.added(table), situation.claimed
    return automatic_index_names(situation.connection, tree, create, SCRATCH_TABLE, added=added, claimed=claimed)


def _build(situation: Situation, written: Written, one: Partition, name: str) -> Iterator[Step]:
    quoted = situation.connection.ops.quote_name(name)
    if not one.is_leaf:
        yield _on_only(situation, one.table, name, index_sql(written, name=quoted, table=f"ONLY {one.table}"))
        return
    yield step(
        f"Build index {name} on partition {one.relname}",
        index_sql(written, concurrent=True, name=quoted, table=one.table),
        (RelationLock(one.table, SUE),),
        work=Work.INDEX_BUILD,
        goal=IndexValid(one.table, name),
        undo=f"DROP INDEX CONCURRENTLY IF EXISTS {qualified(situation.connection, one.table, name)}",
    )


def _on_only(situation: Situation, table: str, name: str, sql: str) -> Step:
    return step(
        f"Declare index {name} on {unquoted(table)}, still without its partitions",
        sql,
        (RelationLock(table, LockMode.SHARE),),
        undo=f"DROP INDEX {qualified(situation.connection, situation.present(table), name)}",
    )


def attach(situation: Situation, one: Partition, parent_index: str, index: str) -> Step:
    """A step that makes the index of a partition a part of its parent's index."""
    parent = qualified(situation.connection, situation.present(one.parent), parent_index)
    own = qualified(situation.connection, one.table, index)
    return step(
        f"Attach index {index} of partition {one.relname}",
        f"ALTER INDEX {parent} ATTACH PARTITION {own}",
        (RelationLock(one.parent, LockMode.ACCESS_SHARE), RelationLock(one.table, LockMode.ACCESS_SHARE)),
        goal=IndexAttached(own),
    )
