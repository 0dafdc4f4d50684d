"""A run, told to a person: what stays, and what is true just now."""

from __future__ import annotations

from collections.abc import Sequence
from functools import singledispatchmethod
from typing import Any

from django_safemigrate.values.durations import format_duration
from django_safemigrate.values.events import (
    BlockerTerminated,
    Event,
    FillProgress,
    Holder,
    IndexProgress,
    LeftoverIndex,
    LeftToWorkers,
    LockRefused,
    Looking,
    MigrationDone,
    MigrationStarted,
    MigrationWaits,
    OldCode,
    ReplicaBehind,
    RunTakenOver,
    ScanProgress,
    StepDone,
    StepSkipped,
    StepStarted,
    ThrottleGap,
    VacuumInTheWay,
    WaitingForRunner,
)

from .surface import Passing, Surface
from .throttle import about

INDENT = " " * 6


class TextReport:
    """A ``Report`` in words, in a command's ``style``."""

    def __init__(self, surface: Surface, style: Any) -> None:
        self.surface, self.style = surface, style
        self._steps = 0

    def __call__(self, event: Event) -> None:
        self._tell(event)

    def line(self, text: str) -> None:
        """A line that stays."""
        self.surface.line(text)

    def _passing(self, event: Event, what: str, **more: Any) -> None:
        """What is true just now, of this step."""
        self.surface.passing(Passing((self._steps, about(event)), what, **more))

    @singledispatchmethod
    def _tell(self, event: object) -> None:
        raise TypeError(f"No words for {event!r}")

    @_tell.register
    def _(self, event: MigrationStarted) -> None:
        doing = "Undoing" if event.backwards else "Applying"
        self.line(f"{doing} {self.style.MIGRATE_LABEL(event.name)}")

    @_tell.register
    def _(self, event: MigrationDone) -> None:
        said = "FAKED" if event.faked else "OK"
        self.line(f"  {self.style.SUCCESS(said)} {event.name}, {format_duration(event.took)}")

    @_tell.register
    def _(self, event: StepStarted) -> None:
        self._steps += 1  # a wait of another step is another wait
        self.line(f"  {event.number}. {event.step.description}")
        if event.step.sql:
            self.line(f"      {event.step.sql}")
        if event.step.remark:
            self.line(f"      {self.style.WARNING(event.step.remark)}")

    @_tell.register
    def _(self, event: StepSkipped) -> None:
        self.line(f"  {event.number}. {event.step.description}: done already")

    @_tell.register
    def _(self, event: StepDone) -> None:
        requests = "" if event.attempts == 1 else f", {event.attempts} attempts"
        waited = f", {format_duration(event.waited)} of it waiting" if event.waited > 0.0005 else ""
        blocked = f", others waited {format_duration(event.blocked)} altogether" if event.blocked > 0.0005 else ""
        rows = "" if event.rows is None else f", {event.rows} rows"
        self.line(
            f"      {self.style.SUCCESS('done')} in {format_duration(event.took)}{waited}{requests}{blocked}{rows}"
        )

    @_tell.register
    def _(self, event: Looking) -> None:
        self._passing(
            event,
            f"{INDENT}not asking yet",
            note=f", looked for {format_duration(event.waited)} ({format_duration(event.left)} left)",
            waited=event.waited,
            left=event.left,
            who=_who(event.holders),
        )

    @_tell.register
    def _(self, event: LockRefused) -> None:
        why = "deadlock" if event.sqlstate == "40P01" else f"no lock within {format_duration(event.timeout)}"
        self._passing(
            event,
            f"{INDENT}{self.style.WARNING(f'attempt {event.attempt}: {why}')}",
            note=f", again in {format_duration(event.pause)} ({format_duration(event.left)} left)",
            waited=event.waited,
            left=event.left,
            who=_who(event.holders),
            each_counts=True,
        )

    @_tell.register
    def _(self, event: LeftoverIndex) -> None:
        self.line(f"      index {event.name} is there, but invalid: an interrupted build left it; dropping it first")

    @_tell.register
    def _(self, event: VacuumInTheWay) -> None:
        self.line(f"      waiting for an autovacuum to make way, without stopping anybody: {event.vacuum}")

    @_tell.register
    def _(self, event: BlockerTerminated) -> None:
        said = "ended" if event.ended else self.style.WARNING("could not end (the role may not)")
        self.line(f"      {said}, since it sat idle in a transaction in our way: {event.holder}")

    @_tell.register
    def _(self, event: WaitingForRunner) -> None:
        self._passing(
            event,
            "Somebody else runs migrations on this database",
            note=f", waiting for {format_duration(event.waited)}",
            waited=event.waited,
            who=(event.owner,),
        )

    @_tell.register
    def _(self, event: RunTakenOver) -> None:
        self.line(f"The run before this one ({event.owner}) did not come to its end: going on where it stopped")

    @_tell.register
    def _(self, event: OldCode) -> None:
        releases = ", ".join(sorted({session.release for session in event.sessions}))
        first = str(event.sessions[0])
        more = f", and {len(event.sessions) - 1} more" if len(event.sessions) > 1 else ""
        self._passing(
            event,
            f"Code of another release is still connected ({releases})",
            note=f", waiting for {format_duration(event.waited)}",
            waited=event.waited,
            who=(first + more,),
        )

    @_tell.register
    def _(self, event: ReplicaBehind) -> None:
        self._passing(
            event,
            f"{INDENT}waiting for standbys to replay the steps before",
            note=f", for {format_duration(event.waited)} ({format_duration(event.left)} left)",
            waited=event.waited,
            left=event.left,
            who=tuple(map(str, event.standbys)),
        )

    @_tell.register
    def _(self, event: FillProgress) -> None:
        held_back = bool(event.reason)
        self._passing(
            event,
            f"{INDENT}filling" + (", held back" if held_back else ""),
            share=_share(event),
            counts=_pace(event),
            note="" if event.left is None or held_back else f", {format_duration(event.left)} left",
            left=None if held_back else event.left,
            who=(event.reason,) if held_back else (),
        )

    @_tell.register
    def _(self, event: LeftToWorkers) -> None:
        share = _share(event)
        how_far = "" if share is None else f" {share:.0%},"
        reason = f"; held back: {event.reason}" if event.reason else ""
        self.line(
            f"  {self.style.WARNING('waits')} for a backfill of workers:{how_far} {event.rows:,} rows changed{reason}"
        )
        self.line(f"      see: manage.py backfill list; work on it: manage.py backfill work  ({event.name})")

    @_tell.register
    def _(self, event: MigrationWaits) -> None:
        self.line(
            f"{self.style.WARNING('Not yet')} {event.name}: it depends on {event.waits_for}, which waits for a backfill"
        )

    @_tell.register
    def _(self, event: ThrottleGap) -> None:
        self.line(f"{INDENT}{self.style.WARNING(event.text)}")

    @_tell.register
    def _(self, event: IndexProgress) -> None:
        waiting = bool(event.waiting_for)
        self._passing(
            event,
            f"{INDENT}{event.phase}",
            share=None if waiting else _share(event),
            who=_who(event.waiting_for) if waiting else (),
        )

    @_tell.register
    def _(self, event: ScanProgress) -> None:
        waiting = bool(event.waiting_for)
        self._passing(
            event,
            f"{INDENT}waiting for a lock" if waiting else f"{INDENT}reading the table",
            note=f", {format_duration(event.took)} so far",
            waited=event.took,
            who=_who(event.waiting_for) if waiting else (),
        )


def _pace(event: FillProgress) -> str:
    """How many rows, and how fast."""
    rate = f", {event.rate:,.0f} rows/s" if event.rate >= 1 and not event.reason else ""
    workers = f" by {event.workers} workers" if rate and event.workers > 1 else ""
    return f", {event.rows:,} rows changed{rate}{workers}"


def _share(event: IndexProgress | FillProgress | LeftToWorkers) -> float | None:
    return min(1.0, event.done / event.total) if event.total else None


def _who(holders: Sequence[Holder]) -> tuple[str, ...]:
    if not holders:
        return ("whoever was in the way is gone",)
    more = (f"and {len(holders) - 3} more",) if len(holders) > 3 else ()
    return (*map(str, holders[:3]), *more)
