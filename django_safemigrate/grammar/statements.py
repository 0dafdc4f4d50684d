"""What the grammar says of one statement."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from django_safemigrate.grammar.kinds import Kind
from django_safemigrate.grammar.names import Relation
from django_safemigrate.values.locks import LockMode

Locks = Iterable[tuple[Relation, LockMode]]

_ORDER = list(LockMode)


@dataclass(frozen=True)
class Change:
    """A statement without subcommands, or one subcommand.

    ``name`` is the column, constraint, index or other object that it is about, where the text has it. ``inline`` are the
    constraints in a column's definition.
    """

    kind: Kind
    name: str = ""
    not_valid: bool = False
    using_index: bool = False
    inline: tuple[Change, ...] = ()


@dataclass(frozen=True)
class Statement:
    """One statement.

    ``locks`` are the strongest modes on existing tables that the text names. Not in the text are, for example, the table of
    a dropped index, the table at the other end of a dropped or validated foreign key, and partitions. ``beside`` are those
    on indexes, sequences and views. ``only``: it leaves out the partitions (``ONLY``).
    """

    changes: tuple[Change, ...]
    locks: Mapping[Relation, LockMode] = field(default_factory=dict)
    beside: Mapping[Relation, LockMode] = field(default_factory=dict)
    concurrently: bool = False
    only: bool = False

    @property
    def kinds(self) -> tuple[Kind, ...]:
        return tuple(change.kind for change in self.changes)

    @property
    def known(self) -> bool:
        """Whether ``locks`` mean anything."""
        return Kind.OTHER not in self.kinds


def strongest(locks: Locks) -> dict[Relation, LockMode]:
    """Of each relation the strongest mode."""
    found: dict[Relation, LockMode] = {}
    for name, mode in locks:
        found[name] = max(mode, found.get(name, mode), key=_ORDER.index)
    return found


def one(kind: Kind, name: str = "", locks: Locks = (), **more: Any) -> Statement:
    """A statement without subcommands."""
    return Statement((Change(kind, name),), strongest(locks), **more)
