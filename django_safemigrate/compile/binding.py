"""The operations of a migration with the states between which each of them runs."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cache

from django.db.migrations import Migration
from django.db.migrations.exceptions import IrreversibleError
from django.db.migrations.operations import DeleteModel, RenameModel, SeparateDatabaseAndState
from django.db.migrations.operations.base import Operation
from django.db.migrations.state import ProjectState

from django_safemigrate.values.states import unrendered
from django_safemigrate.values.ways_back import with_ways_back

from .renames import renames


@dataclass(frozen=True)
class BoundOperation:
    """An operation with the states that it leads from and to (in the direction in which it is going to run).

    ``path`` is its place in the file: ``2``, or ``2.0`` for the first database operation of a SeparateDatabaseAndState.
    ``among_renames`` says, when it is called, whether a table or a column gets another name in the same migration.
    """

    app_label: str
    path: str
    operation: Operation
    from_state: ProjectState
    to_state: ProjectState
    backwards: bool = False
    among_renames: Callable[[], bool] = bool

    @property
    def state_before(self) -> ProjectState:
        """The state before the operation in the order of the file, whichever way it runs."""
        return self.to_state if self.backwards else self.from_state

    def alone(self, migration: Migration) -> Migration:
        """A migration like the one that it is of, with this operation only."""
        attributes = {"operations": [self.operation], "atomic": migration.atomic}
        one: Migration = type("Migration", (Migration,), attributes)(migration.name, migration.app_label)
        return one

    def run(self, schema_editor: object) -> None:
        """As ``Migration.apply`` runs it."""
        run = self.operation.database_backwards if self.backwards else self.operation.database_forwards
        run(self.app_label, schema_editor, self.from_state, self.to_state)  # type: ignore[arg-type]


class Binding:
    """The operations of a migration in the order in which they run, each with its states.

    ``state`` is the state before the migration; it is not changed, unless it is to be used up (forwards): then it becomes
    that after the migration, and no model is rendered anew. Forwards, ``to_state`` of an operation is good until the next
    one is asked for. The database operations of a ``SeparateDatabaseAndState`` stand for it. ``after`` is the state
    that the operations asked for so far lead to. Backwards, iterating raises ``IrreversibleError`` as Django does, and an
    index that the file takes away after one of its fields is built when the field is there again.
    """

    def __init__(
        self, migration: Migration, state: ProjectState, *, backwards: bool = False, used_up: bool = False
    ) -> None:
        self._migration, self._backwards = migration, backwards
        self._among_renames = cache(lambda: renames(migration.operations, migration.app_label, state))
        if used_up:
            self._among_renames()
        self.after = state if used_up else _copy(state, migration, backwards=backwards)

    def __iter__(self) -> Iterator[BoundOperation]:
        for bound in self._undoing() if self._backwards else self._doing():
            yield replace(bound, among_renames=self._among_renames)

    def reversible(self) -> Iterator[BoundOperation]:
        """Those operations that can run, where some have no way back."""
        return (
            (bound for bound in self._all_undone() if bound.operation.reversible) if self._backwards else self._doing()
        )

    def _doing(self) -> Iterator[BoundOperation]:
        label = self._migration.app_label
        for number, operation in enumerate(self._migration.operations):
            # As Migration.apply: the old state is the copy, since rendered models remember the registry they were made in.
            before = self.after.clone()
            operation.state_forwards(label, self.after)
            yield from _parts(label, str(number), operation, before, self.after, backwards=False)

    def _undoing(self) -> Iterator[BoundOperation]:
        for operation in self._migration.operations:
            if not operation.reversible:
                raise IrreversibleError(f"Operation {operation} in {self._migration} is not reversible")
        yield from self._all_undone()

    def _all_undone(self) -> list[BoundOperation]:
        label = self._migration.app_label
        bound: list[BoundOperation] = []
        current = self.after
        for number in with_ways_back(self._migration.operations):
            operation = self._migration.operations[number]
            current = current.clone()
            before = current.clone()
            operation.state_forwards(label, current)
            bound = [*_parts(label, str(number), operation, before, current, backwards=True), *bound]
        return bound


def _copy(state: ProjectState, migration: Migration, *, backwards: bool) -> ProjectState:
    """Models know the registry in which they were rendered, and find there who refers to them, even after models have gone
    from a copy of it. So a copy from which models go has to render its own."""
    goes = any(isinstance(one, DeleteModel | RenameModel | SeparateDatabaseAndState) for one in migration.operations)
    return unrendered(state) if goes and not backwards else state.clone()


def paths(migration: Migration, *, backwards: bool = False) -> list[str]:
    """The places of the operations in the file, in the order in which they run."""
    operations = migration.operations
    order = with_ways_back(operations) if backwards else range(len(operations))
    found = [path for number in order for path in _paths(str(number), operations[number])]
    return found[::-1] if backwards else found


def _paths(path: str, operation: Operation) -> Iterator[str]:
    if not is_separate(operation):
        yield path
        return
    for number, inner in enumerate(operation.database_operations):  # type: ignore[attr-defined]
        yield from _paths(f"{path}.{number}", inner)


def _parts(
    app_label: str, path: str, operation: Operation, before: ProjectState, after: ProjectState, *, backwards: bool
) -> Sequence[BoundOperation]:
    if not is_separate(operation):
        states = (after, before) if backwards else (before, after)
        return [BoundOperation(app_label, path, operation, *states, backwards)]
    parts: list[BoundOperation] = []
    current = before
    for number, inner in enumerate(operation.database_operations):  # type: ignore[attr-defined]
        outer, current = current, current.clone()
        inner.state_forwards(app_label, current)
        some = _parts(app_label, f"{path}.{number}", inner, outer, current, backwards=backwards)
        parts = [*some, *parts] if backwards else [*parts, *some]
    return parts


def is_separate(operation: Operation) -> bool:
    """Whether an operation is Django's SeparateDatabaseAndState, or a subclass that runs its operations as that does."""
    return isinstance(operation, SeparateDatabaseAndState) and all(
        getattr(type(operation), method) is getattr(SeparateDatabaseAndState, method)
        for method in ("database_forwards", "database_backwards", "state_forwards")
    )
