"""What ``makemigrations`` says when the files are written: what happens in each phase, and what it took on itself."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from django.db.migrations import Migration
from django.db.migrations.operations import DeleteModel, RemoveField
from django.db.migrations.operations.base import Operation

from django_safemigrate.decisions.rules import Level, Question, Refusal
from django_safemigrate.decisions.splitting import NOT_SAFE
from django_safemigrate.values.phases import When, declared

from .asking import as_answer, in_full
from .questioner import Renamed

# A migration of more operations than that shows the first ones.
MOST = 8

PHASES = {
    When.BEFORE_DEPLOY: "Before deploy: manage.py safemigrate",
    When.AFTER_DEPLOY: "After deploy, when no old code runs any more: manage.py safemigrate --after-deploy",
    When.ALWAYS: "In either phase:",
}


@dataclass(frozen=True)
class Told:
    """``refusals`` are written, in the phase ``insist``. ``assumed``: questions whose safe default nobody was asked about.

    ``written``: whether there are files now.
    """

    migrations: Sequence[Migration]
    refusals: Sequence[Refusal] = ()
    insist: Level | None = None
    assumed: Sequence[tuple[Question, int]] = ()
    renames: Sequence[Renamed] = ()
    written: bool = True


def summary(told: Told, style: Any) -> Iterator[str]:
    """Lines, in a command's ``style``."""
    of_phase: dict[When, list[Migration]] = {when: [] for when in PHASES}
    for migration in told.migrations:
        if hasattr(migration, "safe"):
            of_phase[declared(migration).when].append(migration)
        elif not migration.operations:
            yield f"{migration}: declare its phase, for example safe = Safe.before_deploy()"
    for when, migrations in of_phase.items():
        if migrations:
            yield ""
            yield style.MIGRATE_HEADING(PHASES[when])
            for migration in migrations:
                yield f"  {style.MIGRATE_LABEL(str(migration))}"
                yield from (f"    {line}" for line in _effects(migration))
                yield from (f"    {style.WARNING(note)}" for note in _notes(migration))
    if told.refusals:
        phase = "" if told.insist is None else f", and written all the same, to run {told.insist.words}"
        yield ""
        yield style.ERROR(f"Not safe{phase}:")
        yield in_full(told.refusals)
    yield from _assumed(told, style)
    yield from _renames(told, style)


def _effects(migration: Migration) -> Iterator[str]:
    effects = getattr(migration, "safemigrate_effects", None)
    if effects is None:
        effects = [operation.describe() for operation in migration.operations]
    yield from effects[:MOST]
    if len(effects) > MOST:
        yield f"and {len(effects) - MOST} more"
    reason = getattr(migration, "safemigrate_reason", "")
    if reason:
        yield reason


def _notes(migration: Migration) -> Iterable[str]:
    """What is not safe has a place of its own."""
    return (note for note in getattr(migration, "safemigrate_notes", ()) if not note.startswith(f"{NOT_SAFE}:"))


def _assumed(told: Told, style: Any) -> Iterator[str]:
    if told.assumed:
        yield ""
        yield style.WARNING("Nobody was asked, so the safe default was taken:")
    for question, taken in told.assumed:
        yield f"  {question.text}"
        for number, option in enumerate(question.options):
            if number == taken:
                yield f"    {option.label}: {option.consequence}"
            else:
                yield f"    {option.label} instead: {option.instead or as_answer(question, number)}"
    if told.assumed:
        line = any(option.instead for question, _ in told.assumed for option in question.options)
        yield f"  To choose otherwise: {_again(told)} with that option{', or that line in the model' if line else ''}."


def _renames(told: Told, style: Any) -> Iterator[str]:
    removed = {removal for migration in told.migrations for one in migration.operations if (removal := _removal(one))}
    for renamed in told.renames:
        if renamed.removed not in removed:  # of an app that is not written now
            continue
        yield ""
        yield style.WARNING(f"If {renamed.what}: as it is written, {renamed.loss}.")
        if renamed.keep:
            yield "  To keep it, write this into the model:"
            yield f"    {renamed.keep}"
            yield f"  Then {_again(told)}."
        else:
            yield f"  If so: {_again(told)} on a terminal, which asks."


def _removal(operation: Operation) -> tuple[str, ...]:
    if isinstance(operation, RemoveField):
        return operation.model_name_lower, operation.name_lower
    return (operation.name_lower,) if isinstance(operation, DeleteModel) else ()


def _again(told: Told) -> str:
    return "delete these files and run makemigrations again" if told.written else "run makemigrations"
