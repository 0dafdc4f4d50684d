"""How to ask for a lock without making anybody wait: one object that answers four questions.

While a request for a strong lock waits, everybody who conflicts with it queues behind it, although nobody holds it yet
(manual, "Explicit Locking"; the queue is strictly first come, first served for conflicting requests). So: look first, ask
for milliseconds, give up, let the queue drain, ask again. All durations are seconds.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from django_safemigrate.values.events import Holder


@dataclass(frozen=True)
class LockPolicy:
    """``first_timeout`` and ``longest_timeout``: how long the first and the longest request may wait.

    ``longest_timeout`` is the budget: nobody waits longer than that because of one request. ``max_wait``: how long a run
    waits altogether before it gives up. ``deadlock_timeout``: shorter than any request, so that the server cancels an
    autovacuum in the way within one (its own default of 1 s is longer than any of ours).
    """

    longest_timeout: float = 0.1
    max_wait: float = 600.0
    first_timeout: float = 0.02
    growth: float = 1.5
    drain: float = 5.0
    look_interval: float = 0.05
    patience: float = 0.2
    patience_growth: float = 0.02
    deadlock_timeout: float = 0.01

    def timeout(self, attempt: int) -> float:
        """How long request number ``attempt`` (from 0) may wait.

        20 ms was best for one table under 500 transactions a second (docs/locks.md); longer ones help where short
        transactions always overlap, up to the budget and never beyond it.
        """
        return min(self.first_timeout * self.growth ** min(attempt, 50), self.longest_timeout)

    def pause(self, timeout: float, jitter: float) -> float:
        """How long to rest after a refused request, so that whoever queued behind it gets through.

        ``jitter`` is a random number in [0, 1), so that two runners do not ask in step.
        """
        return max(self.drain * timeout, self.look_interval) * (0.75 + 0.5 * jitter)

    def not_worth_asking(
        self, holders: Sequence[Holder], waited: float, yielding: Collection[int | None] = ()
    ) -> tuple[Holder, ...]:
        """Those of ``holders`` (of what we want) because of whom it makes no sense to ask now; none: ask.

        A transaction that is already old will hardly end within milliseconds, and asking would only stop those who come
        behind us. What counts as old grows with the time that we have ``waited``, so that a table whose transactions
        always overlap is asked for in the end. An unknown age counts as young, a prepared transaction, which
        does not end by itself, as old. Each session stands there once. ``yielding`` are the pids of
        those who make way when they are asked.
        """
        old = self.patience + self.patience_growth * waited
        found = {holder.pid: holder for holder in holders if _age(holder) >= old}
        return tuple(holder for pid, holder in found.items() if pid not in yielding)

    def gives_up(self, waited: float) -> bool:
        """Whether the run has waited long enough."""
        return waited >= self.max_wait


def _age(holder: Holder) -> float:
    return float("inf") if holder.pid is None else holder.transaction_age or 0.0


@dataclass
class WaitBudget:
    """The time that one run has waited for locks, over all its steps, in seconds."""

    policy: LockPolicy
    waited: float = 0.0

    def spend(self, seconds: float) -> None:
        self.waited += seconds

    @property
    def left(self) -> float:
        return max(0.0, self.policy.max_wait - self.waited)

    @property
    def exhausted(self) -> bool:
        return self.policy.gives_up(self.waited)
