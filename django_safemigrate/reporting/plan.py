"""A plan that reads like a plan, and the same as JSON."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django_safemigrate.decisions.lock_policy import policy_of
from django_safemigrate.decisions.planning import Planned, Status
from django_safemigrate.doing.aborting import HalfDone
from django_safemigrate.doing.preview import MigrationPreview, Preview, StepPreview
from django_safemigrate.values.durations import format_duration
from django_safemigrate.values.locks import RelationLock
from django_safemigrate.values.phases import Phase
from django_safemigrate.values.settings import Settings
from django_safemigrate.values.sizes import Size
from django_safemigrate.values.steps import Work


def plan_lines(preview: Preview, phase: Phase, settings: Settings, style: Any) -> list[str]:
    """The plan as text, a line each. ``style`` is a command's style, for colours."""
    plan = preview.plan
    direction = "undoing migrations" if plan.backwards else f"the phase {phase.title}"
    lines = [style.MIGRATE_HEADING(f"Plan for {direction}:")]
    if not plan.planned:
        return [*lines, "  Nothing is pending."]
    if plan.new_database:
        lines.append("  The database is new: everything runs at once, in both phases, as Django writes it.")
    for one in preview.migrations:
        lines += ["", *_migration_lines(one, preview.sizes, settings, style)]
    counts = ", ".join(f"{len(plan.with_status(status))} {status.value}" for status in Status)
    return [*lines, "", f"{counts}. Nothing was changed."]


def _migration_lines(one: MigrationPreview, sizes: dict[str, Size], settings: Settings, style: Any) -> list[str]:
    planned = one.planned
    paint = {
        Status.READY: style.SUCCESS,
        Status.DELAYED: style.WARNING,
        Status.BLOCKED: style.ERROR,
    }[planned.status]
    until = f", from {planned.until:%Y-%m-%d %H:%M %Z}" if planned.until and planned.status is Status.DELAYED else ""
    lines = [
        f"{paint(f'{planned.status.value.upper():<8}')}{style.MIGRATE_LABEL(planned.name)}  {planned.reason}{until}"
    ]
    if planned.assigned.warning:
        lines.append(f"  {style.WARNING(f'Beware: {planned.assigned.warning}')}")
    if planned.assigned.problem is not None:
        problem = planned.assigned.problem
        text = "\n".join((*problem.fact.splitlines()[1:], problem.reason, problem.remedy))
        lines += [f"  {style.ERROR(line)}" for line in text.splitlines()]
    for number, step in enumerate(one.steps, 1):
        lines += _step_lines(number, step, one, sizes, settings, style)
    if not one.steps:  # another vendor, a new database, or nothing for the database to do
        lines += [f"  {operation.describe()}" for operation in planned.migration.operations]
    if one.refused:
        lines += [f"  {style.ERROR(line)}" for line in one.refused.splitlines()]
    if one.unknown:
        lines.append(f"  {style.WARNING(f'The rest is known when what comes before has run: {one.unknown}')}")
    return lines


def _step_lines(
    number: int, one: StepPreview, of: MigrationPreview, sizes: dict[str, Size], settings: Settings, style: Any
) -> list[str]:
    step = one.step
    done = style.SUCCESS("  (done already)") if one.done else ""
    work = step.work.value
    if step.work is Work.OPAQUE:
        work += ", in one transaction" if step.transactional else ", outside a transaction (atomic = False)"
    several = len({lock.relation for lock in step.locks if lock.mode.makes_others_wait}) > 1
    timeout = policy_of(settings).longest(2 if several else 1)
    return [
        f"  {number}. {step.description}{done}",
        *([f"     {style.SQL_KEYWORD(step.sql)}"] if step.sql else []),
        *([f"     {style.WARNING(step.remark)}"] if step.remark else []),
        *(f"     lock: {_lock(lock, sizes, timeout)}" for lock in (*step.locks, *one.locks)),
        f"     work: {work}",
        *(f"     {style.SQL_KEYWORD(line)}" for text in one.sql for line in text.splitlines()),
        *(f"     {style.ERROR(line)}" for line in one.conflict.splitlines()),
    ]


