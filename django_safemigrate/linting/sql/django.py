"""SQL that Django, or another package, writes for an operation: as its schema editor would execute it."""

from __future__ import annotations

import contextlib
from collections.abc import Collection
from functools import cached_property
from typing import Any

from django.contrib.postgres.operations import CreateExtension
from django.db import connections
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.migrations import operations
from django.db.migrations.state import ProjectState

from django_safemigrate.compile.binding import BoundOperation
from django_safemigrate.compile.tables import STATE_ONLY
from django_safemigrate.linting.inspected import Inspected
from django_safemigrate.linting.sql.reduced import Key, together
from django_safemigrate.linting.sql.rendered import OnDemand
from django_safemigrate.linting.sql.texts import Text
from django_safemigrate.linting.sql.unconnected import NotConnected, no_databases, unconnected, writing
from django_safemigrate.values.fields import database_changes
from django_safemigrate.values.findings import MigratesWith
from django_safemigrate.values.operations import is_django

ALIAS = "default"


class Djangos:
    """The texts of the operations of one migration that are no RunSQL."""

    def __init__(self, inspected: Inspected) -> None:
        self._postgres, self._rendering = inspected.conditions.postgres, inspected.rendering
        # Our ENGINE makes plain migrate as safe as safemigrate.
        safe_engine = hasattr(connections[ALIAS], "remembers_new_tables")
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
        keys = together(bound.operation, bound.app_label, bound.from_state, bound.to_state)
        before, after = (
            self._on_demand(state, some) for state, some in zip((bound.from_state, bound.to_state), keys, strict=True)
        )
        connection = self._connection
        with no_databases():
            try:
                return _run(bound, connection, before, after)
            except NotConnected:
                return []
            except Exception:  # of an operation that looks further than its own model
                with contextlib.suppress(Exception):  # of one that does not fit the models
                    return _run(bound, connection, bound.from_state, bound.to_state)
        return []

    def _on_demand(self, state: ProjectState, together: Collection[Key]) -> ProjectState:
        made: Any = state.clone()
        made.apps = OnDemand(self._rendering, state, together)
        return made  # type: ignore[no-any-return]


def _run(
    bound: BoundOperation, connection: BaseDatabaseWrapper, before: ProjectState, after: ProjectState
) -> list[Text]:
    editor = writing(connection)
    bound.operation.database_forwards(bound.app_label, editor, before, after)
    editor.flush()
    return editor.texts


def _python_only(bound: BoundOperation) -> bool:
    operation = bound.operation
    if not isinstance(operation, operations.AlterField):
        return False
    model = bound.from_state.models.get((bound.app_label, operation.model_name_lower))
    old = model.fields.get(operation.name) if model is not None else None
    return old is not None and database_changes(old, operation.field) == set()
