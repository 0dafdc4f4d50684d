"""Changes of a column that go on beside reads and writes: a second column, kept in step by a trigger, takes its place.

Expand runs ``AlterFieldOnline`` or ``RenameFieldOnline``, contract ``FinishAlterField`` or ``FinishRenameField``, which drops
the trigger and the old column. In between both versions of the code work, and whatever either of them writes is in both
columns; so the way back loses nothing. On a new database, with plain ``migrate`` and on other servers they do at once what
Django's ``AlterField`` and ``RenameField`` do.
"""

from __future__ import annotations

import contextlib
from copy import copy
from functools import partial
from typing import Any

from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.migrations.operations import AlterField, RenameField
from django.db.migrations.operations.base import Operation, OperationCategory
from django.db.migrations.state import ProjectState
from django.db.models import Model

from django_safemigrate.values.steps import Work


def _online(schema_editor: Any, *, keep: bool) -> contextlib.AbstractContextManager[None]:
    """For the time of the context, columns of tables in use change by way of a second one; ``keep``: and keep the old one."""
    if not hasattr(schema_editor, "online"):
        return contextlib.nullcontext()
    context: contextlib.AbstractContextManager[None] = schema_editor.online(keep=keep)
    return context


class _BesideTraffic(Operation):
    """In front of an operation of Django's: there by way of a second column, and the old one is kept."""

    # For the compiler: whatever it does goes through the methods of Django's schema editor.
    schema_editor_alone = True

    def database_forwards(
        self, app_label: str, schema_editor: BaseDatabaseSchemaEditor, from_state: ProjectState, to_state: ProjectState
    ) -> None:
        with _online(schema_editor, keep=True):
            super().database_forwards(app_label, schema_editor, from_state, to_state)


class AlterFieldOnline(_BesideTraffic, AlterField):
    """``AlterField`` for a change of type, collation or column that would rewrite the table or hide a column from old code.

    A column of the new type is added, kept in step, filled in batches, and gets the same indexes and constraints; then the
    two swap names. Of a primary key, the columns that refer to it go along.
    """

    def database_backwards(
        self, app_label: str, schema_editor: BaseDatabaseSchemaEditor, from_state: ProjectState, to_state: ProjectState
    ) -> None:
        # Its own way back calls the way there, which is ours.
        with _online(schema_editor, keep=False):
            AlterField.database_forwards(self, app_label, schema_editor, from_state, to_state)

    def reduce(self, operation: Operation, app_label: str) -> Any:
        if isinstance(operation, AlterField) and self.is_same_field_operation(operation):
            return False
        if isinstance(operation, FinishAlterField) and operation.is_about(self.model_name, self.name):
            return [AlterField(self.model_name, self.name, self.field, self.preserve_default)]
        return super().reduce(operation, app_label)


class RenameFieldOnline(_BesideTraffic, RenameField):
    """``RenameField`` that leaves the old column there for the code that knows no other, each kept in step with the other."""

    def database_backwards(
        self, app_label: str, schema_editor: BaseDatabaseSchemaEditor, from_state: ProjectState, to_state: ProjectState
    ) -> None:
        with _online(schema_editor, keep=False):
            super().database_backwards(app_label, schema_editor, from_state, to_state)

    def reduce(self, operation: Operation, app_label: str) -> Any:
        if isinstance(operation, FinishRenameField) and operation.is_about(self.model_name, self.new_name):
            return [RenameField(self.model_name, self.old_name, self.new_name)]
        return Operation.reduce(self, operation, app_label)


