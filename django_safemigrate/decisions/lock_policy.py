"""How to ask for a lock without making anybody wait: one object that answers four questions.

While a request for a strong lock waits, everybody who conflicts with it queues behind it, although nobody holds it yet
(manual, "Explicit Locking"; the queue is strictly first come, first served for conflicting requests). So: look first, ask
for milliseconds, give up, let the queue drain, ask again. All durations are seconds.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from django_safemigrate.values.events import Holder
from django_safemigrate.values.settings import Settings

# Seconds. No request is shorter: the server counts in milliseconds, and 0 would mean for ever.
SHORTEST = 0.001


@dataclass(frozen=True)
class LockPolicy:
    """Every number of it; ``SAFEMIGRATE["LOCK_POLICY"]`` sets those that have no setting of their own.

    ``longest_timeout``: nobody waits longer than that because of one request. ``max_wait``: how long a run waits
    altogether before it gives up. ``blocked_budget``: how long others may wait behind our requests on one table,
    altogether, before the run gives up. ``terminate_after``: after how long a session that sits idle in a transaction
    in our way is ended; None: never.

    ``first_timeout``: how long the first request may wait; each further one waits ``growth`` times as long, up to
    ``longest_timeout``. ``set_timeout``: the longest that a request for several tables may wait, for all of them together.
    ``drain``: a rest is so many times as long as the request before it, ``shortest_rest`` at least.
    ``look_interval``: how often to look whether somebody is still in the way. ``patience``: up to which age a transaction
    counts as young, so that asking is worth it; that grows by ``patience_growth`` for each second that the run has waited.
    ``watch_interval``: how often to look who waits behind us. ``vacuum_margin``: how long beyond the server's
    ``deadlock_timeout`` to wait for an autovacuum to make way.
    """

    longest_timeout: float = 0.05
    max_wait: float = 600.0
    blocked_budget: float = 30.0
    terminate_after: float | None = None
    first_timeout: float = 0.02
    set_timeout: float = 0.01
    growth: float = 1.5
    drain: float = 5.0
    shortest_rest: float = 0.05
    look_interval: float = 0.025
    patience: float = 0.2
    patience_growth: float = 0.02
    watch_interval: float = 0.01
    vacuum_margin: float = 0.5

    def timeout(self, attempt: int, tables: int = 1) -> float:
        """How long request number ``attempt`` (from 0) for so many tables may wait.

        20 ms was best for one table under 500 transactions a second; longer ones help where short
        transactions always overlap, up to the budget and never beyond it. A request for several tables holds the first
        while it waits for the next, which can also end in a deadlock: there the requests begin at 1 ms and stay short.
        """
        first = self.first_timeout if tables < 2 else SHORTEST
        return min(first * self.growth ** min(attempt, 50), self.longest(tables))

    def longest(self, tables: int = 1) -> float:
        """The longest that any request for so many tables may wait."""
        return self.longest_timeout if tables < 2 else min(self.set_timeout, self.longest_timeout)

    def pause(self, timeout: float, jitter: float) -> float:
        """How long to rest after a refused request, so that whoever queued behind it gets through.

        ``jitter`` is a random number in [0, 1), so that two runners do not ask in step.
        """
        return max(self.drain * timeout, self.shortest_rest) * (0.75 + 0.5 * jitter)

    def not_worth_asking(self, holders: Sequence[Holder], waited: float) -> tuple[Holder, ...]:
        """Those of ``holders`` (of what we want) because of whom it makes no sense to ask now; none: ask.

        A transaction that is already old will hardly end within milliseconds, and asking would only stop those who come
        behind us. What counts as old grows with the time that we have ``waited``, so that a table whose transactions
        always overlap is asked for in the end. An unknown age counts as young, a prepared transaction, which
        does not end by itself, as old. Each session stands there once.
        """
        old = self.patience + self.patience_growth * waited
        found = {holder.pid: holder for holder in holders if _age(holder) >= old}
        return tuple(found.values())

    def ends(self, holder: Holder, waited: float) -> bool:
        """Whether to end the session of ``holder``, which has been in the way for ``waited`` seconds: only one that sits idle
        in its transaction, and only where the user has asked for it."""
        if self.terminate_after is None or not holder.is_idle_in_transaction:
            return False
        return min(waited, holder.idle if holder.idle is not None else waited) >= self.terminate_after

    def gives_up(self, waited: float) -> bool:
        """Whether the run has waited long enough."""
        return waited >= self.max_wait


def _age(holder: Holder) -> float:
    return float("inf") if holder.pid is None else holder.transaction_age or 0.0


@dataclass
class WaitBudget:
    """The time that one run has waited for locks, over all its steps, and that others have waited behind it, by table; in
    seconds."""

    policy: LockPolicy
    waited: float = 0.0
    blocked: dict[str, float] = field(default_factory=dict)

    def spend(self, seconds: float) -> None:
        self.waited += seconds

    @property
    def left(self) -> float:
        return max(0.0, self.policy.max_wait - self.waited)

    @property
    def exhausted(self) -> bool:
        return self.policy.gives_up(self.waited)

    def charge(self, table: str, seconds: float) -> None:
        """Others have waited behind us on ``table``, all of them together."""
        self.blocked[table] = self.blocked.get(table, 0.0) + seconds

    def overdrawn(self) -> set[str]:
        """The (quoted) tables on which others have waited for as long as they may."""
        return {table for table, seconds in self.blocked.items() if seconds >= self.policy.blocked_budget}


def policy_of(settings: Settings, terminate_after: float | None = None) -> LockPolicy:
    """The policy that the settings ask for."""
    numbers = {"first_timeout": LockPolicy.first_timeout, **settings.lock_policy}
    numbers["first_timeout"] = min(numbers["first_timeout"], settings.lock_timeout)
    return LockPolicy(
        longest_timeout=settings.lock_timeout,
        max_wait=settings.max_wait,
        blocked_budget=settings.blocked_budget,
        terminate_after=terminate_after,
        **numbers,
    )