def _lock(lock: RelationLock, sizes: dict[str, Size], timeout: float) -> str:
    size = sizes.get(lock.relation)
    about = "" if size is None else f" ({size})"
    how = (
        f"asked for {format_duration(timeout)} at most at a time"
        if lock.mode.makes_others_wait
        else "nobody who reads or writes waits for it"
    )
    return f"{lock}{about}; {how}"


def abort_lines(migrations: Sequence[HalfDone], style: Any) -> list[str]:
    """What ``--abort`` would take back."""
    lines = []
    for one in migrations:
        lines.append(style.MIGRATE_HEADING(f"{one} was begun; taking it back:"))
        for number, way in enumerate(one.ways_back, 1):
            lines.append(
                f"  {number}. {way.step.description if way.step else f'Nothing to do for: {way.of.description}'}"
            )
            if way.step and way.step.sql:
                lines.append(f"     {style.SQL_KEYWORD(way.step.sql)}")
            if way.why_not:
                lines.append(f"     {style.ERROR(f'No way back: {way.why_not}')}")
    return [*lines, "Nothing was changed." if lines else "No migration is half done: there is nothing to take back."]


def abort_data(migrations: Sequence[HalfDone]) -> dict[str, Any]:
    """The same as JSON-able data."""
    return {
        "event": "abort_plan",
        "migrations": [
            {
                "name": str(one),
                "backwards": one.backwards,
                "steps": [
                    {
                        "description": way.of.description,
                        "sql": (way.step.sql if way.step else "") or None,
                        "why_not": way.why_not or None,
                    }
                    for way in one.ways_back
                ],
            }
            for one in migrations
        ],
    }


def plan_data(preview: Preview, phase: Phase) -> dict[str, Any]:
    """The plan as JSON-able data."""
    return {
        "event": "plan",
        "phase": phase.value,
        "backwards": preview.plan.backwards,
        "new_database": preview.plan.new_database,
        "migrations": [_migration_data(one, preview.sizes) for one in preview.migrations],
    }


def _migration_data(one: MigrationPreview, sizes: dict[str, Size]) -> dict[str, Any]:
    planned = one.planned
    data: dict[str, Any] = {
        "name": planned.name,
        "status": planned.status.value,
        "reason": planned.reason,
        **phase_data(planned),
        "until": planned.until.isoformat() if planned.until else None,
        "steps": [
            {
                "description": item.step.description,
                "sql": item.step.sql or None,
                "locks": [_lock_data(lock, sizes) for lock in (*item.step.locks, *item.locks)],
                "work": item.step.work.value,
                "transactional": item.step.transactional,
                "undo": item.step.undo or None,
                "remark": item.step.remark or None,
                "as_django_writes_it": list(item.sql) or None,
                "done": item.done,
                "conflict": item.conflict or None,
            }
            for item in one.steps
        ],
        "refused": one.refused or None,
        "unknown": one.unknown or None,
    }
    return data


def phase_data(planned: Planned) -> dict[str, Any]:
    """The phase of a migration, who says it, and what is to be said of it."""
    assigned = planned.assigned
    problem = assigned.problem
    return {
        "safe": None if problem else planned.when.value,
        "phase_from": assigned.source.value,
        "warning": assigned.warning or None,
        "problem": "\n".join((problem.fact, problem.reason, problem.remedy)) if problem else None,
    }


def _lock_data(lock: RelationLock, sizes: dict[str, Size]) -> dict[str, Any]:
    size = sizes.get(lock.relation)
    return {
        "relation": lock.relation,
        "mode": lock.mode.value,
        "makes_others_wait": lock.mode.makes_others_wait,
        "rows": size.rows if size else None,
        "bytes": size.bytes if size else None,
    }
