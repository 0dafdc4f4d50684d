"""What a rule may answer: parts in phases, a question to the author, or a refusal."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import IntEnum
from typing import TypeAlias

from django.db.migrations.operations.base import Operation


class Level(IntEnum):
    """Expand makes the database accept more, contract makes it accept less."""

    EXPAND = 0
    CONTRACT = 1

    @property
    def words(self) -> str:
        return "before deploy" if self is Level.EXPAND else "after deploy"


@dataclass(frozen=True)
class Part:
    """An operation in one of the two phases.

    ``remark``: what people should know of it, empty where there is nothing. ``demotable``: it may wait for the contract when
    something that it needs happens only there.
    """

    level: Level
    operation: Operation
    remark: str = ""
    demotable: bool = False


@dataclass(frozen=True)
class Option:
    """An answer to a question: ``label`` in a few words, ``consequence`` in one line, and the parts that it leads to.

    ``instead``: a line for the model. Whoever takes this answer writes that first, and no migration.
    """

    label: str
    consequence: str
    parts: tuple[Part, ...]
    instead: str = ""


@dataclass(frozen=True)
class Question:
    """What only the author can know. The first option is the safe one, and is taken where nobody can be asked.

    ``about`` names it on a command line, in lower case and without spaces: ``shop.order.number.unique``.
    """

    about: str
    text: str
    options: tuple[Option, ...]


@dataclass(frozen=True)
class Refusal:
    """A change that no two phases suit: fact, reason, and what to do instead, with the author's own names filled in.

    ``parts`` are what is written when the author insists, in the phase of the author's choice.
    """

    fact: str
    reason: str
    remedy: str
    parts: tuple[Operation, ...]


Answer: TypeAlias = Sequence[Part] | Question | Refusal
