"""Indexes: built, dropped and built again beside reads and writes, or not."""

from __future__ import annotations

from collections.abc import Iterator

from django_safemigrate.grammar.names import Relation, from_range_var, from_strings, strings
from django_safemigrate.grammar.parse import Tree
from django_safemigrate.linting.statements import codes
from django_safemigrate.linting.statements.rules import rule
from django_safemigrate.linting.statements.seen import Around, Seen, plain
from django_safemigrate.values.locks import LockMode
from django_safemigrate.values.steps import Work

_ALONE = "It cannot run in a transaction: give the migration atomic = False, and the statement a string of its own."


@rule("index_stmt")
def built(tree: Tree, around: Around) -> Iterator[Seen]:
    table = from_range_var(tree["relation"])
    only = "inh" not in tree["relation"]  # ON ONLY: no more than an entry in the catalog
    if tree.get("concurrent") or only or around.is_new(table):
        return
    unique = "UNIQUE " if tree.get("unique") else ""
    name = tree.get("idxname", "an index")
    yield Seen(
        codes.INDEX,
        f"Index {name} is built on {table.name} without CONCURRENTLY.",
        table,
        LockMode.SHARE,
        Work.BLOCKING_BUILD,
        instead=f"CREATE {unique}INDEX CONCURRENTLY {name} ON {plain(table)} ...\n{_ALONE}",
        operation="Use django.contrib.postgres.operations.AddIndexConcurrently in a migration with atomic = False.",
        counts_when_small=False,
    )


@rule("drop_stmt")
def dropped(tree: Tree, around: Around) -> Iterator[Seen]:
    if tree["remove_type"] != "OBJECT_INDEX" or tree.get("concurrent"):
        return
    names = [from_strings(strings(item)) for item in tree["objects"]]
    if all(around.is_new(name) for name in names):
        return
    listed = ", ".join(name.name for name in names)
    each = "\n".join(f"DROP INDEX CONCURRENTLY {plain(name)};" for name in names)
    yield Seen(
        codes.DROP_INDEX,
        f"Index {listed} is dropped without CONCURRENTLY.",
        None,
        LockMode.ACCESS_EXCLUSIVE,
        why=f"The lock is on the table of {listed}, too.",
        instead=f"{each}\n{_ALONE}",
        operation="Use django.contrib.postgres.operations.RemoveIndexConcurrently in a migration with atomic = False.",
    )


@rule("reindex_stmt")
def built_again(tree: Tree, around: Around) -> Iterator[Seen]:
    options = {item["def_elem"]["defname"] for item in tree.get("params", ())}
    if "concurrently" in options:
        return
    of = tree["kind"].removeprefix("REINDEX_OBJECT_")
    named = from_range_var(tree["relation"]) if "relation" in tree else Relation(tree.get("name", "the database"))
    table = named if of == "TABLE" else None
    if table is not None and around.is_new(table):
        return
    yield Seen(
        codes.REINDEX,
        f"{named.name} is reindexed without CONCURRENTLY.",
        table,
        LockMode.SHARE,
        Work.BLOCKING_BUILD,
        why="Queries that would use an index that is being built wait as well: it is locked with ACCESS EXCLUSIVE.",
        instead=f"REINDEX {of} CONCURRENTLY {plain(named)}\n{_ALONE}",
    )
