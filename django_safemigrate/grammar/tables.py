"""Statements about tables, ``ALTER TABLE`` aside."""

from __future__ import annotations

from django_safemigrate.grammar import queries
from django_safemigrate.grammar.alter_table import referenced
from django_safemigrate.grammar.kinds import Kind
from django_safemigrate.grammar.names import from_range_var
from django_safemigrate.grammar.parse import Tree, node
from django_safemigrate.grammar.statements import Statement, one
from django_safemigrate.values.locks import LockMode


def create_table(tree: Tree) -> Statement:
    new = from_range_var(tree["relation"])
    parents = LockMode.ACCESS_EXCLUSIVE if "partbound" in tree else LockMode.SHARE_UPDATE_EXCLUSIVE
    locks = [(from_range_var(item["range_var"]), parents) for item in tree.get("inh_relations", ())]
    for element in tree.get("table_elts", ()):
        kind, fields = node(element)
        if kind == "table_like_clause":
            locks.append((from_range_var(fields["relation"]), LockMode.ACCESS_SHARE))
        else:
            locks += referenced(element)
    return one(Kind.CREATE_TABLE, new.name, [lock for lock in locks if lock[0] != new])


def create_table_as(tree: Tree) -> Statement:
    if tree["objtype"] != "OBJECT_TABLE":
        return one(Kind.OTHER)
    return one(Kind.CREATE_TABLE, tree["into"]["rel"]["relname"], queries.locks(tree["query"]))


def create_view(tree: Tree) -> Statement:
    view = from_range_var(tree["view"])
    replaced = {view: LockMode.ACCESS_EXCLUSIVE} if "replace" in tree else {}
    return one(Kind.CREATE_VIEW, view.name, queries.locks(tree["query"]), beside=replaced)


def lock_table(tree: Tree) -> Statement:
    mode = list(LockMode)[tree["mode"] - 1]
    return one(Kind.LOCK_TABLE, "", [(from_range_var(item["range_var"]), mode) for item in tree["relations"]])


def truncate(tree: Tree) -> Statement:
    tables = [from_range_var(item["range_var"]) for item in tree["relations"]]
    return one(Kind.TRUNCATE, tables[0].name, [(table, LockMode.ACCESS_EXCLUSIVE) for table in tables])


def analyze(tree: Tree) -> Statement:
    if "is_vacuumcmd" in tree or "rels" not in tree:
        return one(Kind.OTHER)
    tables = [from_range_var(item["vacuum_relation"]["relation"]) for item in tree["rels"]]
    return one(Kind.ANALYZE, tables[0].name, [(table, LockMode.SHARE_UPDATE_EXCLUSIVE) for table in tables])


def create_statistics(tree: Tree) -> Statement:
    if any("range_var" not in item for item in tree["relations"]):
        return one(Kind.OTHER)  # the server refuses anything but tables
    tables = [from_range_var(item["range_var"]) for item in tree["relations"]]
    return one(Kind.CREATE_STATISTICS, "", [(table, LockMode.SHARE_UPDATE_EXCLUSIVE) for table in tables])


def create_trigger(tree: Tree) -> Statement:
    locks = [(from_range_var(tree["relation"]), LockMode.SHARE_ROW_EXCLUSIVE)]
    if "constrrel" in tree:
        locks.append((from_range_var(tree["constrrel"]), LockMode.ACCESS_SHARE))
    return one(Kind.CREATE_TRIGGER, tree["trigname"], locks)
