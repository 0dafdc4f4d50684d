"""Rules: what is wrong with one statement. Each registers itself for a kind of node of PostgreSQL's grammar."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import cache
from importlib import import_module
from pkgutil import iter_modules
from typing import TypeVar

from django_safemigrate.grammar.parse import Tree, node
from django_safemigrate.linting.statements.seen import Around, Seen

Rule = Callable[[Tree, Around], Iterator[Seen]]
R = TypeVar("R", bound=Rule)

_RULES: dict[str, list[Rule]] = {}


def rule(*kinds: str) -> Callable[[R], R]:
    """Register a rule for the kinds of nodes (``index_stmt``), whose fields it gets."""

    def register(function: R) -> R:
        for kind in kinds:
            _RULES.setdefault(kind, []).append(function)
        return function

    return register


def subcommand(*subtypes: str) -> Callable[[R], R]:
    """Register a rule for subcommands of ALTER TABLE (``AT_SetNotNull``); it gets the statement's ``relation``, too."""
    return rule(*subtypes)


def seen_in(tree: Tree, around: Around) -> Iterator[Seen]:
    """What all rules see in one statement, as ``parse`` gives it."""
    _load()
    kind, fields = node(tree)
    for each in _RULES.get(kind, ()):
        yield from each(fields, around)
    if kind == "alter_table_stmt" and fields["objtype"] in {"OBJECT_TABLE", "OBJECT_FOREIGN_TABLE", "OBJECT_MATVIEW"}:
        for command in fields["cmds"]:
            one = {**command["alter_table_cmd"], "relation": fields["relation"]}
            for each in _RULES.get(one["subtype"], ()):
                yield from each(one, around)


@cache
def _load() -> None:
    for module in iter_modules(__path__):
        import_module(f"{__name__}.{module.name}")
