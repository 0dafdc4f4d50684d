"""Statements about sequences."""

from __future__ import annotations

from django_safemigrate.grammar.kinds import Kind
from django_safemigrate.grammar.names import from_range_var, from_strings, strings
from django_safemigrate.grammar.parse import Tree
from django_safemigrate.grammar.statements import Locks, Statement, one
from django_safemigrate.values.locks import LockMode


def _owner(tree: Tree) -> Locks:
    """The table whose column is to own a sequence."""
    for item in tree.get("options", ()):
        if item["def_elem"]["defname"] == "owned_by" and len(parts := strings(item["def_elem"]["arg"])) > 1:
            yield from_strings(parts[:-1]), LockMode.ACCESS_SHARE


def create_sequence(tree: Tree) -> Statement:
    return one(Kind.CREATE_SEQUENCE, tree["sequence"]["relname"], _owner(tree))


def alter_sequence(tree: Tree) -> Statement:
    sequence = from_range_var(tree["sequence"])
    return one(Kind.ALTER_SEQUENCE, sequence.name, _owner(tree), beside={sequence: LockMode.SHARE_ROW_EXCLUSIVE})
