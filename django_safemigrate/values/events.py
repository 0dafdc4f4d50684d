"""What a run tells whoever is watching: a terminal, a log, a pipeline.

The runner emits these; ``django_safemigrate.reporting`` turns them into text or JSON. Durations are seconds.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from .locks import LockMode
from .standbys import Standby
from .steps import Step


@dataclass(frozen=True)
class Holder:
    """Another session that is in our way, with a lock that it holds. ``transaction_age`` is in seconds.

    ``transaction`` is its virtual transaction id, which every role may see and which no two transactions share. ``idle`` is
    since when its state is what it is, in seconds.

    None is what the server does not tell this role, and the lock of a session that has none but an old snapshot. A
    prepared transaction has no pid.
    """

    pid: int | None
    mode: LockMode | None
    relation: str
    application_name: str = ""
    user: str = ""
    state: str = ""
    backend_type: str = ""
    transaction_age: float | None = None
    transaction: str = ""
    idle: float | None = None

    @property
    def is_autovacuum(self) -> bool:
        return self.backend_type == "autovacuum worker"

    @property
    def is_idle_in_transaction(self) -> bool:
        """Whether its application does something else meanwhile, or has forgotten it."""
        return self.state.startswith("idle in transaction")

    def __str__(self) -> str:
        holds = f"holds {self.mode.value} on {self.relation}" if self.mode else "has an old snapshot"
        if self.pid is None:
            return f"a prepared transaction {holds}"
        who = f"pid {self.pid}"
        if self.application_name:
            who += f" {self.application_name!r}"
        elif self.backend_type and self.backend_type != "client backend":
            who += f" {self.backend_type}"
        if self.user:
            who += f" (user {self.user})"
        since = "" if self.transaction_age is None else f", in its transaction for {self.transaction_age:.1f} s"
        return f"{who}, {self.state or 'state not visible'}{since}, {holds}"


@dataclass(frozen=True)
class MigrationStarted:
    name: str
    backwards: bool = False


@dataclass(frozen=True)
class StepStarted:
    migration: str
    number: int
    step: Step


@dataclass(frozen=True)
class StepSkipped:
    """The catalog shows that the step was done before."""

    migration: str
    number: int
    step: Step


@dataclass(frozen=True)
class StepDone:
    """``waited``: how long we have; ``blocked``: how long others have behind us, all of them together. ``rows``: how many a
    fill has changed."""

    migration: str
    number: int
    step: Step
    attempts: int
    waited: float
    blocked: float
    rows: int | None
    took: float


@dataclass(frozen=True)
class VacuumInTheWay:
    """An autovacuum holds the table: we wait behind it with a lock that stops nobody, until the server cancels it for us."""

    migration: str
    vacuum: Holder


@dataclass(frozen=True)
class BlockerTerminated:
    """A session that sat idle in a transaction in our way was ended, as asked for; or could not be (``ended``)."""

    migration: str
    holder: Holder
    ended: bool


@dataclass(frozen=True)
class WaitingForRunner:
    """Somebody else runs migrations on this database. ``waited`` is in seconds."""

    owner: str
    waited: float


@dataclass(frozen=True)
class RunTakenOver:
    """The run before this one did not come to its end: we go on where it stopped."""

    owner: str


@dataclass(frozen=True)
class OldSession:
    """A session of another release of the code."""

    pid: int
    release: str
    application_name: str
    user: str

    def __str__(self) -> str:
        return f"pid {self.pid} {self.application_name!r}" + (f" (user {self.user})" if self.user else "")


@dataclass(frozen=True)
class OldCode:
    """Code of another release is still connected. ``waited`` is in seconds."""

    sessions: tuple[OldSession, ...]
    waited: float


@dataclass(frozen=True)
class ReplicaBehind:
    """Standbys have not replayed what was done before: the step waits. Their ``lag`` is since when, as we have measured it.

    ``waited`` is how long this step has waited for them, ``left`` how long the run may still wait; in seconds.
    """

    migration: str
    standbys: tuple[Standby, ...]
    waited: float
    left: float


@dataclass(frozen=True)
class Looking:
    """Somebody who will not be gone soon holds a lock in our way: we have not asked, so nobody queues behind us."""

    migration: str
    holders: tuple[Holder, ...]
    waited: float
    left: float


@dataclass(frozen=True)
class LockRefused:
    """A lock request was given up after ``timeout``; the next one follows after ``pause``."""

    migration: str
    attempt: int
    sqlstate: str
    timeout: float
    pause: float
    holders: tuple[Holder, ...]
    waited: float
    left: float


@dataclass(frozen=True)
class IndexProgress:
    """How far a concurrent index build is, and whom it waits for (``pg_stat_progress_create_index``)."""

    migration: str
    phase: str
    done: int
    total: int
    waiting_for: tuple[Holder, ...]


@dataclass(frozen=True)
class FillProgress:
    """How far the filling of rows is: rows of the table that were passed, of about so many (0: nobody knows).

    ``rows`` were changed so far. ``rate`` is rows that are passed in a second, by all ``workers``; ``left``: how many seconds
    the rest will take, None where nobody knows. ``reason``: why nothing goes on at this moment.
    """

    migration: str
    done: int
    total: int
    rows: int = 0
    rate: float = 0.0
    left: float | None = None
    reason: str = ""
    workers: int = 1


@dataclass(frozen=True)
class ThrottleGap:
    """A limit of ``SAFEMIGRATE["THROTTLE"]`` is not kept, since it cannot be asked for: why, in words."""

    text: str


@dataclass(frozen=True)
class LeftToWorkers:
    """A fill that workers do: the rest of its migration waits for it. ``name`` is that of the backfill; ``done`` of about
    ``total`` rows were passed, ``rows`` changed. ``reason``: why nothing goes on at this moment."""

    migration: str
    name: str
    done: int
    total: int
    rows: int
    reason: str = ""


@dataclass(frozen=True)
class MigrationWaits:
    """A migration that was not begun, because one that it depends on waits for a backfill."""

    name: str
    waits_for: str


@dataclass(frozen=True)
class ScanProgress:
    """A step that reads a table while others go on takes its time: no view of the server shows how far it is. ``took``:
    seconds since it was begun; ``waiting_for``: whom it waits for at this moment."""

    migration: str
    took: float
    waiting_for: tuple[Holder, ...]


@dataclass(frozen=True)
class LeftoverIndex:
    """An invalid index that an interrupted build left behind is dropped before building again."""

    migration: str
    name: str


@dataclass(frozen=True)
class MigrationDone:
    name: str
    took: float
    backwards: bool = False
    faked: bool = False


Event = (
    MigrationStarted
    | StepStarted
    | StepSkipped
    | StepDone
    | Looking
    | LockRefused
    | IndexProgress
    | FillProgress
    | LeftToWorkers
    | MigrationWaits
    | ThrottleGap
    | ScanProgress
    | LeftoverIndex
    | VacuumInTheWay
    | BlockerTerminated
    | WaitingForRunner
    | RunTakenOver
    | OldCode
    | ReplicaBehind
    | MigrationDone
)

Report = Callable[[Event], None]
