"""What names and attributes stand for, where the objects are there: modules are loaded, and nothing is called."""

from __future__ import annotations

import ast
import builtins
import inspect
import sys
from collections.abc import Iterator, Mapping
from importlib.util import resolve_name
from types import ModuleType
from typing import Any

from django.apps import apps as current_apps
from django.conf import settings
from django.db import connection, models

from .queries import MANAGERS
from .values import UNKNOWN, Connection, Editor, Known, Method, Model, NotLoaded, Query, Real, Value

# Of how many items a list is gone through one by one.
MOST_ITEMS = 20


def is_a(thing: object, *kinds: type) -> bool:
    """Whether an object is one of these; a lazy one is not asked what it stands for, which might run a query."""
    return issubclass(type(thing), kinds)


def value_of(thing: Any) -> Value:
    """What an object stands for."""
    if thing is connection:
        return Connection(default=True)
    if is_a(thing, type) and issubclass(thing, models.Model) and thing is not models.Model and not thing._meta.abstract:
        return Model(thing._meta.app_label, thing.__name__, direct=thing._meta.apps is current_apps)
    return Real(thing)


def outside(name: str, names: Mapping[str, Any]) -> Value:
    """A name of the module, or one that is built in."""
    if name in names:
        return value_of(names[name])
    return Real(getattr(builtins, name)) if hasattr(builtins, name) else UNKNOWN


def attribute(of: Value, name: str) -> Value:
    """An attribute. Only modules, classes and settings are asked for theirs, so that nothing is run."""
    if isinstance(of, Editor) and name == "connection":
        return Connection()
    if isinstance(of, Model):
        return Query(of) if name in MANAGERS else UNKNOWN
    if isinstance(of, NotLoaded):
        return NotLoaded(f"{of.name}.{name}")
    if isinstance(of, Real):
        found = _attribute(of.value, name)
        if found is not None:
            return value_of(found)
    return Method(of, name) if isinstance(of, Known) else UNKNOWN


def _attribute(thing: Any, name: str) -> object:
    if is_a(thing, ModuleType):
        return vars(thing).get(name) or sys.modules.get(f"{thing.__name__}.{name}")
    if is_a(thing, type):
        found = inspect.getattr_static(thing, name, None)
        return found.__func__ if isinstance(found, staticmethod) else found
    return getattr(settings, name, None) if thing is settings else None


def items_of(value: Value) -> list[Value]:
    """The items of a list or dict that is there; none where it is long, or something else."""
    if isinstance(value, Real) and is_a(value.value, list, tuple, set, frozenset, dict):
        return [value_of(item) for item in value.value] if len(value.value) <= MOST_ITEMS else []
    return []


def imported(node: ast.Import | ast.ImportFrom, package: str | None) -> Iterator[tuple[str, Value]]:
    """The names that an import inside a function binds, as far as the modules are loaded."""
    for alias in node.names:
        if isinstance(node, ast.Import):
            whole = alias.name if alias.asname else alias.name.partition(".")[0]
            yield alias.asname or whole, _module(whole)
        else:
            yield alias.asname or alias.name, _from_module(_absolute(node, package), alias.name)


def _absolute(node: ast.ImportFrom, package: str | None) -> str:
    try:
        return resolve_name("." * node.level + (node.module or ""), package)
    except (ImportError, TypeError):
        return ""


def _module(name: str) -> Value:
    return Real(sys.modules[name]) if name in sys.modules else NotLoaded(name)


def _from_module(module: str, name: str) -> Value:
    found = vars(sys.modules[module]).get(name) if module in sys.modules else None
    return _module(f"{module}.{name}") if found is None else value_of(found)
