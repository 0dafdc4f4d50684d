"""Partitions: attached, detached, made."""

from __future__ import annotations

from collections.abc import Iterator

from django_safemigrate.grammar.names import from_range_var
from django_safemigrate.grammar.parse import Tree
from django_safemigrate.linting.statements import codes
from django_safemigrate.linting.statements.rules import rule, subcommand
from django_safemigrate.linting.statements.seen import Around, Seen, plain
from django_safemigrate.values.locks import LockMode
from django_safemigrate.values.steps import Work


@subcommand("AT_AttachPartition")
def attached(command: Tree, around: Around) -> Iterator[Seen]:
    parent = from_range_var(command["relation"])
    child = from_range_var(command["def"]["partition_cmd"]["name"])
    if not around.is_new(child) and child not in around.proved:
        yield Seen(
            codes.PARTITION,
            f"{child.name} is attached to {parent.name} without a CHECK that proves its bounds.",
            child,
            LockMode.ACCESS_EXCLUSIVE,
            Work.BLOCKING_SCAN,
            instead=f"ALTER TABLE {plain(child)} ADD CONSTRAINT bounds CHECK (...) NOT VALID;\n"
            f"ALTER TABLE {plain(child)} VALIDATE CONSTRAINT bounds;\nand then ATTACH PARTITION, which believes it.",
            counts_when_small=False,
        )


@subcommand("AT_DetachPartition")
def detached(command: Tree, around: Around) -> Iterator[Seen]:
    partition = command["def"]["partition_cmd"]
    parent, child = from_range_var(command["relation"]), from_range_var(partition["name"])
    if not partition.get("concurrent") and not around.is_new(parent):
        yield Seen(
            codes.PARTITION,
            f"{child.name} is detached from {parent.name} without CONCURRENTLY.",
            parent,
            LockMode.ACCESS_EXCLUSIVE,
            instead=f"ALTER TABLE {plain(parent)} DETACH PARTITION {plain(child)} CONCURRENTLY;\n"
            "It cannot run in a transaction.",
        )


@rule("create_stmt")
def new_partition(tree: Tree, around: Around) -> Iterator[Seen]:
    if "partbound" not in tree:
        return
    parent, child = from_range_var(tree["inh_relations"][0]["range_var"]), from_range_var(tree["relation"])
    if not around.is_new(parent):
        yield Seen(
            codes.PARTITION,
            f"{child.name} is made as a partition of {parent.name}, which is in use.",
            parent,
            LockMode.ACCESS_EXCLUSIVE,
            why="A default partition is read under the lock.",
            instead=f"CREATE TABLE {plain(child)} (LIKE {plain(parent)} INCLUDING ALL);\n"
            f"ALTER TABLE {plain(parent)} ATTACH PARTITION {plain(child)} ...;\n"
            f"which lets reads and writes of {parent.name} go on.",
        )
