"""SQL that Django, or another package, writes for an operation: as its schema editor would execute it."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from functools import cached_property
from typing import Any

from django.contrib.postgres.operations import CreateExtension
from django.db import connections
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.migrations import operations
from django.db.migrations.operations.base import Operation
from django.db.migrations.state import ProjectState

from django_safemigrate.backends.wrapper import SafeWrapper
from django_safemigrate.compile.binding import BoundOperation
from django_safemigrate.compile.tables import STATE_ONLY
from django_safemigrate.linting.inspected import Inspected
from django_safemigrate.linting.sql.reduced import models_of, reduced
from django_safemigrate.linting.sql.texts import Text
from django_safemigrate.linting.sql.unconnected import no_databases, unconnected, writing
from django_safemigrate.values.fields import database_changes
from django_safemigrate.values.findings import MigratesWith
from django_safemigrate.values.operations import is_django

ALIAS = "default"


class Djangos:
    """The texts of the operations of one migration that are no RunSQL."""

    def __init__(self, inspected: Inspected) -> None:
        self._postgres = inspected.conditions.postgres
        # Our ENGINE makes plain migrate as safe as safemigrate.
        safe_engine = isinstance(connections[ALIAS], SafeWrapper)
        self._as_written = inspected.conditions.migrates_with is MigratesWith.MIGRATE and not safe_engine

    @cached_property
    def _connection(self) -> BaseDatabaseWrapper:
        return unconnected(ALIAS, self._postgres)

    def texts(self, bound: BoundOperation) -> list[Text]:
        """What an operation would execute; nothing where safemigrate takes it apart, and where nobody can see into it."""
        operation = bound.operation
        if isinstance(operation, CreateExtension) or not operation.reduces_to_sql or type(operation) in STATE_ONLY:
            return []
        if is_django(operation) and (not self._as_written or _python_only(bound)):
            return []
        return self._written(bound)

    def _written(self, bound: BoundOperation) -> list[Text]:
        connection = self._connection
        with no_databases():
            with contextlib.suppress(
                Exception
            ):  # of a model that is not as the operation expects it in so small a state
                return _run(bound, connection, *_small_states(bound))
            with contextlib.suppress(Exception):  # of an operation that asks a database, or does not fit its models
                return _run(bound, connection, bound.from_state, bound.to_state)
        return []


def _run(
    bound: BoundOperation, connection: BaseDatabaseWrapper, before: ProjectState, after: ProjectState
) -> list[Text]:
    editor = writing(connection)
    bound.operation.database_forwards(bound.app_label, editor, before, after)
    editor.flush()
    return editor.texts


def _small_states(bound: BoundOperation) -> tuple[ProjectState, ProjectState]:
    operation, label, state = bound.operation, bound.app_label, bound.from_state
    before = reduced(state, models_of(operation, label, state), _new_fields(operation, label))
    after = before.clone()
    operation.state_forwards(label, after)
    return before, after


def _new_fields(operation: Operation, label: str) -> Iterator[tuple[tuple[str, str], Any]]:
    if isinstance(operation, operations.CreateModel):
        for _, field in operation.fields:
            yield (label, operation.name_lower), field
    elif isinstance(operation, operations.AddField | operations.AlterField):
        yield (label, operation.model_name_lower), operation.field


def _python_only(bound: BoundOperation) -> bool:
    operation = bound.operation
    if not isinstance(operation, operations.AlterField):
        return False
    model = bound.from_state.models.get((bound.app_label, operation.model_name_lower))
    old = model.fields.get(operation.name) if model is not None else None
    return old is not None and database_changes(old, operation.field) == set()
