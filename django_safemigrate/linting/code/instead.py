"""The Backfill that does what code does; its author looks at it, and the check says so."""

from __future__ import annotations

import ast

from .queries import is_filled_by_itself
from .values import Query

_HINT = "fills what is NULL; else add where=..., true for rows that are still to be changed, and for no others"


def of_update(call: ast.Call, query: Query) -> str:
    """``.update(a=...)`` with the conditions before it; empty where the values are not written there."""
    if call.args or not call.keywords or any(keyword.arg is None for keyword in call.keywords):
        return ""
    values = ", ".join(f'"{keyword.arg}": {ast.unparse(keyword.value)}' for keyword in call.keywords)
    where = "" if is_filled_by_itself(query, [keyword.arg or "" for keyword in call.keywords]) else _where(query)
    return f'Backfill("{query.model.name.lower()}", {{{values}}}{where}),'


def _where(query: Query) -> str:
    return f", where={' & '.join(query.where) or 'Q()'}"


def of_loop(node: ast.AST, query: Query) -> str:
    """A loop that sets attributes of its row and saves it; empty for anything else.

    A Backfill by a function needs a condition that the function makes false. Of a loop over all rows nobody knows one.
    """
    if not isinstance(node, ast.For) or not isinstance(node.target, ast.Name):
        return ""
    row = node.target.id
    body = [statement for statement in node.body if not _saves(statement, row)]
    fields = sorted({name for statement in body for name in _assigned(statement, row)})
    if not fields or not all(
        isinstance(statement, ast.Assign | ast.AugAssign | ast.If | ast.Expr) for statement in body
    ):
        return ""
    inner = "\n".join(ast.unparse(statement) for statement in body).replace("\n", "\n        ")
    names = ", ".join(f'"{field}"' for field in fields)
    where = "" if not query.where or is_filled_by_itself(query, fields) else _where(query)
    hint = "" if query.where else f"  # {_HINT}"
    return (
        f"def fill(rows):\n    for {row} in rows:\n        {inner}\n\n"
        f'Backfill("{query.model.name.lower()}", fill, fields=[{names}]{where}),{hint}'
    )


def _saves(statement: ast.stmt, row: str) -> bool:
    match statement:
        case ast.Expr(ast.Call(ast.Attribute(ast.Name(name), "save"))):
            return name == row
    return False


def _assigned(statement: ast.stmt, row: str) -> list[str]:
    return [
        one.attr
        for one in ast.walk(statement)
        if isinstance(one, ast.Attribute)
        and isinstance(one.ctx, ast.Store)
        and isinstance(one.value, ast.Name)
        and one.value.id == row
    ]
