"""Which conditions leave few rows, and which may leave all of them: in queries, and in loops over rows."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from .values import Nothing

# Functions that change nothing the second time: most rows are as they make them.
_SETTLING = {"Lower", "Upper", "Trim", "LTrim", "RTrim"}


def is_weak(call: ast.Call, *, exclude: bool) -> bool:
    """Whether most rows may fulfil it: those that have nothing yet, or all but some."""
    if any(keyword.arg is None for keyword in call.keywords):
        return False
    if exclude and not call.args:
        names_a_key = any(_is_key(keyword.arg or "") for keyword in call.keywords)
        return not (names_a_key or all(_is_settled(keyword) for keyword in call.keywords))
    return all(_asks_for_nothing(argument) for argument in call.args) and all(
        _is_nothing(keyword) for keyword in call.keywords
    )


def _is_settled(keyword: ast.keyword) -> bool:
    """``email=Lower("email")``: the others are yet to be made so."""
    match keyword.value:
        case ast.Call(func, [ast.Constant(name) | ast.Call(_, [ast.Constant(name)])]):
            return _name(func) in _SETTLING and name == keyword.arg
    return False


def _asks_for_nothing(condition: ast.expr) -> bool:
    """A ``Q`` of weak conditions, ``Q(a=None) | Q(a="")``."""
    if isinstance(condition, ast.BinOp):
        return _asks_for_nothing(condition.left) and _asks_for_nothing(condition.right)
    if not isinstance(condition, ast.Call) or condition.args or not condition.keywords:
        return False
    return _name(condition.func) == "Q" and all(_is_nothing(keyword) for keyword in condition.keywords)


def _name(function: ast.expr) -> str:
    return function.attr if isinstance(function, ast.Attribute) else getattr(function, "id", "")


def _is_nothing(keyword: ast.keyword) -> bool:
    name, value = keyword.arg or "", keyword.value
    if not isinstance(value, ast.Constant) or _is_key(name):
        return False
    return "__" not in _field(name) and (name.endswith("__isnull") or value.value is None or value.value == "")


def _field(name: str) -> str:
    return name.removesuffix("__isnull").removesuffix("__exact")


def _is_key(name: str) -> bool:
    return name.partition("__")[0] in {"pk", "id"}


def asked_for(call: ast.Call) -> Iterator[Nothing]:
    """What the conditions of a weak call ask for: each of them has to be so, and of one with several fields any of these."""
    for keyword in call.keywords:
        if not _asks_for_something(keyword):
            yield frozenset([_missing(keyword)])
    for argument in call.args:
        keywords = [one for one in ast.walk(argument) if isinstance(one, ast.keyword)]
        if not any(map(_asks_for_something, keywords)):
            yield frozenset(map(_missing, keywords))


def _asks_for_something(keyword: ast.keyword) -> bool:
    return (keyword.arg or "").endswith("__isnull") and not getattr(keyword.value, "value", False)


def _missing(keyword: ast.keyword) -> tuple[str, str | None]:
    return _field(keyword.arg or ""), "" if getattr(keyword.value, "value", None) == "" else None


def picked(test: ast.expr) -> Iterator[str]:
    """The names of rows of which a condition picks some: by what they have, not by what they have not.

    ``row.state == "new"``, ``row.state in STATES``, also with more that has to be so.
    """
    match test:
        case ast.BoolOp(ast.And(), values):
            for one in values:
                yield from picked(one)
        case ast.Compare(ast.Attribute(ast.Name(row)), [ast.Eq() | ast.In()], [value]):
            nothing = isinstance(value, ast.Constant) and (value.value is None or value.value == "")
            if not nothing and not any(isinstance(one, ast.Name) and one.id == row for one in ast.walk(value)):
                yield row
