"""What the author of a change has decided, where rules leave it to people."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from .rules.parts import Level, Question, Refusal


def first_option(question: Question) -> int:
    """The safe default of every question."""
    return 0


def stop(refusals: Sequence[Refusal]) -> None:
    """What is not safe is not written."""


@dataclass(frozen=True)
class Choices:
    """``answer`` gives the number of an option of a question (from 0). ``insist``: the phase in which changes are written
    for which there is no safe way; where it is None, ``decide`` is asked, which may say None, too: they are refused.
    """

    answer: Callable[[Question], int] = first_option
    insist: Level | None = None
    decide: Callable[[Sequence[Refusal]], Level | None] = stop


SAFE = Choices()
