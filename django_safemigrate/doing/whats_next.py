"""Which command to type next, from what there is to see."""

from __future__ import annotations

from django_safemigrate.decisions.planning import Status
from django_safemigrate.values.phases import Phase

from .status import Going, Life, MigrationSeen, Pending, Seen


def whats_next(seen: Seen, options: str = "") -> tuple[str, str]:
    """In words, and the command; empty where there is none to type. ``options``: what each command ends with."""
    going = seen.going
    if going is not None and going.life is not Life.LOST:
        return _while_going(going, options)
    if going is not None and going.run.what != "backwards":
        return "go on where the lost run stopped", _again(going.run.what) + options
    left_to_workers = _left_to_workers(seen)
    if left_to_workers:
        return f"let workers do the backfill {left_to_workers}; then go on", f"manage.py backfill work{options}"
    if seen.half_done:
        return _half_done(seen.half_done[-1], seen, options)
    if seen.why_not:
        return "put that right", ""
    by_phase = {pending.phase: pending for pending in seen.pending}
    return _pending(by_phase[Phase.BEFORE_DEPLOY], by_phase[Phase.AFTER_DEPLOY], options)


def _left_to_workers(seen: Seen) -> str:
    for one in seen.half_done:
        for step in one.steps:
            if not step.done and step.backfill is not None and step.backfill.background and step.backfill.is_open:
                return step.backfill.name
    return ""


def _while_going(going: Going, options: str) -> tuple[str, str]:
    if going.life is Life.SILENT:
        return (
            "look for its process; if it is gone, the server has not noticed: end its session, with psql for example",
            f"SELECT pg_terminate_backend({going.session})",
        )
    return "let it work", f"manage.py safemigrate --status{options}"


def _again(what: str) -> str:
    if what == "abort":
        return "manage.py safemigrate --abort"
    return (Phase.AFTER_DEPLOY if what == Phase.AFTER_DEPLOY.value else Phase.BEFORE_DEPLOY).command


def _half_done(one: MigrationSeen, seen: Seen, options: str) -> tuple[str, str]:
    if one.backwards:
        return f"go on undoing {one.name}", f"manage.py safemigrate {one.app} {one.undo_to}{options}".rstrip()
    last = seen.runs[0].what if seen.runs else ""
    reason = "once the reason of the error is gone, go on" if any(step.error for step in one.steps) else "go on"
    return f"{reason} with {one.name}", _again(last) + options


def _pending(before: Pending, after: Pending, options: str) -> tuple[str, str]:
    without = [one for one in before.planned if one.assigned.problem is not None]
    if without:
        return (
            f"say in which phase {without[0].name} runs; the plan shows how",
            f"manage.py safemigrate --plan{options}",
        )
    if before.names(Status.BLOCKED):
        return (
            "the earlier release is deployed everywhere? Then finish it first",
            f"{Phase.BEFORE_DEPLOY.command} --finish-earlier{options}",
        )
    if before.names(Status.READY):
        return "before the deploy", Phase.BEFORE_DEPLOY.command + options
    if after.names(Status.READY):
        return "when the new code runs everywhere and the old code nowhere", Phase.AFTER_DEPLOY.command + options
    until = [one.until for one in after.planned if one.until is not None]
    if until:
        return f"nothing before {min(until):%Y-%m-%d %H:%M %Z}", ""
    return "nothing", ""
