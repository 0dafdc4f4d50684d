"""A step in words: whom it could make wait and for how long at this table's size, and whether it can be undone.

Pure: what is true of the tables comes in, sentences go out. Durations are seconds, estimated by ``values.rates``.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum

from django_safemigrate.values.durations import format_duration
from django_safemigrate.values.locks import LockMode, RelationLock
from django_safemigrate.values.rates import format_about, seconds_of
from django_safemigrate.values.sizes import Size
from django_safemigrate.values.steps import Step, Work

from .lock_policy import LockPolicy


class Impact(Enum):
    """How much others could notice, the least first. BRIEFLY: for milliseconds; BLOCKS: for longer, or nobody knows how long
    at this size; UNKNOWN: nobody can see what is done."""

    NOBODY = "nobody"
    BRIEFLY = "briefly"
    BLOCKS = "blocks"
    UNKNOWN = "unknown"

    @property
    def title(self) -> str:
        return _TITLES[self]

    @property
    def meaning(self) -> str:
        """The title, in a sentence."""
        return _MEANINGS[self]


_TITLES = {
    Impact.NOBODY: "Nobody waits",
    Impact.BRIEFLY: "Waits of milliseconds",
    Impact.BLOCKS: "Others wait",
    Impact.UNKNOWN: "Nobody can say",
}

_MEANINGS = {
    Impact.NOBODY: "It goes on beside all reads and writes.",
    Impact.BRIEFLY: "While it asks for a lock, and a moment for the catalog; or for one batch of rows.",
    Impact.BLOCKS: "As long as the table is read, built on or rewritten under a lock.",
    Impact.UNKNOWN: "It is code, and nobody can see into it.",
}

# Seconds. What is shorter, nobody notices.
NOTICED = 0.1


@dataclass(frozen=True)
class Circumstances:
    """What a step meets. ``sizes`` of the tables in use by (quoted) name, ``new_tables``: those that the same run has made;
    ``policy``: how locks are asked for; ``batch``: how long a batch of rows should take, in seconds."""

    sizes: Mapping[str, Size] = field(default_factory=dict)
    new_tables: frozenset[str] = frozenset()
    policy: LockPolicy = field(default_factory=LockPolicy)
    batch: float = 0.02


@dataclass(frozen=True)
class Explanation:
    """``who_waits`` and ``undo`` are one sentence each; what takes it back is the step's ``undo``, or its author's code.

    ``longest``: how long others could wait at a time, None where nobody knows. ``takes``: how long the step's own work may
    take, None where it does not grow with the table, or nobody knows. ``undoable``: whether it can be taken back.
    """

    impact: Impact
    who_waits: str
    undo: str
    undoable: bool
    longest: float | None = 0.0
    takes: float | None = None


def explain(
    step: Step,
    met: Circumstances,
    *,
    done: bool = False,
    probable: Sequence[RelationLock] = (),
    has_reverse: bool = False,
) -> Explanation:
    """``done``: the catalog shows it as done already. Of code that nobody can see into: ``probable``, the locks that it may
    take, and ``has_reverse``, whether its author has given it a way back."""
    undoable, undo = _undo(step, has_reverse)
    if done:
        return Explanation(Impact.NOBODY, "Nobody waits: it is done already.", undo, undoable)
    if step.work is Work.OPAQUE:
        said = _nobody_knows(step, met, (*step.locks, *probable))
        return Explanation(Impact.UNKNOWN, said, undo, undoable, longest=None)
    takes, strong = _takes(step, met), _strongest(step.locks, met)
    if strong:
        impact, said, longest = _others_wait(step, met, strong, takes)
    else:
        impact, said, longest = _beside(step, met, takes)
    return Explanation(impact, said, undo, undoable, longest, takes)


Said = tuple[Impact, str, float | None]


def _others_wait(step: Step, met: Circumstances, strong: Mapping[str, LockMode], takes: float | None) -> Said:
    """Of a step that locks out readers or writers of tables in use."""
    whom = _capital(_those_of(strong, met))
    if step.work in _UNDER_THE_LOCK:
        impact = Impact.BRIEFLY if takes is not None and takes < NOTICED else Impact.BLOCKS
        return impact, f"{whom} wait {_as_long_as(_UNDER_THE_LOCK[step.work], takes)}.", takes
    several = len({lock.relation for lock in step.locks if lock.mode.makes_others_wait}) > 1
    asked = met.policy.longest(2 if several else 1)
    asking = f"{format_duration(asked)} at most at a time while it asks for the lock{'s' * several}"
    return Impact.BRIEFLY, f"{whom} wait {asking}, then a moment.", asked


def _beside(step: Step, met: Circumstances, takes: float | None) -> Said:
    """Of a step that locks out neither."""
    relations = list(dict.fromkeys(lock.relation for lock in step.locks))
    in_use = [relation for relation in relations if relation not in met.new_tables]
    if not relations:
        return Impact.NOBODY, "Nobody waits: it locks no table.", 0.0
    if not in_use:
        return (
            Impact.NOBODY,
            f"Nobody waits: {_listed(relations, met)} {'is' if len(relations) < 2 else 'are'} new.",
            0.0,
        )
    table, about = _with_size(in_use[0], met), "" if takes is None else f"in {format_about(takes)}"
    if step.work is Work.ROWS:
        said = f"Whoever changes the same row of {table} waits for its batch, some {format_duration(met.batch)}"
        return Impact.BRIEFLY, f"{said}; all of them {about}." if about else f"{said}.", met.batch
    said = f"Nobody waits: {_BESIDE.get(step.work, _BESIDE[Work.CATALOG]).format(table)}"
    return Impact.NOBODY, f"{said}, {about}." if about else f"{said}.", 0.0


_UNDER_THE_LOCK = {
    Work.BLOCKING_SCAN: "the table is read under the lock",
    Work.BLOCKING_BUILD: "an index is built under the lock",
    Work.REWRITE: "the table and its indexes are rewritten under the lock",
}


def _takes(step: Step, met: Circumstances) -> float | None:
    """Of the largest of its tables in use: the others are those that its foreign keys refer to."""
    sizes = [met.sizes[lock.relation] for lock in step.locks if lock.relation in met.sizes]
    return max((seconds for size in sizes if (seconds := seconds_of(step.work, size)) is not None), default=None)


def _as_long_as(what: str, takes: float | None) -> str:
    return f"as long as {what}, which nobody can say" if takes is None else f"{format_about(takes)}: {what}"


_BESIDE = {
    Work.CATALOG: "only what the catalog says of {} changes",
    Work.SCAN: "it reads {} beside reads and writes",
    Work.INDEX_BUILD: "the index is built beside reads and writes of {}",
    Work.INDEX_DROP: "the index is dropped beside reads and writes of {}",
}


def _nobody_knows(step: Step, met: Circumstances, locks: Sequence[RelationLock]) -> str:
    strong = _strongest(locks, met)
    whom = f"It may keep {_those_of(strong, met)} waiting" if strong else "It may keep others waiting"
    how = "in one transaction" if step.transactional else "outside a transaction (atomic = False)"
    return f"{whom}, nobody can say how long: its code runs as it is written, {how}."


def _undo(step: Step, has_reverse: bool) -> tuple[bool, str]:
    if step.is_code:
        said = (
            "Its author's own way back undoes it." if has_reverse else "No undo: its author has given it no way back."
        )
        return has_reverse, said
    if step.undo == "":
        return True, "Undone together with the step that goes with it."
    if step.undo:
        first = ", when rows have been read once more" if step.undo_first else ""
        return True, f"Can be undone{first}."
    if step.work is Work.SCAN:
        return True, "Nothing to undo: it only reads."
    if step.work is Work.ROWS:
        return True, "Nothing to undo: what is filled in does no harm."
    return False, f"No undo: {step.no_undo or 'there is no short statement that takes it back.'}"


# Words for tables


def plain_name(relation: str) -> str:
    """A quoted name as people say it: ``"shop_order"`` is shop_order, ``"hr"."staff"`` is hr.staff."""
    return ".".join(part.removeprefix('"').removesuffix('"').replace('""', '"') for part in relation.split('"."'))


def _strongest(locks: Iterable[RelationLock], met: Circumstances) -> dict[str, LockMode]:
    """The locks for which an application waits, of tables in use: one for each table."""
    found: dict[str, LockMode] = {}
    for lock in locks:
        if not lock.mode.makes_others_wait or lock.relation in met.new_tables:
            continue
        if found.get(lock.relation, lock.mode) <= lock.mode:
            found[lock.relation] = lock.mode
    return found


def _those_of(strong: Mapping[str, LockMode], met: Circumstances) -> str:
    """``reads and writes of a and b``, ``writes to c``: what waits while these locks are held."""
    stops_reads = [one for one, mode in strong.items() if LockMode.ACCESS_SHARE in mode.conflicts]
    stops_writes = [one for one in strong if one not in stops_reads]
    groups = (("reads and writes of", stops_reads), ("writes to", stops_writes))
    return ", and ".join(f"{words} {_listed(relations, met)}" for words, relations in groups if relations)


def _listed(relations: Sequence[str], met: Circumstances) -> str:
    names = [_with_size(one, met) for one in relations]
    if len(names) > _NAMED + 1:
        names = [*names[:_NAMED], f"{len(names) - _NAMED} more tables"]
    return " and ".join(filter(None, (", ".join(names[:-1]), names[-1])))


# As many tables as fit into a sentence.
_NAMED = 3


def _with_size(relation: str, met: Circumstances) -> str:
    size = met.sizes.get(relation)
    return plain_name(relation) if size is None else f"{plain_name(relation)} ({size})"


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]
