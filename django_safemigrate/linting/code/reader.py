"""Reads a function of a migration, statement by statement, and those that it calls. Nothing of it is run."""

from __future__ import annotations

import ast
from collections.abc import Callable, Mapping, Sequence
from contextlib import nullcontext
from pathlib import Path

from django.db import connections

from .calls import called
from .conditions import picked
from .facts import Fact, Kind
from .located import Located, locate
from .loops import Loop, Loops
from .names import attribute, imported, items_of, outside, value_of
from .values import UNKNOWN, Connection, Defined, Items, Model, Query, Real, Row, Value

# How deep calls are followed.
DEEPEST = 6


class Reader:
    """``follows``: whether a function of this file is read when it is called. ``facts``: what is found."""

    def __init__(self, follows: Callable[[Path], bool]) -> None:
        self.facts: list[Fact] = []
        self.loops = Loops()
        self._follows = follows
        self._active: list[ast.AST] = []

    def read(
        self,
        function: Located,
        arguments: Sequence[Value],
        keywords: Mapping[str, Value] | None = None,
        around: Mapping[str, Value] | None = None,
    ) -> Value:
        """What a function does that is called like this; its value, where that is known. ``around``: names it can see."""
        if function.definition in self._active or len(self._active) >= DEEPEST:
            return UNKNOWN
        self._active.append(function.definition)
        scope = Scope(self, function, around or {})
        scope.bind(arguments, keywords or {})
        scope.block(function.body)
        self._active.pop()
        return scope.returned

    def call(self, function: object, arguments: Sequence[Value], keywords: Mapping[str, Value]) -> Value:
        """The same for an object that is there, if its file is to be read."""
        located = locate(function)
        if located is None or not self._follows(located.path):
            return UNKNOWN
        return self.read(located, arguments, keywords)


