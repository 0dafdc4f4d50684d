"""``safemigrate --status``: for people, and as JSON."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import fields
from datetime import datetime
from typing import Any

from django.utils import timezone

from django_safemigrate.decisions.planning import Planned, Status
from django_safemigrate.doing.status import Behind, Going, Life, MigrationSeen, RunSeen, Seen, StepSeen
from django_safemigrate.values.durations import format_duration
from django_safemigrate.values.phases import Phase

from .backfills import how_far
from .jsonlines import plain
from .plan import phase_data
from .surface import Surface

# Of the migrations that are pending, so many are named.
MOST = 20

WHAT = {phase.value: phase.title for phase in Phase} | {"backwards": "undoing"}


def show_status(seen: Seen, following: tuple[str, str], surface: Surface, style: Any) -> None:
    """As text and tables. ``following``: what comes next, in words, and its command."""
    _Telling(surface, style).tell(seen, following)


class _Telling:
    def __init__(self, surface: Surface, style: Any) -> None:
        self.surface, self.style = surface, style

    def tell(self, seen: Seen, following: tuple[str, str]) -> None:
        if seen.going is not None:
            self._going(seen.going)
        elif seen.runner:
            self._head("A run begins or ends just now:")
            self._line(f"  {seen.runner} has the turn of the runner, and no run in the journal")
        in_hand = "" if seen.going is None or seen.going.life is Life.LOST else seen.going.migration
        half_done = [one for one in seen.half_done if one.name != in_hand]
        if half_done:
            self._head("Half done:")
            for one in half_done:
                self._half_done(one)
        self._runs(seen)
        self._head("Pending:")
        self._pending(seen)
        words, command = following
        self._head(f"Next: {words}" + (":" if command else ""))
        if command:
            self._line(f"  {command}")

    def _head(self, text: str) -> None:
        self._line(self.style.MIGRATE_HEADING(text))

    def _line(self, text: str) -> None:
        self.surface.line(text)

    # Runs

    def _going(self, going: Going) -> None:
        run, lost = going.run, going.life is Life.LOST
        self._head("A run was lost:" if lost else "Running now:")
        release = f", release {run.release}" if run.release else ""
        self._line(f"  {WHAT.get(run.what, run.what)}{release}, by {run.who}")
        self._line(f"  since {_time(run.started)}, {format_duration(run.took)} ago; {self._alive(going)}")
        if lost:
            self._line("  The next safemigrate takes over at once, and goes on where it stopped" + _at(going) + ".")
            return
        if going.step is None:
            where = (
                f"in {going.migration}, between two steps"
                if going.migration
                else "before its first step or behind its last"
            )
            self._line(f"  {where}")
        else:
            self._step_in_hand(going.migration, going.step)
        self._progress(going)

    def _alive(self, going: Going) -> str:
        if going.life is Life.LOST:
            return str(self.style.ERROR("its session is gone"))
        if going.life is Life.SILENT:
            hangs = "is there, and has not renewed its lease: its process hangs, or is gone"
            return str(self.style.ERROR(f"its session {going.session} {hangs}"))
        session = f"session {going.session}, " if going.session else ""
        return f"{self.style.SUCCESS('alive')} ({session}its lease is good for {format_duration(going.lease or 0.0)})"

    def _step_in_hand(self, migration: str, step: StepSeen) -> None:
        since = f", for {format_duration(step.since)}" if step.since is not None else ""
        self._line(f"  {self.style.MIGRATE_LABEL(migration)}, step {step.number}{since}: {step.description}")
        if step.sql:
            self._line(f"      {step.sql}")
        if step.backfill is not None:
            self._line(f"      {how_far(step.backfill)}")

    def _progress(self, going: Going) -> None:
        build = going.build
        if build is not None:
            share = f" {min(1.0, build.done / build.total):.0%}" if build.total and not build.waiting else ""
            self._line(f"      {build.phase}{share}")
        if going.in_the_way:
            how = "not asking yet, so that nobody queues; in the way:" if going.asking is None else _asks(going.asking)
            self._line(f"      {self.style.WARNING(how)}")
            for holder in going.in_the_way:
                self._line(f"        {holder}")
        if going.step is not None:
            self._line(f"      {_behind(going.behind)}")
        self._line(
            f"  waited in the steps before: {format_duration(going.waited)}; others behind it: "
            f"{format_duration(going.blocked)} altogether"
        )

    def _runs(self, seen: Seen) -> None:
        if seen.vendor != "postgresql":
            self._line(f"No runs are written down on {seen.vendor}.")
            return
        if not seen.runs:
            self._line("Nothing has been run by safemigrate here yet.")
            return
        self._head(f"The last {len(seen.runs)} runs:" if len(seen.runs) > 1 else "The last run:")
        lost = seen.going.run.number if seen.going is not None and seen.going.life is Life.LOST else None
        self.surface.table(
            ["began", "what", "release", "by", "outcome", "took", "error"],
            [_row(run, "lost" if run.number == lost else run.outcome) for run in seen.runs],
        )

    # Migrations

    def _half_done(self, one: MigrationSeen) -> None:
        undone = " undone" if one.backwards else ""
        self._line(
            f"  {self.style.MIGRATE_LABEL(one.name)}{' is being undone' if one.backwards else ''}: {one.done} of "
            f"{len(one.steps)} steps{undone} done, of those that are known so far"
        )
        for step in one.steps:
            if step.done:
                self._line(f"    {step.number}. {step.description}: {self.style.SUCCESS('done')}{_cost(step)}")
                continue
            begun = "" if step.since is None else f", begun {format_duration(step.since)} ago"
            self._line(f"    {step.number}. {step.description}: {self.style.WARNING('not done')}{begun}{_cost(step)}")
            if step.backfill is not None:
                self._line(f"       {how_far(step.backfill)}")
            for line in step.error.splitlines():
                self._line(f"       {self.style.ERROR(line)}")

    def _pending(self, seen: Seen) -> None:
        for line in seen.why_not.splitlines():
            self._line(f"  {self.style.ERROR(line)}")
        if seen.why_not:
            return
        if not any(pending.planned for pending in seen.pending):
            self._line("  Nothing is pending.")
            return
        if seen.new_database:
            count = len(seen.pending[0].planned)
            self._line(f"  The database is new: all {count} migrations run at once, in either phase.")
            return
        shown: set[str] = set()
        for pending in seen.pending:
            counts = ", ".join(f"{len(pending.names(status))} {status.value}" for status in Status)
            self._line(f"  {pending.phase.title} ({pending.phase.command}): {counts}")
            now = [one for one in pending.planned if one.status is not Status.DELAYED and one.name not in shown]
            self._planned(now)
            shown |= {one.name for one in now}
        later = [one for one in seen.pending[-1].planned if one.name not in shown]
        if later:
            self._line("  in neither phase yet:")
            self._planned(later)

    def _planned(self, planned: Sequence[Planned]) -> None:
        paint = {Status.READY: self.style.SUCCESS, Status.DELAYED: self.style.WARNING, Status.BLOCKED: self.style.ERROR}
        for one in planned[:MOST]:
            until = f", from {one.until:%Y-%m-%d %H:%M %Z}" if one.until and one.status is Status.DELAYED else ""
            self._line(f"    {paint[one.status](f'{one.status.value:<8}')}{one.name} {one.reason}{until}")
            if one.assigned.warning:
                self._line(f"            {self.style.WARNING(f'beware: {one.assigned.warning}')}")
        if len(planned) > MOST:
            self._line(f"    and {len(planned) - MOST} more: manage.py safemigrate --plan")


def _asks(seconds: float) -> str:
    return f"waiting for {format_duration(seconds)} for:"


def _at(going: Going) -> str:
    if going.step is None:
        return ""
    return f": {going.migration}, step {going.step.number} ({going.step.description})"


def _behind(behind: tuple[Behind, ...]) -> str:
    if not behind:
        return "nobody waits behind it"
    tables = ", ".join(sorted({one.table for one in behind}))
    longest = format_duration(max(one.waited for one in behind))
    return f"waiting behind it for {tables}: {len({one.pid for one in behind})}, the longest for {longest}"


def _cost(step: StepSeen) -> str:
    parts = [
        f"{step.attempts} attempts" if step.attempts > 1 else "",
        f"waited {format_duration(step.waited)}" if step.waited > 0.0005 else "",
        f"others waited {format_duration(step.blocked)} altogether" if step.blocked > 0.0005 else "",
        "" if step.rows is None else f"{step.rows} rows",
    ]
    return "".join(f", {part}" for part in parts if part)


def _row(run: RunSeen, outcome: str) -> list[str]:
    error = run.error.partition("\n")[0]
    return [
        _time(run.started),
        WHAT.get(run.what, run.what),
        run.release,
        run.who,
        outcome,
        format_duration(run.took),
        error if len(error) <= 80 else error[:77] + "...",
    ]


def _time(at: datetime) -> str:
    local = timezone.localtime(at) if timezone.is_aware(at) else at
    return f"{local:%Y-%m-%d %H:%M:%S %Z}".rstrip()


def status_data(seen: Seen, following: tuple[str, str]) -> dict[str, Any]:
    """The same as JSON-able data."""
    data: dict[str, Any] = {"event": "status"}
    data |= {one.name: plain(getattr(seen, one.name)) for one in fields(seen) if one.name not in {"at", "pending"}}
    data["pending"] = [
        {
            "phase": pending.phase.value,
            **{
                status.value: [
                    {"name": one.name, "reason": one.reason, "until": plain(one.until), **phase_data(one)}
                    for one in pending.planned
                    if one.status is status
                ]
                for status in Status
            },
        }
        for pending in seen.pending
    ]
    data["next"], data["next_command"] = following
    return data
