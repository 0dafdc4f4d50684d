"""Findings about what code does beside reading and writing rows (SM308 to SM311)."""

from __future__ import annotations

from collections.abc import Iterator

from django_safemigrate.linting.inspected import Inspected
from django_safemigrate.values.findings import Finding

from .codes import ALTERS, ENDS, OUTSIDE, SLEEPS
from .examined import Examined
from .facts import Fact, Kind
from .places import place_of


def findings(inspected: Inspected, one: Examined) -> Iterator[Finding]:
    """Each thing once."""
    seen: set[tuple[Kind, str]] = set()
    for fact in one.facts:
        if fact.kind in _FINDINGS and (fact.kind, fact.detail) not in seen:
            seen.add((fact.kind, fact.detail))
            yield from _FINDINGS[fact.kind](inspected, one, fact)


def _alters(inspected: Inspected, one: Examined, fact: Fact) -> Iterator[Finding]:
    yield inspected.finding(
        ALTERS,
        f"{one.name} calls schema_editor.{fact.detail}().",
        "Neither Django's state nor safemigrate knows of it: it runs as Django writes it, under its locks.",
        "Use the operation that does the same (AddField, AddIndex ...); where it is about the state, "
        "SeparateDatabaseAndState.",
        operation=one.path,
        place=place_of(inspected, one, fact),
    )


def _outside(inspected: Inspected, one: Examined, fact: Fact) -> Iterator[Finding]:
    yield inspected.finding(
        OUTSIDE,
        f"{one.name} {fact.detail}.",
        "A rollback does not take it back, and when a lock is refused or the run is interrupted it is done once more. "
        "Meanwhile the transaction is open.",
        "Do it in a management command or a task, when the release is out.",
        operation=one.path,
        place=place_of(inspected, one, fact),
    )


def _sleeps(inspected: Inspected, one: Examined, fact: Fact) -> Iterator[Finding]:
    if one.atomic:
        yield inspected.finding(
            SLEEPS,
            f"{one.name} sleeps in its transaction.",
            "What it has locked stays locked meanwhile: a rest between batches rests nobody.",
            "A Backfill, which commits each batch; or atomic = False in the class Migration.",
            operation=one.path,
            place=place_of(inspected, one, fact),
        )


def _ends(inspected: Inspected, one: Examined, fact: Fact) -> Iterator[Finding]:
    if one.atomic:
        yield inspected.finding(
            ENDS,
            f"{one.name} calls {fact.detail}() in the transaction of its migration.",
            "Django refuses that: TransactionManagementError, when it runs.",
            "atomic = False in the class Migration, and transaction.atomic() around each part.",
            operation=one.path,
            place=place_of(inspected, one, fact),
        )


_FINDINGS = {Kind.ALTERS: _alters, Kind.OUTSIDE: _outside, Kind.SLEEPS: _sleeps, Kind.ENDS: _ends}
