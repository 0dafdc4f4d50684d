"""All backfills as they are at this moment, and the one that somebody means by a name."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from difflib import get_close_matches

from django.db.models import Q

from django_safemigrate.catalog.query import Connection
from django_safemigrate.compile.names import unquoted
from django_safemigrate.doing.journal import is_complete
from django_safemigrate.models import Backfill, BackfillChunk
from django_safemigrate.values.errors import UsageError

from .control import Control, look

# Of those that are over, so many are shown.
LAST = 5


@dataclass(frozen=True)
class WorkerSeen:
    """``rate``: rows that it passes in a second. ``since``: seconds since its last sign of life."""

    who: str
    session: int | None
    rate: float
    since: float | None


@dataclass(frozen=True)
class BackfillSeen:
    """A row of our table. ``share``: how much of this pass is over, from 0 to 1, None where nobody knows. ``rows`` were
    changed, ``scanned`` of about ``estimate`` gone through in this pass, ``rate`` a second. ``left``: seconds, None where
    nobody knows. ``batch_rows``: rows of a batch, where somebody has said so. ``took``: seconds up to now, or to its end.
    """

    number: int
    name: str
    table: str
    background: bool
    paused: bool
    reason: str
    error: str
    started: datetime
    took: float
    done: datetime | None
    share: float | None
    rows: int
    scanned: int
    estimate: int
    rate: float
    left: float | None
    batch_rows: int | None
    pass_number: int
    workers: tuple[WorkerSeen, ...]

    @property
    def is_open(self) -> bool:
        return self.done is None


def all_backfills(connection: Connection, now: datetime) -> tuple[BackfillSeen, ...]:
    """Those that are open, and the last ones that are over; none where our tables are not there yet. Takes no locks."""
    if not _has_tables(connection):
        return ()
    rows = Backfill.objects.using(connection.alias).filter(Q(step__closed=None) | Q(done__isnull=False))
    over = rows.filter(done__isnull=False).order_by("-done")[:LAST]
    found = [*rows.filter(done=None).order_by("pk"), *reversed(over)]
    return tuple(_seen(connection, row, now) for row in found)


def by_step(connection: Connection, now: datetime) -> dict[int, BackfillSeen]:
    """Those of the steps in the journal that are not closed, by the keys of their rows."""
    if not _has_tables(connection):
        return {}
    rows = Backfill.objects.using(connection.alias).filter(step__closed=None)
    return {row.step_id: _seen(connection, row, now) for row in rows}


def open_backfills(connection: Connection) -> list[int]:
    """The keys of those on which there is something to do, the oldest first."""
    if not _has_tables(connection):
        return []
    rows = Backfill.objects.using(connection.alias).filter(done=None, step__closed=None)
    return list(rows.order_by("pk").values_list("pk", flat=True))


def named(connection: Connection, name: str) -> Backfill:
    """The open backfill of that name, number, or beginning of a name that no other has. Raises ``UsageError``."""
    _require_tables(connection)
    rows = list(Backfill.objects.using(connection.alias).select_related("step").order_by("pk"))
    found = [row for row in rows if name in {row.name, str(row.pk)}] or [
        row for row in rows if row.name.startswith(name) and _is_open(row)
    ]
    if not found:
        raise _unknown(name, [row.name for row in rows if _is_open(row)])
    if len(found) > 1:
        raise UsageError(
            f"{name!r} begins the name of {len(found)} backfills: {', '.join(row.name for row in found)}.",
            "It has to be one of them.",
            "Write more of its name.",
        )
    if not _is_open(found[0]):
        raise UsageError(
            f"The backfill {found[0].name} is over.", "There is nothing to change.", "Run: manage.py backfill list"
        )
    return found[0]


def _is_open(row: Backfill) -> bool:
    return row.done is None and row.step.closed is None


def _unknown(name: str, names: Sequence[str]) -> UsageError:
    close = get_close_matches(name, names, n=1, cutoff=0.5)
    guess = f" Did you mean {close[0]}?" if close else ""
    others = f"Open are: {', '.join(names)}." if names else "No backfill is open."
    return UsageError(f"There is no backfill {name!r}.{guess}", others, "Run: manage.py backfill list")


def _has_tables(connection: Connection) -> bool:
    return is_complete(connection, Backfill) and is_complete(connection, BackfillChunk)


def _require_tables(connection: Connection) -> None:
    if not _has_tables(connection):
        raise UsageError(
            f"No backfill was ever begun on the database {connection.alias!r}.",
            "They are begun by safemigrate, on PostgreSQL.",
            "Run: manage.py safemigrate",
        )


def _seen(connection: Connection, row: Backfill, now: datetime) -> BackfillSeen:
    control = look(connection, row.pk)
    is_open = row.done is None
    return BackfillSeen(
        number=row.pk,
        name=row.name,
        table=unquoted(row.table),
        background=row.background,
        paused=row.paused,
        reason=row.reason if is_open else "",
        error=row.error,
        started=row.started,
        took=((row.done or now) - row.started).total_seconds(),
        done=row.done,
        share=_share(control) if is_open else 1.0,
        rows=control.rows,
        scanned=control.scanned,
        estimate=control.estimate,
        rate=control.rate,
        left=_left(control) if is_open else None,
        batch_rows=row.batch_rows,
        pass_number=row.number,
        workers=_workers(connection, row, now) if is_open else (),
    )


def _share(control: Control) -> float | None:
    return min(1.0, control.scanned / control.estimate) if control.estimate > 0 else None


def _left(control: Control) -> float | None:
    if control.rate <= 0.0 or control.estimate <= 0:
        return None
    return max(0, control.estimate - control.scanned) / control.rate


def _workers(connection: Connection, row: Backfill, now: datetime) -> tuple[WorkerSeen, ...]:
    chunks = BackfillChunk.objects.using(connection.alias).filter(backfill=row).exclude(worker="").order_by("pk")
    return tuple(
        WorkerSeen(one.worker, one.session, one.rate, (now - one.touched).total_seconds() if one.touched else None)
        for one in chunks
    )
