"""The journal of steps: written before anything runs, so that an interrupted run goes on where it stopped.

A resumed run takes the steps from here and does not compile again: after half an operation, Django's questions to the
catalog would have other answers, and callable defaults other values. No signals of models are sent.
"""

from __future__ import annotations

import contextlib
from collections.abc import Sequence
from dataclasses import dataclass

from django.db import Error
from django.db.migrations import Migration
from django.db.migrations.recorder import MigrationRecorder
from django.db.models import F
from django.db.models.functions import Coalesce
from django.utils import timezone

from django_safemigrate.catalog.query import Connection
from django_safemigrate.models import MigrationStep
from django_safemigrate.values.errors import UsageError
from django_safemigrate.values.serial import from_data, to_data
from django_safemigrate.values.steps import Step

from .asking import Account
from .journal import is_complete


@dataclass(frozen=True)
class Entry:
    """A step in the journal."""

    row: int
    step: Step
    done: bool = False


class StepsJournal:
    """The steps of one migration in one direction."""

    def __init__(self, connection: Connection, migration: Migration, *, backwards: bool) -> None:
        self._rows = MigrationStep.objects.using(connection.alias).filter(
            app=migration.app_label, name=migration.name, backwards=backwards, closed=None
        )
        self._migration, self._backwards = migration, backwards
        self._begun: dict[str, list[MigrationStep]] = {}
        for row in self._rows.order_by("id"):
            self._begun.setdefault(row.operation, []).append(row)

    def has_begun(self, operation: str) -> bool:
        """Whether a run before this one has begun the operation."""
        return operation in self._begun

    def has_passed(self, order: Sequence[str]) -> set[str]:
        """Of the operations in the order in which they run, those before the last one that was begun."""
        begun = [position for position, operation in enumerate(order) if operation in self._begun]
        return set(order[: begun[-1]]) if begun else set()

    def entries(self, operation: str, describes: str) -> list[Entry]:
        """What is known of an operation that was begun. Raises ``UsageError`` where the file has changed since."""
        rows = self._begun[operation]
        if rows[0].describes != describes:
            raise UsageError(
                f"{self._migration} has changed since it was begun.",
                f"Begun: {rows[0].describes}\nNow:   {describes}",
                "Bring the file back to what it was and finish it; write the change into a migration of its own.",
            )
        return self.known(operation)

    def known(self, operation: str) -> list[Entry]:
        """The steps of an operation that was begun; none of one that was not."""
        return [Entry(row.pk, from_data(row.step), row.done is not None) for row in self._begun.get(operation, ())]

    def begin(self, operation: str, describes: str, steps: Sequence[Step]) -> list[Entry]:
        """Write the steps of an operation down, in one statement."""
        made = self._rows.bulk_create(
            MigrationStep(
                app=self._migration.app_label,
                name=self._migration.name,
                backwards=self._backwards,
                operation=operation,
                describes=describes,
                number=number,
                step=to_data(step),
            )
            for number, step in enumerate(steps, 1)
        )
        return [Entry(row.pk, step) for row, step in zip(made, steps, strict=True)]

    def started(self, entry: Entry, run: int | None) -> None:
        """Before the step runs."""
        self._rows.filter(pk=entry.row).update(started=timezone.now(), run=run)

    def done(self, entry: Entry) -> None:
        """In the transaction of the step, where it has one."""
        self._rows.filter(pk=entry.row).update(done=timezone.now(), error="")

    def cost(self, entry: Entry, account: Account, error: BaseException | None = None) -> None:
        """What the step has cost in this run, on top of earlier ones; and why it failed. Never raises: to be recorded is a
        help, and where the session is gone there is nothing to record it with."""
        with contextlib.suppress(Error):
            self._rows.filter(pk=entry.row).update(
                attempts=F("attempts") + account.attempts,
                waited=F("waited") + account.waited,
                blocked=F("blocked") + account.blocked,
                rows=F("rows") if account.rows is None else Coalesce("rows", 0) + account.rows,
                error="" if error is None else str(error).strip(),
            )

    def close(self) -> None:
        """In the transaction that records the migration."""
        self._rows.update(closed=timezone.now())


def begun(connection: Connection, migration: Migration, *, backwards: bool) -> StepsJournal | None:
    """The journal of a migration, for looking only; None where there is no journal yet."""
    return StepsJournal(connection, migration, backwards=backwards) if is_complete(connection, MigrationStep) else None


def half_done(connection: Connection, *, backwards: bool) -> set[tuple[str, str]]:
    """The migrations (app and name) that were begun in that direction and not finished."""
    if not is_complete(connection, MigrationStep):
        return set()
    rows = MigrationStep.objects.using(connection.alias).filter(closed=None, backwards=backwards)
    return set(rows.values_list("app", "name"))


def forget_recorded(connection: Connection) -> None:
    """What was begun counts no more once it is recorded without its steps: faked, or run by ``migrate``.

    That is, begun forwards and applied, or begun backwards and not applied.
    """
    if is_complete(connection, MigrationStep):
        applied = set(MigrationRecorder(connection).applied_migrations())
        rows = MigrationStep.objects.using(connection.alias).filter(closed=None)
        for app, name, backwards in set(rows.values_list("app", "name", "backwards")):
            if ((app, name) in applied) is not backwards:
                rows.filter(app=app, name=name, backwards=backwards).update(closed=timezone.now())
