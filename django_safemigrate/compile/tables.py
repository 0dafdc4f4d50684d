"""The tables that an operation is about: what an operation without steps of its own may lock."""

from __future__ import annotations

from typing import Any

from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.backends.utils import strip_quotes, truncate_name
from django.db.migrations import Migration
from django.db.migrations.operations import AlterField, AlterModelManagers, AlterModelOptions
from django.db.migrations.operations.base import Operation
from django.db.migrations.operations.models import ModelOperation
from django.db.migrations.state import ModelState, ProjectState
from django.db.migrations.utils import resolve_relation

from django_safemigrate.values.fields import database_changes
from django_safemigrate.values.locks import LockMode, RelationLock
from django_safemigrate.values.states import unrendered

# Operations without any effect on the database.
STATE_ONLY: frozenset[type[Operation]] = frozenset({AlterModelManagers, AlterModelOptions})


def probable_locks(
    migration: Migration, state: ProjectState, connection: BaseDatabaseWrapper
) -> tuple[RelationLock, ...]:
    """The tables that the migration's operations name, with the strongest lock that Django's statements take there.

    ACCESS EXCLUSIVE on the table of a model, SHARE ROW EXCLUSIVE on the tables that its foreign keys refer to. Tables that
    do not exist yet are among them; what RunPython and RunSQL lock nobody knows, and is not. ``state`` (before the
    migration) is not changed.
    """
    own: dict[str, None] = {}
    referenced: dict[str, None] = {}
    current = unrendered(state)
    for operation in migration.operations:
        finder = _Finder(operation, migration.app_label, connection.ops.max_name_length() or 63)
        if _changes_python_only(operation, migration.app_label, current):
            finder.model_name = None
        finder.look(current, own, referenced)
        operation.state_forwards(migration.app_label, current)
        finder.look(current, own, referenced)
    quote = connection.ops.quote_name
    return (
        *(RelationLock(quote(table), LockMode.ACCESS_EXCLUSIVE) for table in own),
        *(RelationLock(quote(table), LockMode.SHARE_ROW_EXCLUSIVE) for table in referenced if table not in own),
    )


def _changes_python_only(operation: Operation, app_label: str, before: ProjectState) -> bool:
    if type(operation) in STATE_ONLY:
        return True
    if not isinstance(operation, AlterField):
        return False
    model = before.models.get((app_label, operation.model_name_lower))
    return model is not None and database_changes(model.fields[operation.name], operation.field) == set()


class _Finder:
    """Finds the tables of one operation in a state, without rendering any model."""

    def __init__(self, operation: Operation, app_label: str, max_length: int) -> None:
        self.app_label, self.max_length = app_label, max_length
        self.model_name: str | None = None
        self.field_name: str | None = None
        if isinstance(operation, ModelOperation):
            self.model_name = operation.name_lower
        elif isinstance(getattr(operation, "model_name", None), str):
            self.model_name = str(operation.model_name).lower()  # type: ignore[attr-defined]
            self.field_name = getattr(operation, "name", "") or ""

    def look(self, state: ProjectState, own: dict[str, None], referenced: dict[str, None]) -> None:
        model = state.models.get((self.app_label, self.model_name or ""))
        if model is None or not model.options.get("managed", True) or model.options.get("proxy"):
            return
        table = self._table(model)
        own[table] = None
        for name, field in model.fields.items():
            if field.is_relation and self.field_name in (None, name):
                self._relation(state, table, model, name, field, own, referenced)

    def _relation(
        self,
        state: ProjectState,
        table: str,
        model: ModelState,
        name: str,
        field: Any,
        own: dict[str, None],
        referenced: dict[str, None],
    ) -> None:
        target = self._resolve(state, field.remote_field.model, model)
        if target is not None:
            referenced[self._table(target)] = None
        if field.many_to_many:
            through = self._resolve(state, field.remote_field.through, model) if field.remote_field.through else None
            # Other people's many-to-many fields (django-taggit's manager) have no db_table.
            implicit = getattr(field, "db_table", None) or truncate_name(
                f"{strip_quotes(table)}_{name}", self.max_length
            )
            own[self._table(through) if through else implicit] = None

    def _resolve(self, state: ProjectState, relation: Any, model: ModelState) -> ModelState | None:
        return state.models.get(resolve_relation(relation, model.app_label, model.name_lower))

    def _table(self, model: ModelState) -> str:
        table = model.options.get("db_table")
        return str(table or truncate_name(f"{model.app_label}_{model.name_lower}", self.max_length))
