"""What the methods of managers and querysets make of the rows that they are asked for."""

from __future__ import annotations

import ast

from .values import Query

# The same rows.
KEEP = {
    "all", "select_related", "prefetch_related", "only", "defer", "order_by", "reverse", "annotate", "alias", "values",
    "values_list", "extra", "select_for_update",
}  # fmt: skip
# Fewer of them, or so much less that nobody minds.
NARROW = {"distinct", "none", "dates", "datetimes", "in_bulk"}
CONDITIONS = {"filter", "exclude", "complex_filter"}
ALIASING = {"using", "db_manager"}
# One row.
ONE = {"get", "first", "last", "earliest", "latest"}
# One statement for all rows.
WHOLE = {"update", "delete", "_raw_delete"}
MAKING = {"create", "get_or_create", "update_or_create", "bulk_create"}
MANAGERS = {"objects", "_default_manager", "_base_manager"}


def narrowed(query: Query, name: str, call: ast.Call) -> Query:
    """The query with a condition. Such as every row of a backfill has, ``x__isnull=True``, leave it as large as it was."""
    text = ", ".join(ast.unparse(argument) for argument in (*call.args, *call.keywords))
    if not text:
        return query
    weak = _is_weak(call, exclude=name == "exclude")
    condition = f"Q({text})" if call.keywords else text
    return query.but(
        narrowed=query.narrowed or not weak,
        where=(*query.where, f"~{condition}" if name == "exclude" else condition),
    )


def _is_weak(call: ast.Call, *, exclude: bool) -> bool:
    """Whether most rows may fulfil it: those that have nothing yet, or all but some."""
    if any(keyword.arg is None for keyword in call.keywords):
        return False
    if exclude and not call.args:
        return not any(_is_key(keyword.arg or "") for keyword in call.keywords)
    return all(_asks_for_nothing(argument) for argument in call.args) and all(
        _is_nothing(keyword) for keyword in call.keywords
    )


def _asks_for_nothing(condition: ast.expr) -> bool:
    """A ``Q`` of weak conditions, ``Q(a=None) | Q(a="")``."""
    if isinstance(condition, ast.BinOp):
        return _asks_for_nothing(condition.left) and _asks_for_nothing(condition.right)
    if not isinstance(condition, ast.Call) or condition.args or not condition.keywords:
        return False
    name = condition.func.attr if isinstance(condition.func, ast.Attribute) else getattr(condition.func, "id", "")
    return name == "Q" and all(_is_nothing(keyword) for keyword in condition.keywords)


def _is_nothing(keyword: ast.keyword) -> bool:
    name, value = keyword.arg or "", keyword.value
    if not isinstance(value, ast.Constant) or _is_key(name):
        return False
    own_field = "__" not in name.removesuffix("__isnull").removesuffix("__exact")
    return own_field and (name.endswith("__isnull") or value.value is None or value.value == "")


def _is_key(name: str) -> bool:
    return name.partition("__")[0] in {"pk", "id"}


def is_filled_by_itself(query: Query, fields: list[str]) -> bool:
    """Whether the only condition is that the one field has nothing: a Backfill without ``where`` looks for that."""
    return len(fields) == 1 and query.where in {(f"Q({fields[0]}__isnull=True)",), (f"Q({fields[0]}=None)",)}
