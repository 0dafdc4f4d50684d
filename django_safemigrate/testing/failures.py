"""What a check has found, told to people."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from django.db import Error

from django_safemigrate.decisions.rules import Refusal

LOCK_NOT_AVAILABLE = "55P03"


@dataclass(frozen=True)
class Failure:
    """One thing that went wrong.

    ``what`` is a sentence. ``phase``, ``migration``, ``step`` and ``step_sql`` say how far the migrations were: the step that
    had just run, or runs. ``version`` is "old" or "new", ``activity`` what its code was doing, ``statement`` its SQL,
    ``message`` the server's words; empty where they do not apply.
    """

    what: str
    phase: str = ""
    migration: str = ""
    step: str = ""
    step_sql: str = ""
    version: str = ""
    model: str = ""
    field: str = ""
    activity: str = ""
    statement: str = ""
    message: str = ""

    def __str__(self) -> str:
        lines = [self.what]
        labels = {
            "phase": "phase",
            "migration": "migration",
            "step": "step",
            "step_sql": "step's SQL",
            "version": "version",
            "model": "model",
            "field": "field",
            "activity": "activity",
            "statement": "statement",
            "message": "server",
        }
        for name, label in labels.items():
            value = str(getattr(self, name)).strip()
            if value:
                lines.append(f"  {label + ':':<12}" + value.replace("\n", "\n" + " " * 14))
        return "\n".join(lines)

    @property
    def same(self) -> tuple[str, ...]:
        """What two failures have in common that are one for a reader: the first of them is told."""
        return (self.what, self.version, self.model, self.field)


class ZeroDowntimeError(AssertionError):
    """The check failed. ``failures`` says where; ``report`` what was done until then."""

    def __init__(self, title: str, failures: list[Failure], report: object, migrations: str = "") -> None:
        self.title, self.failures, self.report, self.migrations = title, failures, report, migrations
        number = f"{len(failures)} failure{'s' if len(failures) > 1 else ''}"
        told = "\n\n".join(f"{n}. {failure}" for n, failure in enumerate(failures, 1))
        tail = f"\n\nThe migrations:\n{migrations}" if migrations else ""
        super().__init__(f"{title} does not go unnoticed: {number}.\n\n{told}\n\n{report}{tail}")


class CannotRehearse(Exception):
    """The check itself cannot work here, which says nothing about the migrations."""


class StockCannot(CannotRehearse):
    """Stock Django cannot make this change either, so there is nothing to compare with."""


class MakemigrationsRefuses(CannotRehearse):
    """The change has no safe way, and nobody insists: there are no migrations to try. ``refusals`` say why."""

    def __init__(self, refusals: Sequence[Refusal]) -> None:
        self.refusals = tuple(refusals)
        super().__init__("\n".join(f"{one.fact}\n{one.reason}\n{one.remedy}" for one in refusals))


@dataclass
class Position:
    """How far the migrations are, for whoever has to say when it went wrong. Written by one thread, read by all."""

    phase: str = ""
    migration: str = ""
    step: str = ""
    step_sql: str = ""


@dataclass
class Findings:
    """Failures, collected by all threads; those that say the same are one."""

    position: Position = field(default_factory=Position)
    most: int = 20
    found: list[Failure] = field(default_factory=list)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def add(self, failure: Failure) -> None:
        at = self.position
        failure = replace(failure, phase=at.phase, migration=at.migration, step=at.step, step_sql=at.step_sql)
        with self._lock:
            if len(self.found) < self.most and failure.same not in {one.same for one in self.found}:
                self.found.append(failure)


def sqlstate(error: BaseException) -> str:
    return str(getattr(error.__cause__, "sqlstate", None) or "")


def diagnosed(error: Error, name: str) -> str:
    """What the server says about an error beside its words: ``column_name``, ``constraint_name``, ``table_name``."""
    return str(getattr(getattr(error.__cause__, "diag", None), name, None) or "")


def too_long(version: str, budget: float) -> str:
    """That a query of one version has waited for more than so many seconds."""
    return f"A query of the {version} code waited for a lock for more than {budget:g} s."


def meaning(error: BaseException, version: str, known: set[str], budget: float) -> str:
    """What an error of a query of one version means, in a sentence. ``known`` are the columns that the version has."""
    state = sqlstate(error)
    other = "new" if version == "old" else "old"
    column = diagnosed(error, "column_name") if isinstance(error, Error) else ""
    if state == LOCK_NOT_AVAILABLE:
        return too_long(version, budget)
    if state == "23502" and column and column not in known:
        return f"The {version} code inserts rows without the column {column}, which it does not know."
    if state == "23502":
        return f"The {version} code writes NULL into {column or 'a column'}, which the database does not accept (any more)."
    sentences = {
        "42703": f"The {version} code uses a column that is not there.",
        "42P01": f"The {version} code uses a table that is not there.",
        "23505": f"The {version} code writes rows that a unique constraint of the {other} version does not allow.",
        "23514": f"The {version} code writes rows that a check constraint does not allow.",
        "23503": f"The {version} code writes or deletes rows that a foreign key does not allow.",
        "23P01": f"The {version} code writes rows that an exclusion constraint does not allow.",
        "42P10": f"The {version} code upserts on a unique constraint that is not there.",
        "22001": f"The {version} code writes a text that is too long for the column.",
        "22003": f"The {version} code writes a number that is too large for the column.",
        "22P02": f"The {version} code writes a value that the column's type does not take.",
        "42804": f"The {version} code writes a value of another type than the column has.",
        "42883": f"The {version} code compares a column with a value of another type than it has.",
        "40P01": f"A query of the {version} code and a step were in each other's way (deadlock).",
        "0A000": f"The {version} code has a statement prepared that the change of a column has made useless.",
    }
    return sentences.get(state, f"A query of the {version} code fails.")