class Scope:
    """The names inside one call of a function."""

    def __init__(self, reader: Reader, function: Located, around: Mapping[str, Value]) -> None:
        self.reader, self.function = reader, function
        self.names: dict[str, Value] = dict(around)
        self.returned: Value = UNKNOWN

    def bind(self, arguments: Sequence[Value], keywords: Mapping[str, Value]) -> None:
        """Give the parameters their values, those of a partial first."""
        expected = self.function.definition.args
        names = [one.arg for one in (*expected.posonlyargs, *expected.args)]
        given = [*map(value_of, self.function.positional), *arguments]
        for name, default in zip(reversed(names), reversed(expected.defaults), strict=False):
            self.names[name] = self.value(default)
        self.names.update(zip(names, given, strict=False))
        self.names.update({name: value_of(item) for name, item in self.function.keywords.items()})
        self.names.update(keywords)

    def add(
        self, kind: Kind, node: ast.AST, of: Model | Query | None = None, detail: str = "", instead: str = ""
    ) -> None:
        """Note what is found, of a model or of rows."""
        model, nothing = (of.model, of.nothing) if isinstance(of, Query) else (of, ())
        self.reader.facts.append(Fact(kind, node, self.function.path, model, detail, instead, nothing))

    # Statements

    def block(self, parts: Sequence[ast.AST]) -> None:
        """Statements and expressions, one after the other; both ways of a condition, and a loop once."""
        for part in parts:
            if isinstance(part, ast.stmt):
                self._statement(part)
            elif isinstance(part, ast.expr):
                self.value(part)
            else:
                self.block(list(ast.iter_child_nodes(part)))

    def _statement(self, node: ast.stmt) -> None:
        match node:
            case ast.Assign():
                result = self.value(node.value)
                for target in node.targets:
                    self._assign(target, result)
            case ast.AnnAssign() if node.value is not None:
                self._assign(node.target, self.value(node.value))
            case ast.For() | ast.AsyncFor():
                items = self.value(node.iter)
                one_by_one: list[Value | None] = [*items_of(items)] or [None]
                for item in one_by_one:
                    self._go_through(items, item, node.target, node, node.body)
                self.block(node.orelse)
            case ast.With() | ast.AsyncWith():
                for each in node.items:
                    result = self.value(each.context_expr)
                    if each.optional_vars is not None:
                        self._assign(each.optional_vars, result)
                self.block(node.body)
            case ast.If():
                self._condition(node)
            case ast.Return() if node.value is not None:
                result = self.value(node.value)
                self.returned = result if self.returned is UNKNOWN else self.returned
            case ast.FunctionDef() | ast.AsyncFunctionDef():
                self.names[node.name] = self._defined(node)
            case ast.ImportFrom() | ast.Import():
                self.names.update(imported(node, self.function.outside.get("__package__")))
            case ast.ClassDef():
                pass  # its methods are not called here
            case _:
                self.block(list(ast.iter_child_nodes(node)))

    def _condition(self, node: ast.If) -> None:
        """Both ways; the first one of a condition that picks rows is for some of a loop's only."""
        self.value(node.test)
        row = next((self.names.get(name) for name in picked(node.test) if name in self.names), None)
        with self.reader.loops.only_some(row) if isinstance(row, Row) else nullcontext():
            self.block(node.body)
        self.block(node.orelse)

    def _go_through(
        self, items: Value, item: Value | None, target: ast.expr, node: ast.AST, body: Sequence[ast.AST]
    ) -> None:
        """A loop over items, of which nothing is known one by one; else once, with this one."""
        loop = self._loop(items, node)
        if loop is None:
            self._assign(target, _one_of(items) if item is None else item)
            self.block(body)
            return
        self._assign(target, loop.row)
        self.reader.loops.enter(loop)
        self.block(body)
        self.reader.facts += self.reader.loops.leave()

    def _loop(self, items: Value, node: ast.AST) -> Loop | None:
        """The loop over all rows of a table that it is to go through these; None where it is none."""
        row = _one_of(items)
        if isinstance(items, Query) and not items.aliased:
            self.add(Kind.DEFAULT, node, items.model)
        if not isinstance(row, Row) or not row.is_any:
            return None
        return Loop(row, node, self.function.path, isinstance(items, Items) or (row.of is not None and row.of.streamed))

    def _assign(self, target: ast.expr, value: Value) -> None:
        """Give a name its value; several at once from a list, and each that of a row."""
        if isinstance(target, ast.Name):
            self.names[target.id] = value
        elif isinstance(target, ast.Tuple | ast.List):
            parts = [value] * len(target.elts) if isinstance(value, Row) else items_of(value)
            for number, one in enumerate(target.elts):
                self._assign(one, parts[number] if number < len(parts) else UNKNOWN)

    # Expressions

    def value(self, node: ast.expr) -> Value:
        """What an expression is; what it does is noted."""
        match node:
            case ast.Name():
                return self.names[node.id] if node.id in self.names else outside(node.id, self.function.outside)
            case ast.Constant():
                return Real(node.value)
            case ast.Attribute():
                return attribute(self.value(node.value), node.attr)
            case ast.Call():
                return called(self, node)
            case ast.Subscript():
                return self._subscript(self.value(node.value), node.slice)
            case ast.ListComp() | ast.SetComp() | ast.GeneratorExp() | ast.DictComp():
                return self._comprehension(node)
            case ast.List() | ast.Tuple() | ast.Set():
                return self._display(node.elts)
            case ast.NamedExpr():
                result = self.value(node.value)
                self._assign(node.target, result)
                return result
            case ast.IfExp():
                self.value(node.test)
                body, other = self.value(node.body), self.value(node.orelse)
                return other if body is UNKNOWN else body
            case ast.Lambda():
                return self._defined(node)
        self.block(list(ast.iter_child_nodes(node)))
        return UNKNOWN

    def _defined(self, node: ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda) -> Defined:
        return Defined(Located(node, self.function.path, self.function.outside), self.names)

    def _display(self, items: Sequence[ast.expr]) -> Value:
        values = [self.value(item) for item in items]
        if values and all(isinstance(value, Real) for value in values):
            return Real([value.value for value in values if isinstance(value, Real)])
        return Items(next((value for value in values if isinstance(value, Row)), None))

    def _subscript(self, of: Value, index: ast.expr) -> Value:
        self.value(index)
        if isinstance(of, Query):
            whole = isinstance(index, ast.Slice) and index.lower is None and index.upper is None
            part = of if whole else of.but(narrowed=True)
            return part if isinstance(index, ast.Slice) else Row(of.model, part)
        return Connection() if isinstance(of, Real) and of.value is connections else UNKNOWN

    def _comprehension(self, node: ast.ListComp | ast.SetComp | ast.GeneratorExp | ast.DictComp) -> Value:
        before = dict(self.names)
        first, *more = node.generators
        result = [node.key, node.value] if isinstance(node, ast.DictComp) else [node.elt]
        rest = [part for each in more for part in (each.iter, *each.ifs)]
        self._go_through(self.value(first.iter), None, first.target, node, [*first.ifs, *rest, *result])
        made = self.value(result[-1]) if isinstance(result[-1], ast.Name) else UNKNOWN
        self.names = before
        return Items(made if isinstance(made, Row) and not first.ifs else None)


def _one_of(items: Value) -> Value:
    """One of several rows."""
    if isinstance(items, Query):
        return Row(items.model, items)
    return (items.row or UNKNOWN) if isinstance(items, Items) else UNKNOWN
