"""SQL that Django, or another package, writes for an operation: as its schema editor would execute it."""

from __future__ import annotations

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
from django_safemigrate.linting.sql.texts import Text, unseen
from django_safemigrate.linting.sql.unconnected import NotConnected, no_databases, unconnected, writing
from django_safemigrate.values.fields import database_changes
from django_safemigrate.values.findings import MigratesWith
from django_safemigrate.values.operations import is_django, is_ours

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
        """What an operation would execute; nothing where safemigrate takes it apart, and where others read its code."""
        operation = bound.operation
        if isinstance(operation, CreateExtension) or type(operation) in STATE_ONLY:
            return []
        if not operation.reduces_to_sql:
            is_read = isinstance(operation, operations.RunPython) or is_ours(operation)
            return [] if is_read else [unseen(f"{type(operation).__name__} runs code of its own")]
        if is_django(operation) and (not self._as_written or _python_only(bound)):
            return []
        return self._written(bound)

    def _written(self, bound: BoundOperation) -> list[Text]:
        name = type(bound.operation).__name__
        keys = together(bound.operation, bound.app_label, bound.from_state, bound.to_state)
        on_demand = [
            self._on_demand(state, some) for state, some in zip((bound.from_state, bound.to_state), keys, strict=True)
        ]
        texts: list[Text] = []
        # The second time for an operation that looks further than its own model.
        for before, after in (on_demand, (bound.from_state, bound.to_state)):
            editor = writing(self._connection)
            try:
                with no_databases():
                    bound.operation.database_forwards(bound.app_label, editor, before, after)
                editor.flush()
                return editor.texts
            except NotConnected:
                return [*editor.texts, unseen(f"{name} asks the database what to do")]
            except Exception as error:  # code of anybody, on models that it may not fit
                failure = f"{type(error).__name__}: {error}"
                texts = [*editor.texts, unseen(f"{name} fails without a database ({failure})")]
        return texts

    def _on_demand(self, state: ProjectState, together: Collection[Key]) -> ProjectState:
        made: Any = state.clone()
        made.apps = OnDemand(self._rendering, state, together)
        return made  # type: ignore[no-any-return]


def _python_only(bound: BoundOperation) -> bool:
    operation = bound.operation
    if not isinstance(operation, operations.AlterField):
        return False
    model = bound.from_state.models.get((bound.app_label, operation.model_name_lower))
    old = model.fields.get(operation.name) if model is not None else None
    return old is not None and database_changes(old, operation.field) == set()
