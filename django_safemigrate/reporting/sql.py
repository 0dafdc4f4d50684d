"""A migration as an SQL script with comments. Each statement is a transaction of its own."""

from __future__ import annotations

from collections.abc import Iterator

from django_safemigrate.decisions.planning import Planned
from django_safemigrate.doing.preview import MigrationPreview, StepPreview
from django_safemigrate.values.phases import When
from django_safemigrate.values.steps import Work

_PHASES = {
    When.BEFORE_DEPLOY: "before deploy",
    When.AFTER_DEPLOY: "after deploy",
    When.ALWAYS: "in any phase",
}


def sql_lines(preview: MigrationPreview, *, backwards: bool = False) -> Iterator[str]:
    """The lines of the script: the SQL of every step, with its phase, locks and work in comments."""
    planned = preview.planned
    yield f"-- {planned.name}: {'undone' if backwards else _phase(planned)}"
    for number, one in enumerate(preview.steps, 1):
        yield ""
        yield from _step_lines(number, one)
    if not preview.steps and not preview.refused:
        yield "-- (nothing to do in the database)"
    for kind, text in (("REFUSED", preview.refused), ("NOT YET KNOWN", preview.unknown)):
        if text:
            yield ""
            yield from (f"-- {kind}: {line}" for line in text.splitlines())


def _phase(planned: Planned) -> str:
    if planned.assigned.problem is not None:
        return planned.assigned.problem.brief
    how = planned.assigned.source.words
    return f"runs {_PHASES[planned.when]}" + (f", {how}" if how else "")


def _step_lines(number: int, one: StepPreview) -> Iterator[str]:
    step = one.step
    yield f"-- {number}. {step.description}{' (done already)' if one.done else ''}"
    for lock in (*step.locks, *one.locks):
        yield f"--    lock: {lock}"
    yield f"--    work: {step.work.value}"
    if step.remark:
        yield f"--    {step.remark}"
    if step.work is Work.ROWS:
        yield "--    each batch with limits of its own: AND key > ... AND key <= ..."
    if step.sql:
        yield f"{step.sql};"
    elif one.sql:
        yield from one.sql
    else:
        yield "-- THIS OPERATION CANNOT BE WRITTEN AS SQL"
