"""The text of a migration, to be changed in places; comments and the form of the rest stay."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import libcst as cst

_INNER = "database_operations"


@dataclass(frozen=True)
class MigrationFile:
    """Each change gives another one. Nothing is changed in a file that is not as Django or people write it: then None."""

    module: cst.Module

    @classmethod
    def parsed(cls, text: str) -> MigrationFile:
        return cls(cst.parse_module(text))

    @property
    def has_class(self) -> bool:
        """Whether a class Migration is written in it."""
        return any(isinstance(one, cst.ClassDef) and one.name.value == "Migration" for one in self.module.body)

    @property
    def text(self) -> str:
        return self.module.code

    # Operations

    def operation(self, path: str) -> cst.Call | None:
        """The call at a place in the list of operations (``"2"``, ``"2.0"``), if it is written there."""
        found = self._element(path)
        return found.value if found is not None and isinstance(found.value, cst.Call) else None

    def count(self) -> int | None:
        """How many operations there are; None where they are no plain list."""
        listed = self._listed()
        return None if listed is None else len(listed.elements)

    def with_operation(self, old: cst.Call, *new: cst.Call) -> MigrationFile:
        """With one or several in the place of an operation, each on lines of its own."""
        for listed in self._lists():
            for number, element in enumerate(listed.elements):
                if element.value is old:
                    elements = [*listed.elements]
                    elements[number : number + 1] = _elements(listed, number, new)
                    return self._with(listed, listed.with_changes(elements=elements))
        raise ValueError("an operation of another file")

    def _element(self, path: str) -> cst.BaseElement | None:
        numbers = [int(part) for part in path.split(".")]
        listed = self._listed()
        found: cst.BaseElement | None = None
        for depth, number in enumerate(numbers):
            if depth:
                listed = _inner(found.value) if found is not None else None
            if listed is None or number >= len(listed.elements):
                return None
            found = listed.elements[number]
        return found

    def _listed(self) -> cst.List | None:
        value = self._value("operations")
        return value if isinstance(value, cst.List) else None

    def _lists(self) -> list[cst.List]:
        """That of the class, and those inside."""
        found, left = [], [self._listed()]
        while left:
            listed = left.pop()
            if listed is not None:
                found.append(listed)
                left += [_inner(element.value) for element in listed.elements]
        return found

    # Attributes

    def source(self, name: str) -> str:
        """The value of an attribute of the class as it is written; empty where it has none."""
        value = self._value(name)
        return "" if value is None else self.module.code_for_node(value)

    def with_attribute(self, name: str, source: str) -> MigrationFile:
        """With another value, or with the attribute on top of the class."""
        old = self._value(name)
        if old is not None:
            return self._with(old, cst.parse_expression(source))
        body = self._class().body
        statements = [*body.body]
        first = 1 if _is_docstring(statements[0]) else 0
        line = cst.parse_statement(f"{name} = {source}")
        statements.insert(first, line)
        return self._with(body, body.with_changes(body=statements))

    def _class(self) -> cst.ClassDef:
        for statement in self.module.body:
            if isinstance(statement, cst.ClassDef) and statement.name.value == "Migration":
                return statement
        raise ValueError("no class Migration")

    def _value(self, name: str) -> cst.BaseExpression | None:
        for statement in self._class().body.body:
            for small in statement.body if isinstance(statement, cst.SimpleStatementLine) else ():
                target = small.targets[0].target if isinstance(small, cst.Assign) else getattr(small, "target", None)
                if isinstance(small, cst.Assign | cst.AnnAssign) and _is_name(target, name):
                    return small.value
        return None

    # Imports

    def with_import(self, module: str, name: str) -> MigrationFile:
        """With ``from module import name``, in its place among those that are there."""
        wanted = f"from {module} import {name}"
        imports = [
            (number, self.module.code_for_node(statement.with_changes(leading_lines=())).strip())
            for number, statement in enumerate(self.module.body)
            if isinstance(statement, cst.SimpleStatementLine)
            and isinstance(statement.body[0], cst.Import | cst.ImportFrom)
        ]
        if any(text.startswith(f"from {module} import") and name in _names(text) for _, text in imports):
            return self
        top = module.partition(".")[0]
        later = [
            number for number, text in imports if text.startswith((f"from {top}.", f"from {top} ")) and text > wanted
        ]
        place = later[0] if later else imports[-1][0] + 1 if imports else 0
        body = [*self.module.body]
        line = cst.parse_statement(wanted)
        if later:
            # The blank line above a group of imports stays above it.
            follower = cst.ensure_type(body[place], cst.SimpleStatementLine)
            line = line.with_changes(leading_lines=follower.leading_lines)
            body[place] = follower.with_changes(leading_lines=())
        body.insert(place, line)
        return replace(self, module=self.module.with_changes(body=body))

    def _with(self, old: cst.CSTNode, new: cst.CSTNode) -> MigrationFile:
        changed = self.module.deep_replace(old, new)
        assert isinstance(changed, cst.Module)
        return replace(self, module=changed)


def argument(call: cst.Call, place: int, name: str) -> cst.Arg | None:
    """An argument, by its place or by its name."""
    for number, arg in enumerate(call.args):
        if (arg.keyword is None and number == place) or (arg.keyword is not None and arg.keyword.value == name):
            return arg
    return None


def called(call: cst.Call) -> str:
    """The last part of the name that is called."""
    function = call.func
    return function.attr.value if isinstance(function, cst.Attribute) else getattr(function, "value", "")


def _inner(value: cst.BaseExpression) -> cst.List | None:
    """The database operations of a SeparateDatabaseAndState."""
    if not isinstance(value, cst.Call) or called(value) != "SeparateDatabaseAndState":
        return None
    found = argument(value, 0, _INNER)
    return found.value if found is not None and isinstance(found.value, cst.List) else None


def _elements(listed: cst.List, number: int, new: Sequence[cst.Call]) -> list[cst.Element]:
    """In the place of one element: the last has its comma, the others one and the line break that is between elements."""
    old = listed.elements[number]
    between = _comma(listed)
    made = [cst.Element(call, comma=between) for call in new[:-1]]
    return [*made, cst.Element(new[-1], comma=old.comma)]


def _comma(listed: cst.List) -> cst.Comma:
    """A comma, and a line break with the indentation of the list's elements where they stand on lines of their own."""
    for element in listed.elements:
        comma = element.comma
        after = comma.whitespace_after if isinstance(comma, cst.Comma) else None
        if isinstance(after, cst.ParenthesizedWhitespace) and element is not listed.elements[-1]:
            return cst.Comma(whitespace_after=_break(after.last_line.value))
    opening = listed.lbracket.whitespace_after
    if isinstance(opening, cst.ParenthesizedWhitespace):
        return cst.Comma(whitespace_after=_break(opening.last_line.value))
    return cst.Comma(whitespace_after=cst.SimpleWhitespace(" "))


def _break(indentation: str) -> cst.ParenthesizedWhitespace:
    return cst.ParenthesizedWhitespace(indent=True, last_line=cst.SimpleWhitespace(indentation))


def _is_name(node: object, name: str) -> bool:
    return isinstance(node, cst.Name) and node.value == name


def _is_docstring(statement: cst.BaseStatement | cst.BaseSmallStatement) -> bool:
    if not isinstance(statement, cst.SimpleStatementLine) or not isinstance(statement.body[0], cst.Expr):
        return False
    return isinstance(statement.body[0].value, cst.SimpleString | cst.ConcatenatedString)


def _names(text: str) -> set[str]:
    return {part.strip("() ,") for part in text.partition(" import ")[2].replace("\n", ",").split(",")}
