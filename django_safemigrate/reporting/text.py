"""A run, told to a person: lines on a log, with the current wait redrawn in place on a terminal."""

from __future__ import annotations

import shutil
import time
from collections.abc import Hashable, Sequence
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
    LockRefused,
    Looking,
    MigrationDone,
    MigrationStarted,
    OldCode,
    RunTakenOver,
    StepDone,
    StepSkipped,
    StepStarted,
    VacuumInTheWay,
    WaitingForRunner,
)

from .throttle import Throttle

BAR = 24


class TextReport:
    """A ``Report`` that writes to a command's ``stdout`` in its ``style``; ``live`` says that it is a terminal."""

    def __init__(self, stdout: Any, style: Any, *, live: bool) -> None:
        self.stdout, self.style, self.live = stdout, style, live
        self.started = time.monotonic()
        self.throttle = Throttle()
        self._on_line = False

    def __call__(self, event: Event) -> None:
        self._tell(event)

    def line(self, text: str) -> None:
        """A line that stays. On a log it begins with the seconds since the start."""
        self._clear()
        stamp = "" if self.live else f"{time.monotonic() - self.started:7.1f} s  "
        for part in text.splitlines() or [""]:
            self.stdout.write(stamp + part)

    def _passing(self, text: str, about: Hashable) -> None:
        """What is true just now: on a terminal it replaces itself, on a log it is a line now and then."""
        if not self.live:
            if self.throttle.lets_through(about):
                self.line(text)
            return
        self._clear()
        self.stdout.write(text[: shutil.get_terminal_size().columns - 1], ending="")
        self.stdout.flush()
        self._on_line = True

    def _clear(self) -> None:
        if self._on_line:
            self.stdout.write("\r\033[K", ending="")
            self._on_line = False

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
        self.throttle.forget()
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
            f"      not asking yet, looked for {format_duration(event.waited)} "
            f"({format_duration(event.left)} left): {_who(event.holders)}",
            frozenset(holder.pid for holder in event.holders),
        )

    @_tell.register
    def _(self, event: LockRefused) -> None:
        why = "deadlock" if event.sqlstate == "40P01" else f"no lock within {format_duration(event.timeout)}"
        self.line(
            f"      {self.style.WARNING(f'attempt {event.attempt}: {why}')}, again in {format_duration(event.pause)} "
            f"({format_duration(event.left)} left): {_who(event.holders)}"
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
            f"Somebody else runs migrations on this database, waiting for {format_duration(event.waited)}: {event.owner}",
            event.owner,
        )

    @_tell.register
    def _(self, event: RunTakenOver) -> None:
        self.line(f"The run before this one ({event.owner}) did not come to its end: going on where it stopped")

    @_tell.register
    def _(self, event: OldCode) -> None:
        releases = ", ".join(sorted({session.release for session in event.sessions}))
        self._passing(
            f"Code of another release is still connected ({releases}), waiting for {format_duration(event.waited)}: "
            f"{event.sessions[0]}" + (f", and {len(event.sessions) - 1} more" if len(event.sessions) > 1 else ""),
            releases,
        )

    @_tell.register
    def _(self, event: FillProgress) -> None:
        share = f" {event.done / event.total:.0%}" if not self.live else ""
        self._passing(f"      {_bar(event) if self.live else ''}filling{share}", "filling")

    @_tell.register
    def _(self, event: IndexProgress) -> None:
        if event.waiting_for:
            self._passing(f"      {event.phase}: {_who(event.waiting_for)}", event.phase)
            return
        share = f" {event.done / event.total:.0%}" if event.total and not self.live else ""
        self._passing(f"      {_bar(event) if self.live else ''}{event.phase}{share}", event.phase)


def _bar(event: IndexProgress | FillProgress) -> str:
    if not event.total:
        return ""
    share = min(1.0, event.done / event.total)
    full = round(share * BAR)
    return f"[{'#' * full}{'.' * (BAR - full)}] {share:4.0%} "


def _who(holders: Sequence[Holder]) -> str:
    if not holders:
        return "whoever was in the way is gone"
    more = f", and {len(holders) - 3} more" if len(holders) > 3 else ""
    return "; ".join(str(holder) for holder in holders[:3]) + more
