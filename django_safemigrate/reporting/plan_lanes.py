"""The lanes of a plan's page: one for each table, with the steps that work on it in their order."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from django_safemigrate.decisions.explaining import Circumstances, Explanation, Impact, plain_name
from django_safemigrate.doing.preview import StepPreview
from django_safemigrate.values.steps import Work

Step = tuple[int, StepPreview, Explanation]


@dataclass(frozen=True)
class Block:
    """A step in the lane of a table; ``impact`` is what those who use this table notice."""

    number: int
    what: str
    impact: Impact
    done: bool

    @property
    def word(self) -> str:
        return "done" if self.done else _WORDS[self.impact]


_WORDS = {Impact.NOBODY: "nobody", Impact.BRIEFLY: "brief", Impact.BLOCKS: "waits", Impact.UNKNOWN: "unknown"}


@dataclass(frozen=True)
class Lane:
    """``blocks``: one for each step of the phase, None where the step leaves the table alone."""

    title: str
    note: str
    blocks: tuple[Block | None, ...]


def lanes(steps: Sequence[Step], met: Circumstances) -> list[Lane]:
    """In the order in which the tables are first worked on; steps that lock no table have a lane of their own."""
    titles = dict.fromkeys(relation for _, seen, _ in steps for relation in _relations(seen))
    return [Lane(*_title(relation, met), tuple(_blocks(steps, relation, met))) for relation in titles]


# In the place of a relation.
_NONE, _ANY = "", "*"


def _relations(seen: StepPreview) -> list[str]:
    known = [lock.relation for lock in (*seen.step.locks, *seen.locks)]
    return known or [_ANY if seen.step.work is Work.OPAQUE else _NONE]


def _title(relation: str, met: Circumstances) -> tuple[str, str]:
    if relation in (_NONE, _ANY):
        return "no table in use" if relation == _NONE else "what the code uses", ""
    size = met.sizes.get(relation)
    return plain_name(relation), "new" if relation in met.new_tables else str(size or "")


def _blocks(steps: Sequence[Step], relation: str, met: Circumstances) -> Iterator[Block | None]:
    for number, seen, explained in steps:
        if relation in _relations(seen):
            yield Block(number, seen.step.description, _impact(seen, explained, relation, met), seen.done)
        else:
            yield None


def _impact(seen: StepPreview, explained: Explanation, relation: str, met: Circumstances) -> Impact:
    """Of a step that locks several tables, some may be in the way of nobody."""
    strong = any(lock.mode.makes_others_wait for lock in (*seen.step.locks, *seen.locks) if lock.relation == relation)
    only_beside = relation not in (_NONE, _ANY) and not strong and seen.step.work is not Work.ROWS
    return Impact.NOBODY if relation in met.new_tables or only_beside else explained.impact
