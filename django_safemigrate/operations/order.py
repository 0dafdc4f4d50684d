"""``order_with_respect_to`` in two phases.

Its column ``_order`` is NOT NULL without a default in the database. Beside a version of the code that does not know of the
column it has to have one: rows that this version inserts are the first of their lists.

On SQLite, where a table is rebuilt from the models, another change to the table drops that default before its time.
"""

from __future__ import annotations

from typing import Any

from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.migrations.operations import AlterOrderWithRespectTo
from django.db.migrations.operations.base import Operation
from django.db.migrations.operations.models import ModelOptionOperation
from django.db.migrations.state import ProjectState
from django.db.models import Model
from django.db.models.fields.proxy import OrderWrt

COLUMN = "_order"
FIRST = 0


class AlterOrder(AlterOrderWithRespectTo):
    """Order a model with respect to a field, or no longer: ``_order`` has a default in the database whenever it comes.

    It comes when a model gets an order, and on the way back when a model had lost it; otherwise this is
    ``AlterOrderWithRespectTo``. ADD COLUMN with a constant default is catalog only: ACCESS EXCLUSIVE, for an instant.
    """

    # For the compiler: whatever it does goes through the methods of Django's schema editor.
    schema_editor_alone = True

    def database_forwards(
        self, app_label: str, schema_editor: BaseDatabaseSchemaEditor, from_state: ProjectState, to_state: ProjectState
    ) -> None:
        before, after = (state.apps.get_model(app_label, self.name) for state in (from_state, to_state))
        if before._meta.order_with_respect_to or not after._meta.order_with_respect_to:
            super().database_forwards(app_label, schema_editor, from_state, to_state)
        elif self.allow_migrate_model(schema_editor.connection.alias, after):
            schema_editor.add_field(before, _order_of(after, db_default=FIRST))

    def reduce(self, operation: Operation, app_label: str) -> Any:
        if isinstance(operation, DropOrderDefault) and operation.name_lower == self.name_lower:
            return [AlterOrderWithRespectTo(self.name, self.order_with_respect_to)]
        return super().reduce(operation, app_label)


class _OrderDefault(ModelOptionOperation):
    """Changes the default of ``_order`` in the database, and nothing in the state."""

    schema_editor_alone = True

    def state_forwards(self, app_label: str, state: ProjectState) -> None:
        pass

    def deconstruct(self) -> Any:
        return type(self).__qualname__, [], {"name": self.name}

    def _alter(
        self, app_label: str, schema_editor: BaseDatabaseSchemaEditor, state: ProjectState, *, keep: bool
    ) -> None:
        model = state.apps.get_model(app_label, self.name)
        if model._meta.order_with_respect_to and self.allow_migrate_model(schema_editor.connection.alias, model):
            fields = _order_of(model), _order_of(model, db_default=FIRST)
            schema_editor.alter_field(model, *(fields if keep else fields[::-1]))


class KeepOrderDefault(_OrderDefault):
    """Give ``_order`` a default in the database, before the code goes that fills it in. ``AlterOrder`` drops the column."""

    def database_forwards(
        self, app_label: str, schema_editor: BaseDatabaseSchemaEditor, from_state: ProjectState, to_state: ProjectState
    ) -> None:
        self._alter(app_label, schema_editor, to_state, keep=True)

    def database_backwards(
        self, app_label: str, schema_editor: BaseDatabaseSchemaEditor, from_state: ProjectState, to_state: ProjectState
    ) -> None:
        self._alter(app_label, schema_editor, to_state, keep=False)

    def describe(self) -> str:
        return f"Give {COLUMN} of {self.name} a default in the database"

    @property
    def migration_name_fragment(self) -> str:
        return f"alter_{self.name_lower}{COLUMN}"

    def reduce(self, operation: Operation, app_label: str) -> Any:
        if isinstance(operation, AlterOrderWithRespectTo) and operation.name_lower == self.name_lower:
            gone = [AlterOrderWithRespectTo(self.name, None)]
            return super().reduce(operation, app_label) if operation.order_with_respect_to else gone
        return super().reduce(operation, app_label)


class DropOrderDefault(_OrderDefault):
    """Drop the default that ``AlterOrder`` gave ``_order`` in the database, once all code fills it in."""

    def database_forwards(
        self, app_label: str, schema_editor: BaseDatabaseSchemaEditor, from_state: ProjectState, to_state: ProjectState
    ) -> None:
        self._alter(app_label, schema_editor, to_state, keep=False)

    def database_backwards(
        self, app_label: str, schema_editor: BaseDatabaseSchemaEditor, from_state: ProjectState, to_state: ProjectState
    ) -> None:
        self._alter(app_label, schema_editor, to_state, keep=True)

    def describe(self) -> str:
        return f"Drop the default of {COLUMN} of {self.name} in the database"

    @property
    def migration_name_fragment(self) -> str:
        return f"alter_{self.name_lower}{COLUMN}"


def _order_of(model: type[Model], **options: Any) -> OrderWrt:
    """The field ``_order`` of a model, with the given options."""
    field = OrderWrt(**options)
    field.set_attributes_from_name(COLUMN)
    field.model = model
    return field
