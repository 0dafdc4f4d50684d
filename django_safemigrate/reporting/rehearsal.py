"""What a rehearsal has come to, for people and as JSON; and where it is meanwhile."""

from __future__ import annotations

from dataclasses import asdict
from itertools import groupby
from typing import Any

from django_safemigrate.compile.names import unquoted
from django_safemigrate.testing.steps import Rehearsed
from django_safemigrate.testing.verdict import Verdict
from django_safemigrate.values.durations import format_duration
from django_safemigrate.values.locks import LockMode

from .surface import Passing, Surface

# What is more than reads and writes take.
SHOWN = list(LockMode)[3:]
HEAD = ("", "step", "locks", "took; longest query beside it")


class Progress:
    """Says where a rehearsal is, on a surface or (None) nowhere."""

    def __init__(self, surface: Surface | None) -> None:
        self.surface = surface

    def __call__(self, stage: str, what: str) -> None:
        if self.surface is not None:
            self.surface.passing(Passing(stage, f"  Rehearsing: {stage}", counts=f": {what}" if what else ""))

    def close(self) -> None:
        if self.surface is not None:
            self.surface.close()


def show_rehearsal(verdict: Verdict, surface: Surface, style: Any, *, sql: bool = False) -> None:
    """As tables, one for each phase, and what was found. ``sql``: with every statement."""
    if verdict.nothing:
        surface.line(verdict.nothing)
        return
    for (phase, migration), its in groupby(verdict.steps, key=lambda step: (step.phase, step.migration)):
        steps = list(its)
        head = style.MIGRATE_HEADING(f"{phase[:1].upper()}{phase[1:]}:")
        surface.line(f"{head} {style.MIGRATE_LABEL(migration)}")
        surface.table(HEAD, [_row(verdict, step) for step in steps])
        for number, step in enumerate(steps if sql else (), 1):
            _statements(number, step, surface, style)
        surface.line("")
    for number, failure in enumerate(verdict.failures, 1):
        surface.line(style.ERROR(f"{number}. {failure.what}"))
        surface.line("\n".join([*str(failure).splitlines()[1:], ""]))
    if verdict.report is not None:
        for remark in verdict.report.said:
            surface.line(style.WARNING(remark))
    surface.line(_last(verdict, style))


def _row(verdict: Verdict, step: Rehearsed) -> tuple[str, ...]:
    result = "done" if step.done and not verdict.failures_of(step) else "failed"
    times = f"{format_duration(step.worked)}; {format_duration(step.longest)}"
    return result, step.description, _locks(step), times


def _locks(step: Rehearsed) -> str:
    found = []
    for mode in reversed(LockMode):
        tables = sorted(unquoted(table) for table, held in step.held.items() if held is mode)
        if tables and mode in SHOWN:
            found.append(f"{mode.value} on {', '.join(tables)}")
    return "; ".join(found) or "-"


def _statements(number: int, step: Rehearsed, surface: Surface, style: Any) -> None:
    surface.line(f"  {number}. {step.description}")
    for one in step.statements:
        surface.line(f"    {style.SQL_KEYWORD(one.sql)}")
        surface.line(f"      -- {format_duration(one.took)}" + (f", refused: {one.error}" if one.error else ""))
    if step.more:
        surface.line(f"    and {step.more:,} more statements")


def _last(verdict: Verdict, style: Any) -> str:
    if verdict.cannot:
        return str(style.ERROR(f"No rehearsal: {verdict.cannot}"))
    count = len(verdict.failures)
    who = " (as stock migrate runs it)" if verdict.by_stock else ""
    if count:
        return str(
            style.ERROR(f"The next deploy{who} does not go unnoticed: {count} broken promise{'s'[: count > 1]}.")
        )
    report = verdict.report
    assert report is not None
    return str(
        style.SUCCESS(
            f"All promises kept{who}: {len(verdict.steps)} steps, beside {report.traffic:,} queries of traffic and "
            f"{report.queries:,} that tried everything; the longest took {format_duration(report.slowest)}. "
            f"The rehearsal took {format_duration(round(report.took, 1))}."
        )
    )


def rehearsal_data(verdict: Verdict) -> dict[str, Any]:
    """The same as JSON-able data. Durations are seconds."""
    report = verdict.report
    return {
        "event": "rehearsed",
        "kept": verdict.kept,
        "migrations": verdict.title.split(", ") if verdict.title else [],
        "by_stock": verdict.by_stock,
        "rows": verdict.rows,
        "nothing": verdict.nothing or None,
        "cannot": verdict.cannot or None,
        "steps": [_step_data(step) for step in verdict.steps],
        "failures": [asdict(one) for one in verdict.failures],
        "remarks": list(report.said) if report else [],
        "queries": report.queries if report else 0,
        "traffic": report.traffic if report else 0,
        "longest_query": report.slowest if report else 0.0,
        "took": report.took if report else 0.0,
    }


def _step_data(one: Rehearsed) -> dict[str, Any]:
    return {
        "phase": one.phase,
        "migration": one.migration,
        "description": one.description,
        "work": one.step.work.value if one.step else None,
        "promised": {unquoted(table): mode.value for table, mode in one.promised.items()},
        "held": {unquoted(table): mode.value for table, mode in one.held.items()},
        "done": one.done,
        "took": one.took,
        "worked": one.worked,
        "waited": one.waited,
        "blocked": one.blocked,
        "longest_query": one.longest,
        "rows": one.rows,
        "statements": [asdict(statement) for statement in one.statements],
        "more_statements": one.more,
    }
