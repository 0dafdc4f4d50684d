"""Statements that take objects of every kind: what they lock depends on which."""

from __future__ import annotations

from django_safemigrate.grammar.kinds import Kind
from django_safemigrate.grammar.names import from_range_var, from_strings, strings
from django_safemigrate.grammar.parse import Tree
from django_safemigrate.grammar.statements import Statement, one
from django_safemigrate.values.locks import LockMode

_RENAMED = {
    "OBJECT_TABLE": Kind.RENAME_TABLE,
    "OBJECT_COLUMN": Kind.RENAME_COLUMN,
    "OBJECT_TABCONSTRAINT": Kind.RENAME_CONSTRAINT,
}
_RENAMED_BESIDE = {
    "OBJECT_INDEX": (Kind.RENAME_INDEX, LockMode.SHARE_UPDATE_EXCLUSIVE),
    "OBJECT_SEQUENCE": (Kind.RENAME_SEQUENCE, LockMode.ACCESS_EXCLUSIVE),
}


def rename(tree: Tree) -> Statement:
    of = tree["rename_type"]
    if of in _RENAMED_BESIDE:
        kind, mode = _RENAMED_BESIDE[of]
        named = from_range_var(tree["relation"])
        return one(kind, named.name, beside={named: mode})
    if of not in _RENAMED or tree["relation_type"] not in {"OBJECT_TABLE", "OBJECT_ACCESS_METHOD"}:
        return one(Kind.OTHER)
    table = from_range_var(tree["relation"])
    return one(_RENAMED[of], tree.get("subname", table.name), [(table, LockMode.ACCESS_EXCLUSIVE)])


def set_schema(tree: Tree) -> Statement:
    if tree["object_type"] != "OBJECT_TABLE":
        return one(Kind.OTHER)
    table = from_range_var(tree["relation"])
    return one(Kind.SET_SCHEMA, table.name, [(table, LockMode.ACCESS_EXCLUSIVE)])


_DROPPED_BESIDE = {
    "OBJECT_INDEX": Kind.DROP_INDEX,
    "OBJECT_SEQUENCE": Kind.DROP_SEQUENCE,
    "OBJECT_VIEW": Kind.DROP_VIEW,
}
_DROPPED = {
    "OBJECT_COLLATION": Kind.DROP_COLLATION,
    "OBJECT_EXTENSION": Kind.DROP_EXTENSION,
    "OBJECT_FUNCTION": Kind.DROP_FUNCTION,
}


def drop(tree: Tree) -> Statement:
    of, mode = tree["remove_type"], LockMode.ACCESS_EXCLUSIVE
    if of in _DROPPED:
        return one(_DROPPED[of])
    if of == "OBJECT_TRIGGER":
        parts = [strings(item) for item in tree["objects"]]
        return one(Kind.DROP_TRIGGER, parts[0][-1], [(from_strings(names[:-1]), mode) for names in parts])
    if of == "OBJECT_TABLE":
        tables = [from_strings(strings(item)) for item in tree["objects"]]
        return one(Kind.DROP_TABLE, tables[0].name, [(table, mode) for table in tables])
    if of not in _DROPPED_BESIDE:
        return one(Kind.OTHER)
    concurrently = tree.get("concurrent", False)
    mode = LockMode.SHARE_UPDATE_EXCLUSIVE if concurrently else mode
    named = [from_strings(strings(item)) for item in tree["objects"]]
    return one(_DROPPED_BESIDE[of], named[0].name, beside=dict.fromkeys(named, mode), concurrently=concurrently)


# How many parts of the name come after the table's.
_COMMENTED = {"OBJECT_TABLE": 0, "OBJECT_COLUMN": 1, "OBJECT_TABCONSTRAINT": 1}
_COMMENTED_BESIDE = {"OBJECT_INDEX", "OBJECT_SEQUENCE", "OBJECT_VIEW"}


def comment(tree: Tree) -> Statement:
    of, mode = tree["objtype"], LockMode.SHARE_UPDATE_EXCLUSIVE
    if of in _COMMENTED_BESIDE:
        named = from_strings(strings(tree["object"]))
        return one(Kind.COMMENT, named.name, beside={named: mode})
    if of not in _COMMENTED:
        return one(Kind.OTHER)
    if of == "OBJECT_TABCONSTRAINT":
        mode = LockMode.ACCESS_SHARE
    parts = strings(tree["object"])
    if not (table := parts[: len(parts) - _COMMENTED[of]]):
        return one(Kind.OTHER)  # the server refuses a column without a table
    return one(Kind.COMMENT, parts[-1], [(from_strings(table), mode)])


def grant(tree: Tree) -> Statement:
    if tree["objtype"] != "OBJECT_TABLE" or tree.get("targtype") != "ACL_TARGET_OBJECT":
        return one(Kind.OTHER)
    tables = [from_range_var(item["range_var"]) for item in tree["objects"]]
    return one(Kind.GRANT, tables[0].name, [(table, LockMode.ACCESS_SHARE) for table in tables])
