"""What each step of a rehearsal has cost, and whether it has kept what it promises."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from django_safemigrate.compile.names import unquoted
from django_safemigrate.values.locks import LockMode, RelationLock
from django_safemigrate.values.steps import Step, Work

# Statements of one step that are kept: the batches of a fill are many.
MOST = 100


@dataclass(frozen=True)
class Statement:
    """``took`` is in seconds; ``error`` are the server's words where it failed, as a lock that is refused does."""

    sql: str
    took: float
    error: str = ""


@dataclass
class Rehearsed:
    """A step that was run; or a migration as a whole (``step`` is None), where it has no steps.

    ``held``: of each table (quoted) the strongest lock that the session was seen with. ``statements`` are those that were
    sent, the package's bookkeeping aside; ``more`` counts those that were not kept. ``took``, ``worked`` (in statements that
    were not refused), ``waited`` (we for locks), ``blocked`` (others behind us, all together) and ``longest`` (the longest
    query of the traffic beside it) are seconds.
    ``done`` is False where it failed.
    """

    phase: str
    migration: str
    step: Step | None = None
    held: dict[str, LockMode] = field(default_factory=dict)
    statements: list[Statement] = field(default_factory=list)
    more: int = 0
    took: float = 0.0
    worked: float = 0.0
    waited: float = 0.0
    blocked: float = 0.0
    longest: float = 0.0
    rows: int | None = None
    done: bool = False

    @property
    def description(self) -> str:
        return self.step.description if self.step else "the migration as a whole"

    @property
    def promised(self) -> dict[str, LockMode]:
        """Of each table (quoted) the strongest lock that the step has said it takes."""
        return strongest(self.step.locks if self.step else ())

    def sent(self, statement: Statement) -> None:
        self.worked += 0.0 if statement.error else statement.took
        if len(self.statements) < MOST:
            self.statements.append(statement)
        else:
            self.more += 1

    def saw(self, locks: Iterable[RelationLock]) -> None:
        self.held = strongest([*(RelationLock(table, mode) for table, mode in self.held.items()), *locks])

    def broken_promises(self) -> Iterator[tuple[str, str]]:
        """The table of each lock behind which others wait and that was not promised, and a sentence.

        Code that nobody can see into promises nothing.
        """
        if self.step is None or self.step.work is Work.OPAQUE:
            return
        promised = self.promised
        for table, mode in self.held.items():
            said = promised.get(table)
            if mode.makes_others_wait and (said is None or not mode <= said):
                yield (
                    unquoted(table),
                    f"The step takes {mode.value} on {unquoted(table)}, and promises "
                    f"{'no lock on it' if said is None else f'no more than {said.value}'}.",
                )


def strongest(locks: Iterable[RelationLock]) -> dict[str, LockMode]:
    """Of each table the strongest mode."""
    found: dict[str, LockMode] = {}
    for lock in locks:
        known = found.get(lock.relation)
        if known is None or known <= lock.mode:
            found[lock.relation] = lock.mode
    return found
