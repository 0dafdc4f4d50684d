"""What calls do: to rows, to the schema, beyond the database."""

from __future__ import annotations

import ast
import time
from types import BuiltinFunctionType, FunctionType
from typing import TYPE_CHECKING, Any

from django.apps import apps as current_apps
from django.contrib.auth import get_user_model
from django.db import transaction

from .facts import Kind
from .instead import of_update
from .names import is_a, value_of
from .outside import effect, effect_of, starts_task
from .placeholders import without_placeholders
from .queries import ALIASING, CONDITIONS, KEEP, MAKING, NARROW, ONE, WHOLE, narrowed
from .values import (
    UNKNOWN,
    Apps,
    Connection,
    Cursor,
    Defined,
    Editor,
    Items,
    Known,
    Method,
    Model,
    NotLoaded,
    Query,
    Real,
    Row,
    Value,
)

if TYPE_CHECKING:
    from .reader import Scope

# Of the schema editor: what changes the schema.
ALTERING = {
    "add_constraint", "add_field", "add_index", "alter_db_table", "alter_db_tablespace", "alter_field",
    "alter_index_together", "alter_unique_together", "create_model", "delete_model", "remove_constraint", "remove_field",
    "remove_index", "rename_index",
}  # fmt: skip
_COLLECTING = (list, tuple, set, frozenset, sorted, dict)
_GOING_THROUGH = (len, sum, min, max, any, all)
_PASSING = (enumerate, iter, reversed)
_ENDING = (transaction.commit, transaction.rollback, transaction.set_autocommit)


def called(scope: Scope, node: ast.Call) -> Value:
    """The value of a call; what it does is noted."""
    function = scope.value(node.func)
    arguments = [scope.value(one.value if isinstance(one, ast.Starred) else one) for one in node.args]
    keywords = {one.arg: value for one in node.keywords for value in [scope.value(one.value)] if one.arg}
    match function:
        case Method(of, name):
            return _method(scope, node, of, name, arguments, keywords)
        case Model():
            _asks_now(scope, node, function)
            return Row(function)
        case Defined(inner, names):
            return scope.reader.read(inner, arguments, keywords, names)
        case NotLoaded(name) if does := effect_of(name):
            scope.add(Kind.OUTSIDE, node, detail=does)
        case Real(value):
            return _function(scope, node, value, arguments, keywords)
    return UNKNOWN


def _function(scope: Scope, node: ast.Call, value: Any, arguments: list[Value], keywords: dict[str, Value]) -> Value:
    first = arguments[0] if arguments else UNKNOWN
    if not is_a(value, FunctionType, BuiltinFunctionType, type):
        return UNKNOWN
    if value is get_user_model:
        return value_of(get_user_model())
    if any(value is one for one in _ENDING):
        scope.add(Kind.ENDS, node, detail=ast.unparse(node.func))
    elif value is time.sleep:
        scope.add(Kind.SLEEPS, node)
    elif any(value is one for one in _PASSING) or value.__name__ == "tqdm":
        return first
    elif any(value is one for one in _COLLECTING):
        return _collected(scope, node, first)
    elif any(value is one for one in _GOING_THROUGH):
        if isinstance(first, Query) and not first.narrowed and not first.streamed:
            scope.add(Kind.LOADS, node, first, f"{ast.unparse(node.func)}()")
    elif does := effect(value):
        scope.add(Kind.OUTSIDE, node, detail=does)
    elif is_a(value, FunctionType):
        return scope.reader.call(value, arguments, keywords)
    return UNKNOWN


def _collected(scope: Scope, node: ast.Call, first: Value) -> Value:
    if isinstance(first, Query):
        _asks(scope, node, first)
        if not first.narrowed:
            scope.add(Kind.LOADS, node, first, f"{ast.unparse(node.func)}()")
        return Items(Row(first.model, first))
    return first if isinstance(first, Items) else Items()


