"""The one central value: a Step says everything about one statement.

Plan, execution, status and documentation are views of the same steps. A step is a promise (which locks, what work under
them) that tests hold it to on a real server.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from .goals import Goal
from .locks import RelationLock


class Work(Enum):
    """What is done while the lock is held."""

    CATALOG = "catalog only, no scan"
    INDEX_BUILD = "builds an index while reads and writes go on"
    INDEX_DROP = "drops an index while reads and writes go on"


@dataclass(frozen=True, kw_only=True)
class Step:
    """One statement.

    ``sql`` is the final text, parameters composed into it. ``locks`` are the table locks that it takes, in the order in
    which it takes them. ``transactional`` is False for ``CONCURRENTLY``, which the server refuses inside a transaction.
    ``goal`` is how the catalog shows that the step is done. ``undo`` is the statement that takes it back, None where
    there is none (dropped data does not come back).
    """

    description: str
    sql: str
    locks: tuple[RelationLock, ...]
    work: Work
    goal: Goal
    transactional: bool = True
    undo: str | None = None
