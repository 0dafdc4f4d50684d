"""Rules: how one autodetected operation ships. One file per operation of Django's; each registers itself.

A rule is a pure function of an operation and the state before it. It returns the parts into which the operation is split,
in order, or None where it does not apply; then ``others`` decides, and the operation goes through as Django writes it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import IntEnum
from functools import cache
from importlib import import_module
from pkgutil import iter_modules
from typing import Any, TypeVar

from django.db.migrations.operations.base import Operation
from django.db.migrations.state import ProjectState


class Level(IntEnum):
    """Expand makes the database accept more, contract makes it accept less."""

    EXPAND = 0
    CONTRACT = 1


@dataclass(frozen=True)
class Part:
    """An operation in one of the two phases.

    ``unsafe`` says why it is not made safe yet, empty where it is safe. ``remark``: what people should know of it although
    it is. ``demotable``: it may wait for the contract when something that it needs happens only there.
    """

    level: Level
    operation: Operation
    unsafe: str = ""
    remark: str = ""
    demotable: bool = False

    @property
    def notes(self) -> list[str]:
        """Lines for people."""
        said = f"{self.unsafe}: {self.operation.describe()}" if self.unsafe else ""
        return [note for note in (said, self.remark) if note]


Rule = Callable[[Any, str, ProjectState], list[Part] | None]
R = TypeVar("R", bound=Rule)

_RULES: dict[type[Operation], Rule] = {}


def rule(*operations: type[Operation]) -> Callable[[R], R]:
    """Register a rule for operation classes (exactly these: a subclass may do anything)."""

    def register(function: R) -> R:
        for operation in operations:
            _RULES[operation] = function
        return function

    return register


@cache
def _load() -> None:
    for module in iter_modules(__path__):
        import_module(f"{__name__}.{module.name}")


def parts_of(operation: Operation, app_label: str, before: ProjectState) -> list[Part]:
    """The parts into which an operation is split. ``before`` is the state before it, and is not changed."""
    from .others import as_django_writes_it

    _load()
    own = _RULES.get(type(operation))
    parts = own(operation, app_label, before) if own else None
    return as_django_writes_it(operation, app_label, before) if parts is None else parts