def _method(
    scope: Scope, node: ast.Call, of: Value, name: str, arguments: list[Value], keywords: dict[str, Value]
) -> Value:
    match of:
        case Apps():
            return _get_model(scope, node, arguments, keywords) if name == "get_model" else UNKNOWN
        case Real(value):
            if value is current_apps and name == "get_model":
                model = _named(arguments, keywords)
                return UNKNOWN if model is None else Model(model.app_label, model.name, direct=True)
            if starts_task(value, name):
                scope.add(Kind.OUTSIDE, node, detail="gives work to a task queue")
        case Query():
            return _of_query(scope, node, of, name, arguments, keywords)
        case Row() if name in {"save", "delete", "asave", "adelete"}:
            scope.reader.loops.wrote(f"{name}()", of if of.of is not None else None)
        case Items():
            _into(of, name, arguments)
        case Editor() | Connection() | Cursor():
            return _of_connection(scope, node, of, name, arguments)
    return UNKNOWN


def _of_connection(scope: Scope, node: ast.Call, of: Known, name: str, arguments: list[Value]) -> Value:
    match of, name:
        case Connection(default), "cursor":
            if default:
                scope.add(Kind.DEFAULT, node, detail=ast.unparse(node.func))
            return Cursor()
        case Connection(), "schema_editor":
            return Editor()
        case Connection(), "commit" | "rollback" | "set_autocommit":
            scope.add(Kind.ENDS, node, detail=ast.unparse(node.func))
        case Editor() | Cursor(), "execute" | "executemany":
            if arguments and isinstance(arguments[0], Real) and isinstance(arguments[0].value, str):
                given = len(arguments) > 1 or bool(node.keywords)
                scope.add(
                    Kind.SQL, node, detail=without_placeholders(arguments[0].value) if given else arguments[0].value
                )
        case Editor(), _ if name in ALTERING:
            scope.add(Kind.ALTERS, node, detail=name)
    return UNKNOWN


def _into(items: Items, name: str, arguments: list[Value]) -> None:
    for one in arguments:
        if name in {"append", "add"} and isinstance(one, Row):
            items.row = one
        elif name == "extend" and isinstance(one, Items):
            items.row = items.row or one.row


def _of_query(
    scope: Scope, node: ast.Call, query: Query, name: str, arguments: list[Value], keywords: dict[str, Value]
) -> Value:
    loops = scope.reader.loops
    _asks_now(scope, node, query.model)
    if name in KEEP:
        return query
    if name in CONDITIONS:
        return narrowed(query, name, node)
    if name in ALIASING:
        return query.but(aliased=True)
    if name == "iterator":
        return query.but(streamed=True)
    if name in NARROW:
        return query.but(narrowed=True)
    _asks(scope, node, query)
    if name in ONE:
        return Row(query.model, query.but(narrowed=True))
    if name in WHOLE:
        loops.wrote(f"{name}()")
        if not query.narrowed:
            scope.add(Kind.UPDATES, node, query, name, of_update(node, query) if name == "update" else "")
    elif name == "bulk_update":
        rows = arguments[0] if arguments else keywords.get("objs", UNKNOWN)
        loops.wrote("bulk_update()")
        if isinstance(rows, Query) and not rows.narrowed:
            scope.add(Kind.WRITES_EACH, node, rows, "bulk_update()")
        elif isinstance(rows, Items) and rows.row is not None and rows.row.is_any:
            scope.add(Kind.WRITES_EACH, node, rows.row.of, "bulk_update()")
    elif name in MAKING:
        loops.wrote(f"{name}()")
        return Row(query.model)
    return UNKNOWN


def _get_model(scope: Scope, node: ast.Call, arguments: list[Value], keywords: dict[str, Value]) -> Value:
    model = _named(arguments, keywords)
    if model is None:
        return UNKNOWN
    scope.add(Kind.ASKED, node, model)
    return model


def _named(arguments: list[Value], keywords: dict[str, Value]) -> Model | None:
    """As ``get_model`` takes it: ``"shop.Order"``, or the label and the name."""
    given = [*arguments, *(keywords[name] for name in ("app_label", "model_name") if name in keywords)]
    names = [one.value for one in given if isinstance(one, Real) and isinstance(one.value, str)]
    if len(names) != len(given) or not names:
        return None
    label, _, name = names[0].partition(".") if len(names) == 1 else (names[0], "", names[1])
    return Model(label, name) if name else None


def _asks_now(scope: Scope, node: ast.Call, model: Model) -> None:
    if model.direct:
        scope.add(Kind.IMPORTED, node, model)


def _asks(scope: Scope, node: ast.Call, query: Query) -> None:
    if not query.aliased:
        scope.add(Kind.DEFAULT, node, query.model)