class _Finish(Operation):
    """Drops what is left of the old column; the state has forgotten it already."""

    schema_editor_alone = True
    category = OperationCategory.REMOVAL

    def __init__(self, model_name: str, field_name: str) -> None:
        self.model_name, self._name = model_name, field_name

    def state_forwards(self, app_label: str, state: ProjectState) -> None:
        """The state knows the new column alone."""

    def is_about(self, model_name: str, name: str) -> bool:
        """Whether it finishes the change of that field."""
        return (self.model_name.lower(), self._name) == (model_name.lower(), name)

    def database_forwards(
        self, app_label: str, schema_editor: BaseDatabaseSchemaEditor, from_state: ProjectState, to_state: ProjectState
    ) -> None:
        model = to_state.apps.get_model(app_label, self.model_name)
        if self.allow_migrate_model(schema_editor.connection.alias, model):
            finish = getattr(schema_editor, "drop_old_column", None) or partial(drop_at_once, schema_editor)
            finish(model, model._meta.get_field(self._name))

    def _bring_back(
        self,
        app_label: str,
        schema_editor: BaseDatabaseSchemaEditor,
        to_state: ProjectState,
        name: str,
        **changes: Any,
    ) -> None:
        """Let the schema editor bring back the column of a field that was called ``name``, with these attributes."""
        back = getattr(schema_editor, "bring_old_column_back", None)
        model = to_state.apps.get_model(app_label, self.model_name)
        if back is not None and self.allow_migrate_model(schema_editor.connection.alias, model):
            new: Any = model._meta.get_field(self._name)
            old = copy(new)
            for attribute, value in {"name": None, **changes}.items():
                setattr(old, attribute, value)
            old.set_attributes_from_name(name)
            back(model, new, old)

    def references_model(self, name: str, app_label: str) -> bool:
        return name.lower() == self.model_name.lower()

    def references_field(self, model_name: str, name: str, app_label: str) -> bool:
        return self.references_model(model_name, app_label) and name == self._name


def drop_at_once(schema_editor: BaseDatabaseSchemaEditor, model: type[Model], field: Any) -> None:
    """In a transaction, as with plain ``migrate``: what ``safemigrate`` has left after the phase before deploy."""
    connection = schema_editor.connection
    if connection.vendor == "postgresql" and not schema_editor.collect_sql:
        # The compiler, which is large: files of migrations are loaded far more often than such a one runs.
        from django_safemigrate.compile.online.finish import finish_leftovers
        from django_safemigrate.compile.situation import Situation

        table = schema_editor.quote_name(model._meta.db_table)
        for step in list(finish_leftovers([(table, field.column)], Situation(connection))):
            concurrently = step.work is Work.INDEX_DROP
            schema_editor.execute(step.sql.replace(" CONCURRENTLY", "", 1) if concurrently else step.sql, None)


class FinishAlterField(_Finish):
    """Drop the trigger and the old column that ``AlterFieldOnline`` has left.

    ``column``: the name of the old column where the field has another one now. On the way back it comes back under it.
    """

    def __init__(self, model_name: str, name: str, column: str | None = None) -> None:
        super().__init__(model_name, name)
        self.name, self.column = name, column

    def deconstruct(self) -> tuple[str, list[Any], dict[str, Any]]:
        given = {"column": self.column} if self.column is not None else {}
        return type(self).__name__, [], {"model_name": self.model_name, "name": self.name, **given}

    def database_backwards(
        self, app_label: str, schema_editor: BaseDatabaseSchemaEditor, from_state: ProjectState, to_state: ProjectState
    ) -> None:
        """Old code runs on the new type; a column that it knows by another name comes back beside the new one."""
        if self.column is not None:
            self._bring_back(app_label, schema_editor, to_state, self.name, db_column=self.column)

    def describe(self) -> str:
        column = f"column {self.column}" if self.column is not None else "column"
        return f"Drop the old {column} of field {self.name} on {self.model_name}"

    @property
    def migration_name_fragment(self) -> str:
        return f"finish_alter_{self.model_name}_{self.name}".lower()


class FinishRenameField(_Finish):
    """Drop the trigger and the old column that ``RenameFieldOnline`` has left."""

    def __init__(self, model_name: str, old_name: str, new_name: str) -> None:
        super().__init__(model_name, new_name)
        self.old_name, self.new_name = old_name, new_name

    def deconstruct(self) -> tuple[str, list[Any], dict[str, Any]]:
        arguments = {"model_name": self.model_name, "old_name": self.old_name, "new_name": self.new_name}
        return type(self).__name__, [], arguments

    def database_backwards(
        self, app_label: str, schema_editor: BaseDatabaseSchemaEditor, from_state: ProjectState, to_state: ProjectState
    ) -> None:
        """The old column comes back beside the new one, for old code."""
        self._bring_back(app_label, schema_editor, to_state, self.old_name)

    def describe(self) -> str:
        return f"Drop the old column {self.old_name} of field {self.new_name} on {self.model_name}"

    @property
    def migration_name_fragment(self) -> str:
        return f"finish_rename_{self.old_name}_{self.model_name}_{self.new_name}".lower()
