"""Where the text of a function is."""

from __future__ import annotations

import ast
import functools
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import FunctionType, MethodType
from typing import Any

Definition = ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda


@dataclass(frozen=True)
class Located:
    """A function's text, and the names that it finds outside of itself. ``positional`` and ``keywords`` are given already."""

    definition: Definition
    path: Path
    outside: Mapping[str, Any] = field(default_factory=dict)
    positional: tuple[Any, ...] = ()
    keywords: Mapping[str, Any] = field(default_factory=dict)

    @property
    def body(self) -> list[ast.stmt]:
        """Its statements; those of a lambda are to return its value."""
        if isinstance(self.definition, ast.Lambda):
            value = self.definition.body
            return [ast.copy_location(ast.Return(value), value)]
        return self.definition.body


def locate(code: object) -> Located | None:
    """The function behind partials, bound methods, decorators that say what they wrap, and objects that can be called.

    None for one whose text is not there, or not certain.
    """
    positional: tuple[Any, ...] = ()
    keywords: dict[str, Any] = {}
    while not isinstance(code, FunctionType) or hasattr(code, "__wrapped__"):
        if isinstance(code, functools.partial):
            positional, keywords = (*code.args, *positional), {**code.keywords, **keywords}
            code = code.func
        elif isinstance(code, MethodType):
            positional, code = (code.__self__, *positional), code.__func__
        elif hasattr(code, "__wrapped__"):
            code = code.__wrapped__
        elif isinstance(getattr(type(code), "__call__", None), FunctionType):  # noqa: B004
            positional, code = (code, *positional), type(code).__call__
        else:
            return None
    path = Path(code.__code__.co_filename).resolve()
    definition = _definition(path, code.__name__, code.__code__.co_firstlineno)
    if definition is None:
        return None
    return Located(definition, path, _outside(code), positional, keywords)


def _outside(function: FunctionType) -> dict[str, Any]:
    names = dict(function.__globals__)
    for name, cell in zip(function.__code__.co_freevars, function.__closure__ or (), strict=True):
        try:
            names[name] = cell.cell_contents
        except ValueError:  # it is given a value later
            continue
    return names


def _definition(path: Path, name: str, line: int) -> Definition | None:
    """The one function of this name that begins in a line; two lambdas in it cannot be told apart."""
    try:
        changed = path.stat().st_mtime_ns
    except OSError:
        return None
    found = [one for one in _definitions(path, changed).get(line, ()) if getattr(one, "name", "<lambda>") == name]
    return found[0] if len(found) == 1 else None


@functools.lru_cache(maxsize=128)
def _definitions(path: Path, changed: int) -> dict[int, list[Definition]]:
    """The functions of a file by the line that they begin in, with their decorators."""
    try:
        tree = ast.parse(path.read_bytes())
    except (OSError, SyntaxError, ValueError):
        return {}
    found: dict[int, list[Definition]] = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda):
            first = min([node.lineno, *(one.lineno for one in getattr(node, "decorator_list", ()))])
            found.setdefault(first, []).append(node)
    return found
