"""BackfillDefault: every row without a value gets the field's default, called once for each row."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.migrations.state import ProjectState

from .backfill import RowsOperation
from .filling import CodeOnRows


class BackfillDefault(RowsOperation):
    """Fill ``name`` of ``model_name`` where it is NULL, in short batches.

    Stock Django calls a default once and writes that value into all rows (``Field.get_default`` in ``AddField`` and in
    ``AlterField`` to NOT NULL). ``default``, a callable without arguments, stands in for the field's own where the field has
    none. Takes ROW EXCLUSIVE on the table, and the locks of the rows of one batch. What runs twice fills nothing twice. On
    the way back it does nothing.
    """

    reduces_to_sql = False

    def __init__(self, model_name: str, name: str, default: Callable[[], Any] | None = None) -> None:
        self.model_name, self.name, self.default = model_name, name, default
        self.fields = [name]

    def deconstruct(self) -> tuple[str, list[Any], dict[str, Any]]:
        given = {"default": self.default} if self.default is not None else {}
        return type(self).__name__, [], {"model_name": self.model_name, "name": self.name, **given}

    def database_forwards(
        self, app_label: str, schema_editor: BaseDatabaseSchemaEditor, from_state: ProjectState, to_state: ProjectState
    ) -> None:
        self._by_code(schema_editor, app_label, self.code_for(app_label, to_state, backwards=False))

    def database_backwards(
        self, app_label: str, schema_editor: BaseDatabaseSchemaEditor, from_state: ProjectState, to_state: ProjectState
    ) -> None:
        """The values stay."""

    def code_for(self, app_label: str, state: ProjectState, *, backwards: bool) -> CodeOnRows:
        model = state.apps.get_model(app_label, self.model_name)
        default = self.default or model._meta.get_field(self.name).get_default

        def call(rows: list[Any]) -> None:
            for row in rows:
                setattr(row, self.name, default())

        return CodeOnRows(model, self.fields, call)

    def describe(self) -> str:
        return f"Fill {self.name} of {self.model_name} where it is NULL, calling its default for each row"
