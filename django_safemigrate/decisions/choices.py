"""What the author of a change has decided, where rules leave it to people."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from .rules.parts import Level, Question


def first_option(question: Question) -> int:
    """The safe default of every question."""
    return 0


@dataclass(frozen=True)
class Choices:
    """``answer`` gives the number of an option of a question (from 0). ``insist``: the phase in which changes are written
    for which there is no safe way; None where they are refused.
    """

    answer: Callable[[Question], int] = first_option
    insist: Level | None = None


SAFE = Choices()
