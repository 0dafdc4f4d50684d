"""A plan that reads like a plan, and the same as JSON."""

from __future__ import annotations

from typing import Any

from django_safemigrate.catalog.relations import Size
from django_safemigrate.decisions.planning import Status
from django_safemigrate.doing.preview import MigrationPreview, Preview, StepPreview
from django_safemigrate.values.durations import format_duration
from django_safemigrate.values.locks import RelationLock
from django_safemigrate.values.phases import Phase
from django_safemigrate.values.settings import Settings


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
    for number, step in enumerate(one.steps, 1):
        lines += _step_lines(number, step, sizes, settings, style)
    if not one.steps and not one.whole:  # another vendor, a new database, or nothing for the database to do
        lines += [f"  {operation.describe()}" for operation in planned.migration.operations]
    if one.whole:
        what = "The other operations, each in its place, as Django writes them" if one.steps else "As Django writes it"
        lines.append(f"  {what}, because {one.why}.")
        lines += [f"     lock: {_lock(lock, sizes, settings)}" for lock in one.locks]
        lines.append("     work: whatever its statements need, in " + _transaction(one))
        lines += [f"     {style.SQL_KEYWORD(line)}" for text in one.sql for line in text.splitlines()]
    return lines


def _transaction(one: MigrationPreview) -> str:
    return "one transaction" if one.planned.migration.atomic else "a transaction of its own for each (atomic = False)"


def _step_lines(number: int, one: StepPreview, sizes: dict[str, Size], settings: Settings, style: Any) -> list[str]:
    step = one.step
    done = style.SUCCESS("  (done already)") if one.done else ""
    lines = [
        f"  {number}. {step.description}{done}",
        f"     {style.SQL_KEYWORD(step.sql)}",
        *(f"     lock: {_lock(lock, sizes, settings)}" for lock in step.locks),
        f"     work: {step.work.value}",
    ]
    return lines + [f"     {style.ERROR(line)}" for line in one.conflict.splitlines()]


def _lock(lock: RelationLock, sizes: dict[str, Size], settings: Settings) -> str:
    size = sizes.get(lock.relation)
    about = "" if size is None else f" ({_rows(size)}{_bytes(size.bytes)})"
    how = (
        f"asked for {format_duration(settings.lock_timeout)} at most at a time"
        if lock.mode.makes_others_wait
        else "nobody who reads or writes waits for it"
    )
    return f"{lock}{about}; {how}"


def _rows(size: Size) -> str:
    return "" if size.rows is None else f"about {size.rows:,} rows, "


def _bytes(count: int) -> str:
    size, unit = float(count), "bytes"
    for unit in ("bytes", "kB", "MB", "GB", "TB"):
        if size < 10240 or unit == "TB":
            break
        size /= 1024
    return f"{size:.0f} {unit}"


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
        "safe": planned.when.value,
        "until": planned.until.isoformat() if planned.until else None,
        "steps": [
            {
                "description": item.step.description,
                "sql": item.step.sql,
                "locks": [_lock_data(lock, sizes) for lock in item.step.locks],
                "work": item.step.work.value,
                "transactional": item.step.transactional,
                "undo": item.step.undo,
                "done": item.done,
                "conflict": item.conflict or None,
            }
            for item in one.steps
        ],
    }
    if one.whole:
        data["as_django_writes_it"] = {
            "why": one.why,
            "sql": list(one.sql),
            "locks": [_lock_data(lock, sizes) for lock in one.locks],
        }
    return data


def _lock_data(lock: RelationLock, sizes: dict[str, Size]) -> dict[str, Any]:
    size = sizes.get(lock.relation)
    return {
        "relation": lock.relation,
        "mode": lock.mode.value,
        "makes_others_wait": lock.mode.makes_others_wait,
        "rows": size.rows if size else None,
        "bytes": size.bytes if size else None,
    }
