"""A whole migration, compiled: either every operation has steps, or the migration runs as Django writes it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from django.contrib.postgres.operations import AddIndexConcurrently, RemoveIndexConcurrently
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.migrations import Migration
from django.db.migrations.operations import (
    AddField,
    AddIndex,
    AlterField,
    AlterModelManagers,
    AlterModelOptions,
    RemoveField,
    RemoveIndex,
)
from django.db.migrations.operations.base import Operation
from django.db.migrations.state import ProjectState

from django_safemigrate.values.steps import Step

from .editor import NotCompiled, step_editor

# By exact class: a subclass may do anything in its database_forwards.
COMPILED: frozenset[type[Operation]] = frozenset(
    {
        AddField,
        AddIndex,
        AddIndexConcurrently,
        AlterField,
        AlterModelManagers,
        AlterModelOptions,
        RemoveField,
        RemoveIndex,
        RemoveIndexConcurrently,
    }
)


@dataclass(frozen=True)
class BoundOperation:
    """An operation with the states that it leads from and to (in the direction in which it is going to run)."""

    app_label: str
    operation: Operation
    from_state: ProjectState
    to_state: ProjectState
    backwards: bool = False

    @property
    def state_before(self) -> ProjectState:
        """The state before the operation in the order of the file, whichever way it runs."""
        return self.to_state if self.backwards else self.from_state

    def alone(self, migration: Migration) -> Migration:
        """A migration like the one that it is of, with this operation only."""
        attributes = {"operations": [self.operation], "atomic": migration.atomic}
        one: Migration = type("Migration", (Migration,), attributes)(migration.name, migration.app_label)
        return one

    def compile(self, connection: BaseDatabaseWrapper) -> list[Step]:
        """The steps of the operation, against the catalog as it is now.

        Raises ``NotCompiled`` where there are none. Takes no locks but those of reading the catalog.
        """
        if type(self.operation) not in COMPILED:
            raise NotCompiled(f"{type(self.operation).__name__} has no steps of its own yet")
        editor = step_editor(connection)
        run = self.operation.database_backwards if self.backwards else self.operation.database_forwards
        run(self.app_label, editor, self.from_state, self.to_state)
        if editor.deferred_sql:
            raise NotCompiled("it defers SQL to the end of the migration")
        return editor.steps


def bind(migration: Migration, state: ProjectState, *, backwards: bool = False) -> Iterator[BoundOperation]:
    """The operations of a migration in the order in which they run, each with its states.

    ``state`` is the state before the migration; it is not changed.
    """
    bound = []
    current = state.clone()
    for operation in migration.operations:
        before = current
        current = before.clone()
        operation.state_forwards(migration.app_label, current)
        if backwards:
            bound.append(BoundOperation(migration.app_label, operation, current, before, backwards=True))
        else:
            bound.append(BoundOperation(migration.app_label, operation, before, current))
    yield from reversed(bound) if backwards else bound


def runs_itself(migration: Migration, *, backwards: bool = False) -> bool:
    """Whether a migration overrides ``apply`` (backwards: ``unapply``), so that nobody knows what it does."""
    method = "unapply" if backwards else "apply"
    return getattr(type(migration), method) is not getattr(Migration, method)


def compile_migration(
    migration: Migration, state: ProjectState, connection: BaseDatabaseWrapper, *, backwards: bool = False
) -> list[tuple[BoundOperation, list[Step]]]:
    """Each operation of the migration with its steps.

    Raises ``NotCompiled`` when one of them has none, and when the migration overrides ``apply`` or ``unapply``.
    """
    if runs_itself(migration, backwards=backwards):
        raise NotCompiled(f"the migration overrides {'unapply' if backwards else 'apply'}()")
    for operation in migration.operations:  # cheap first: most migrations that do not compile show it here
        if type(operation) not in COMPILED:
            raise NotCompiled(f"{type(operation).__name__} has no steps of its own yet")
    _refuse_second_operation_on_one_thing(migration)
    return [(bound, bound.compile(connection)) for bound in bind(migration, state, backwards=backwards)]


def _refuse_second_operation_on_one_thing(migration: Migration) -> None:
    """A run that was interrupted could not tell "not yet added" from "added and changed since"."""
    seen: set[tuple[str, str]] = set()
    for operation in migration.operations:
        index = getattr(operation, "index", None)
        name = index.name if index is not None else getattr(operation, "name", "")
        thing = (getattr(operation, "model_name", "").lower(), name.lower())
        if "" not in thing:
            if thing in seen:
                raise NotCompiled(f"it changes {'.'.join(thing)} more than once")
            seen.add(thing)
