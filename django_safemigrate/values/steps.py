"""The one central value: a Step says everything about one statement.

Plan, execution, journal, status and documentation are views of the same steps. A step is a promise (which locks, what work
under them) that tests hold it to on a real server.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from .goals import Goal
from .locks import RelationLock


class Work(Enum):
    """What is done while the lock is held. The value is a sentence for people, the name is for machines."""

    CATALOG = "catalog only, no scan"
    SCAN = "reads the table while reads and writes go on"
    INDEX_BUILD = "builds an index while reads and writes go on"
    INDEX_DROP = "drops an index while reads and writes go on"
    ROWS = "changes rows in short batches, a transaction each"
    # Under a lock that makes others wait: only where the table is new, or small enough.
    BLOCKING_SCAN = "reads the table under the lock"
    BLOCKING_BUILD = "builds an index under the lock"
    REWRITE = "rewrites the table and its indexes under the lock"
    OPAQUE = "whatever its code does"


@dataclass(frozen=True, kw_only=True)
class Step:
    """One statement.

    ``sql`` is the final text, parameters composed into it; empty for code that we cannot see into. ``locks`` are the table
    locks that it takes, in the order in which it takes them. ``transactional`` is False for ``CONCURRENTLY``, which the
    server refuses inside a transaction, and for batches, which are many of them. ``goal`` is how the catalog shows that the
    step is done; None where only the journal knows. ``undo`` is the statement that takes it back, None where there is none
    (dropped data does not come back), empty where that of another step takes it back as well. ``offenders`` is a query for
    rows that would make the step fail, asked before it is begun. ``remark`` is what a reader of the plan should know.

    ``undo_first`` are steps that come before ``undo``, so that rows are read beside reads and writes; they may be run twice.
    ``no_undo`` says why there is no ``undo``, where there is a particular reason.
    """

    description: str
    sql: str
    locks: tuple[RelationLock, ...]
    work: Work
    goal: Goal | None = None
    transactional: bool = True
    undo: str | None = None
    offenders: str | None = None
    remark: str = ""
    undo_first: tuple[Step, ...] = ()
    no_undo: str = ""

    @property
    def mark(self) -> Goal | None:
        """The goal, where the catalog alone shows it: whether a fill is over is known only by reading the table."""
        return None if self.work is Work.ROWS else self.goal

    @property
    def is_code(self) -> bool:
        """Whether nobody can see what it does: an operation that runs as its author wrote it."""
        return self.work is Work.OPAQUE and not self.sql
