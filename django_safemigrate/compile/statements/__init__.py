"""From a statement of Django's to steps: one module for each family of statements, which registers itself.

A translator gets the statement and the situation that it will meet, and yields the steps that lead to the same end without
making anybody wait.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from importlib import import_module

from django_safemigrate.catalog.naming import automatic_name
from django_safemigrate.compile.situation import Situation
from django_safemigrate.compile.unsafe import Unsafe
from django_safemigrate.compile.written import Written
from django_safemigrate.values.goals import Goal
from django_safemigrate.values.locks import LockMode, RelationLock
from django_safemigrate.values.steps import Step, Work

Translator = Callable[[Written, Situation], Iterator[Step]]

_TRANSLATORS: dict[str, Translator] = {}

FAMILIES = (
    "tables",
    "columns",
    "alterations",
    "indexes",
    "unique",
    "checks",
    "foreign_keys",
    "primary_keys",
    "drops",
    "sequences",
    "comments",
    "constraint_names",
    "fills",
    "others",
)


def translates(*kinds: str) -> Callable[[Translator], Translator]:
    """Register a translator for the templates of these names."""

    def register(translator: Translator) -> Translator:
        for kind in kinds:
            _TRANSLATORS[kind] = translator
        return translator

    return register


def knows(kind: str) -> bool:
    """Whether there is a translator for a kind of statement."""
    return kind in _TRANSLATORS


def steps_of(written: Written, situation: Situation) -> Iterator[Step]:
    """The steps of one statement. Raises ``Unsafe`` where there is no safe way."""
    return _TRANSLATORS[written.kind](_named(written, situation), situation)


def _named(written: Written, situation: Situation) -> Written:
    """A constraint that Django leaves to the server to name gets that very name."""
    label = written.details.get("label")
    if label is None:
        return written
    table = situation.present(written.table)
    name = automatic_name(situation.connection, table, written.details["column"], label, situation.claimed)
    situation.claimed.add(name)
    quoted = situation.connection.ops.quote_name(name)
    return replace(written, parts={**written.parts, "name": quoted}, sql=written.rendered(name=quoted))


def step(
    description: str,
    sql: str,
    locks: tuple[RelationLock, ...],
    *,
    work: Work = Work.CATALOG,
    undo: str | None = None,
    goal: Goal | None = None,
    offenders: str | None = None,
    remark: str = "",
    undo_first: tuple[Step, ...] = (),
    no_undo: str = "",
) -> Step:
    """A step; whether it can run in a transaction follows from its work."""
    transactional = work not in {Work.INDEX_BUILD, Work.INDEX_DROP, Work.ROWS}
    return Step(
        description=description,
        sql=sql,
        locks=locks,
        work=work,
        goal=goal,
        transactional=transactional,
        undo=undo,
        offenders=offenders,
        remark=remark,
        undo_first=undo_first,
        no_undo=no_undo,
    )


def permitted(situation: Situation, table: str, unsafe: Unsafe) -> str:
    """The remark with which an unsafe statement passes after all. Raises ``unsafe`` where it may not.

    For statements that hold their lock for as long as the table is large.
    """
    if situation.is_new(table):
        return ""
    remark = situation.small(table)
    if remark:
        return f"{unsafe.fact} Allowed, because {remark}."
    return allowed_at_all(situation, unsafe)


def allowed_at_all(situation: Situation, unsafe: Unsafe) -> str:
    """The remark with which an unsafe statement passes, however small the table, because the user said so."""
    if situation.allowances.unsafe:
        return f"{unsafe.fact} {unsafe.reason} Allowed by --allow-unsafe."
    raise unsafe


# Why nothing takes it back.
GONE = "what is dropped does not come back."

AX, SUE, SRX = LockMode.ACCESS_EXCLUSIVE, LockMode.SHARE_UPDATE_EXCLUSIVE, LockMode.SHARE_ROW_EXCLUSIVE

for _family in FAMILIES:
    import_module(f"{__name__}.{_family}")
