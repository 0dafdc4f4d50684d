"""The tables that queries read and write, with scopes as SQL has them: a name of ``WITH`` is not a table."""

from __future__ import annotations

from typing import Any

from django_safemigrate.grammar.kinds import Kind
from django_safemigrate.grammar.names import from_range_var
from django_safemigrate.grammar.parse import Tree
from django_safemigrate.grammar.statements import Change, Locks, Statement, strongest
from django_safemigrate.values.locks import LockMode

WRITES = {"insert_stmt": Kind.INSERT, "update_stmt": Kind.UPDATE, "delete_stmt": Kind.DELETE, "merge_stmt": Kind.MERGE}
_EVERYTHING = frozenset({""})


def query(kind: str, tree: Tree) -> Statement:
    """A statement that reads or writes rows."""
    whole = {kind: tree}
    changes = tuple(Change(write) for write in writes(whole)) or (Change(Kind.SELECT),)
    return Statement(changes, strongest(locks(whole)))


def writes(tree: Any) -> list[Kind]:
    """What a query does to rows, also in its ``WITH``."""
    if isinstance(tree, list):
        return [kind for item in tree for kind in writes(item)]
    if not isinstance(tree, dict):
        return []
    return [kind for key, value in tree.items() for kind in ([WRITES[key]] if key in WRITES else []) + writes(value)]


def locks(tree: Any, scope: frozenset[str] = frozenset(), for_update: frozenset[str] = frozenset()) -> Locks:
    """The locks that a part of a statement takes.

    ``scope`` are the names of ``WITH`` around it; ``for_update`` those that ``FOR UPDATE`` and the like name, or "" for all.
    """
    if isinstance(tree, list):
        for item in tree:
            yield from locks(item, scope, for_update)
    elif isinstance(tree, dict):
        for key, value in tree.items():
            if key == "range_var":
                yield from _table(value, scope, for_update)
            elif key == "range_subselect":
                whole = (
                    _EVERYTHING if _matches(value.get("alias", {}).get("aliasname", ""), for_update) else frozenset()
                )
                yield from _query("select_stmt", value["subquery"]["select_stmt"], scope, whole)
            elif key == "select_stmt" or key in WRITES:
                yield from _query(key, value, scope)
            else:
                yield from locks(value, scope, for_update)


def _query(key: str, tree: Tree, scope: frozenset[str], for_update: frozenset[str] = frozenset()) -> Locks:
    clause = tree.get("with_clause", {})
    ctes = [item["common_table_expr"] for item in clause.get("ctes", ())]
    if clause.get("recursive"):
        scope |= {cte["ctename"] for cte in ctes}
    for cte in ctes:  # each sees those before it
        yield from locks(cte["ctequery"], scope)
        scope |= {cte["ctename"]}
    if key in WRITES:
        yield from _table(tree["relation"], frozenset(), frozenset(), LockMode.ROW_EXCLUSIVE)  # never a name of WITH
    for item in tree.get("locking_clause", ()):
        rels = item["locking_clause"].get("locked_rels", ())
        for_update |= {rel["range_var"]["relname"] for rel in rels} if rels else _EVERYTHING
    for name, value in tree.items():
        if name == "from_clause":
            yield from locks(value, scope, for_update)
        elif name in {"larg", "rarg"}:
            yield from _query("select_stmt", value, scope)
        elif name not in {"with_clause", "locking_clause"}:
            yield from locks(value, scope)


def _table(
    tree: Tree, scope: frozenset[str], for_update: frozenset[str], mode: LockMode = LockMode.ACCESS_SHARE
) -> Locks:
    if "schemaname" not in tree and tree["relname"] in scope:
        return
    if _matches(tree.get("alias", {}).get("aliasname", tree["relname"]), for_update):
        mode = LockMode.ROW_SHARE
    yield from_range_var(tree), mode


def _matches(name: str, for_update: frozenset[str]) -> bool:
    return bool(for_update & {name, *_EVERYTHING})
