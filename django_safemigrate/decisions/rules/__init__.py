"""Rules: how one autodetected operation ships. One file per operation of Django's; each registers itself.

A rule is a pure function of an operation and the state before it. It returns the parts into which the operation is split,
in order; a question, where only the author knows; or a refusal. ``unknown`` is for classes without a rule.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from importlib import import_module
from pkgutil import iter_modules
from typing import Any, TypeVar

from django.db.migrations.operations.base import Operation
from django.db.migrations.state import ProjectState

from .parts import Answer, Level, Option, Part, Question, Refusal

__all__ = ["Answer", "Level", "Option", "Part", "Question", "Refusal", "answer_of", "has_rule", "rule"]

Rule = Callable[[Any, str, ProjectState], Answer]
R = TypeVar("R", bound=Rule)

_RULES: dict[type[Operation], Rule] = {}


# What makes an operation do what its base class does, if it leaves all of them alone.
_METHODS = ("state_forwards", "database_forwards", "database_backwards", "allow_migrate_model")


def rule(*operations: type[Operation]) -> Callable[[R], R]:
    """Register a rule for operation classes, and for subclasses that do nothing else than these."""

    def register(function: R) -> R:
        for operation in operations:
            _RULES[operation] = function
        return function

    return register


@cache
def _load() -> None:
    for module in iter_modules(__path__):
        import_module(f"{__name__}.{module.name}")


def _rule_of(kind: type[Operation]) -> Rule | None:
    for base in kind.__mro__:
        if base in _RULES and all(getattr(kind, method) is getattr(base, method) for method in _METHODS):
            return _RULES[base]
    return None


def has_rule(operation: Operation) -> bool:
    """Whether there is a rule for operations of this class."""
    _load()
    return _rule_of(type(operation)) is not None


def answer_of(operation: Operation, app_label: str, before: ProjectState) -> Answer:
    """How an operation ships. ``before`` is the state before it, and is not changed."""
    from .unknown import unknown

    _load()
    own = _rule_of(type(operation))
    return own(operation, app_label, before) if own else unknown(operation, app_label, before)
