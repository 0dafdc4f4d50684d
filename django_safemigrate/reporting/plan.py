"""A plan that reads like a plan, and the same as JSON."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from django_safemigrate.decisions.explaining import Circumstances, Explanation, Impact
from django_safemigrate.decisions.planning import Planned, Status
from django_safemigrate.decisions.verdict import Verdict, verdict
from django_safemigrate.doing.aborting import HalfDone
from django_safemigrate.doing.preview import MigrationPreview, Preview, StepPreview
from django_safemigrate.values.locks import RelationLock
from django_safemigrate.values.phases import Phase
from django_safemigrate.values.sizes import Size
from django_safemigrate.values.steps import Step


def plan_lines(preview: Preview, phase: Phase, style: Any, verbosity: int = 1) -> list[str]:
    """The plan as text, a line each. ``style`` is a command's style, for colours. ``verbosity``: 2 adds the locks, the work
    under them, and long ways back."""
    plan = preview.plan
    direction = "undoing migrations" if plan.backwards else f"the phase {phase.title}"
    lines = [style.MIGRATE_HEADING(f"Plan for {direction}:")]
    if not plan.planned:
        return [*lines, "  Nothing is pending."]
    if plan.new_database:
        lines.append("  The database is new: everything runs at once, in both phases, as Django writes it.")
    for one in preview.migrations:
        lines += ["", *_migration_lines(one, preview.met, style, verbosity)]
    counts = ", ".join(f"{len(plan.with_status(status))} {status.value}" for status in Status)
    ready = verdict_of(preview, Status.READY)
    return [*lines, "", f"{counts}. Nothing was changed.", *([str(ready)] if ready.steps else [])]


def verdict_of(preview: Preview, *of: Status) -> Verdict:
    """What the steps of the migrations of these statuses come to; those that are done are not counted."""
    migrations = [one for one in preview.migrations if one.planned.status in of]
    return verdict([step.explained(preview.met) for one in migrations for step in one.steps if not step.done])


def _migration_lines(one: MigrationPreview, met: Circumstances, style: Any, verbosity: int) -> list[str]:
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
        lines += _step_lines(number, step, met, style, verbosity)
    if not one.steps:  # another vendor, a new database, or nothing for the database to do
        lines += [f"  {operation.describe()}" for operation in planned.migration.operations]
    if one.refused:
        lines += [f"  {style.ERROR(line)}" for line in one.refused.splitlines()]
    if one.unknown:
        lines.append(f"  {style.WARNING(f'The rest is known when what comes before has run: {one.unknown}')}")
    return lines


def _step_lines(number: int, one: StepPreview, met: Circumstances, style: Any, verbosity: int) -> list[str]:
    step, explained = one.step, one.explained(met)
    done = style.SUCCESS("  (done already)") if one.done else ""
    paint = {Impact.BLOCKS: style.ERROR, Impact.UNKNOWN: style.WARNING}.get(explained.impact, str)
    return [
        f"  {number}. {step.description}{done}",
        *([f"     {style.SQL_KEYWORD(line)}" for line in step.sql.splitlines()]),
        *([f"     {style.WARNING(step.remark)}"] if step.remark else []),
        *([] if one.done else [f"     {paint(explained.who_waits)}"]),
        *(f"     {line}" for line in undo_lines(step, explained, verbosity)),
        *(_technical_lines(one) if verbosity > 1 else ()),
        *(f"     {style.SQL_KEYWORD(line)}" for text in one.sql for line in text.splitlines()),
        *(f"     {style.ERROR(line)}" for line in one.conflict.splitlines()),
    ]


def undo_lines(step: Step, explained: Explanation, verbosity: int) -> list[str]:
    """Whether and how it can be undone: a short way back in the same line, a long one only where it is asked for."""
    statements = (step.undo or "").splitlines()
    if len(statements) == 1:
        return [f"{explained.undo.removesuffix('.')}: {statements[0]}"]
    return [explained.undo, *(f"  {line}" for line in statements if verbosity > 1)]


def _technical_lines(one: StepPreview) -> list[str]:
    return [*(f"     lock: {lock}" for lock in (*one.step.locks, *one.locks)), f"     work: {one.step.work.value}"]


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
        "migrations": [_migration_data(one, preview.met) for one in preview.migrations],
    }


def _migration_data(one: MigrationPreview, met: Circumstances) -> dict[str, Any]:
    planned = one.planned
    return {
        "name": planned.name,
        "status": planned.status.value,
        "reason": planned.reason,
        **phase_data(planned),
        "until": planned.until.isoformat() if planned.until else None,
        "steps": [_step_data(step, met) for step in one.steps],
        "refused": one.refused or None,
        "unknown": one.unknown or None,
    }


def _step_data(one: StepPreview, met: Circumstances) -> dict[str, Any]:
    step, explained = one.step, one.explained(met)
    return {
        "description": step.description,
        "sql": step.sql or None,
        "impact": explained.impact.value,
        "who_waits": explained.who_waits,
        "longest_wait": explained.longest,
        "takes": explained.takes,
        "locks": [_lock_data(lock, met.sizes) for lock in (*step.locks, *one.locks)],
        "work": step.work.value,
        "transactional": step.transactional,
        "undoable": explained.undoable,
        "undo": step.undo or None,
        "how_to_undo": explained.undo,
        "remark": step.remark or None,
        "as_django_writes_it": list(one.sql) or None,
        "done": one.done,
        "conflict": one.conflict or None,
    }


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


def _lock_data(lock: RelationLock, sizes: Mapping[str, Size]) -> dict[str, Any]:
    size = sizes.get(lock.relation)
    return {
        "relation": lock.relation,
        "mode": lock.mode.value,
        "makes_others_wait": lock.mode.makes_others_wait,
        "rows": size.rows if size else None,
        "bytes": size.bytes if size else None,
    }
