"""Statements about indexes."""

from __future__ import annotations

from django_safemigrate.grammar.kinds import Kind
from django_safemigrate.grammar.names import from_range_var
from django_safemigrate.grammar.parse import Tree
from django_safemigrate.grammar.statements import Statement, one
from django_safemigrate.values.locks import LockMode


def create_index(tree: Tree) -> Statement:
    concurrently = tree.get("concurrent", False)
    mode = LockMode.SHARE_UPDATE_EXCLUSIVE if concurrently else LockMode.SHARE
    return one(
        Kind.CREATE_INDEX,
        tree.get("idxname", ""),
        [(from_range_var(tree["relation"]), mode)],
        concurrently=concurrently,
        only="inh" not in tree["relation"],
    )


def reindex(tree: Tree) -> Statement:
    if "relation" not in tree:  # a schema, a database
        return one(Kind.OTHER)
    concurrently = any(item["def_elem"]["defname"] == "concurrently" for item in tree.get("params", ()))
    named = from_range_var(tree["relation"])
    if tree["kind"] == "REINDEX_OBJECT_INDEX":
        mode = LockMode.SHARE_UPDATE_EXCLUSIVE if concurrently else LockMode.ACCESS_EXCLUSIVE
        return one(Kind.REINDEX, named.name, beside={named: mode}, concurrently=concurrently)
    mode = LockMode.SHARE_UPDATE_EXCLUSIVE if concurrently else LockMode.SHARE
    return one(Kind.REINDEX, named.name, [(named, mode)], concurrently=concurrently)
