"""Backfill: rows that are there get values, in short batches, from expressions or from code."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.migrations.operations.base import Operation, OperationCategory
from django.db.migrations.state import ProjectState
from django.db.models import Model, Q

from django_safemigrate.compile import expressions
from django_safemigrate.values.errors import UsageError

from .filling import CodeOnRows, Expressions, fill_plainly

Values = Mapping[str, Any]
Code = Callable[[list[Any]], object]


class RowsOperation(Operation):
    """What fills rows of one model, and changes no state.

    With ``safemigrate`` it becomes a step that runs in batches, by the primary key, and goes on where it was interrupted.
    With plain ``migrate``, on other servers and on new tables it goes through the rows 500 at a time.
    """

    schema_editor_alone = True
    category = OperationCategory.PYTHON
    reversible = True
    background = False
    model_name: str
    fields: Sequence[str]
    where: Q | None = None

    def state_forwards(self, app_label: str, state: ProjectState) -> None:
        """Rows are no state."""

    def references_model(self, name: str, app_label: str) -> bool:
        return name.lower() == self.model_name.lower()

    def references_field(self, model_name: str, name: str, app_label: str) -> bool:
        return self.references_model(model_name, app_label) and name in self.fields

    @property
    def migration_name_fragment(self) -> str:
        return f"fill_{self.model_name}_{'_'.join(self.fields)}".lower()

    def code_for(self, app_label: str, state: ProjectState, *, backwards: bool) -> CodeOnRows:
        """The code that a batch of rows is given to, for one that fills by code."""
        raise NotImplementedError

    def _by_code(self, schema_editor: BaseDatabaseSchemaEditor, app_label: str, code: CodeOnRows) -> None:
        if not self._is_here(schema_editor, code.model):
            return
        where = self.where if self.where is not None else _any_null(self.fields)
        collect = getattr(schema_editor, "fill_rows", None)
        if collect is None:
            fill_plainly(schema_editor.connection, code, where)
            return
        wrong = expressions.condition(schema_editor.connection, code.model, where)
        collect(code.model, self.fields, "", wrong, remark=self._remark(f"{code} is called for each batch of rows."))

    def _by_expressions(
        self, schema_editor: Any, app_label: str, model: type[Model], values: Values, where: Q | None
    ) -> None:
        if not self._is_here(schema_editor, model):
            return
        connection = schema_editor.connection
        collect = getattr(schema_editor, "fill_rows", None)
        if collect is None and not schema_editor.collect_sql:
            fill_plainly(connection, Expressions(model, values), where)
            return
        if where is None:
            wrong = expressions.has_none_yet(connection, model, values)
        else:
            wrong = f"({expressions.condition(connection, model, where)}) AND "
            wrong += f"({expressions.is_not_yet(connection, model, values)})"
        assignments = expressions.assignments(connection, model, values)
        if collect is None:
            schema_editor.execute(
                f"UPDATE {connection.ops.quote_name(model._meta.db_table)} SET {assignments} WHERE {wrong}"
            )
        else:
            collect(model, list(values), assignments, wrong, remark=self._remark())

    def _remark(self, *more: str) -> str:
        left = (
            ("It is left to workers (manage.py backfill work); what depends on it waits.",) if self.background else ()
        )
        return " ".join((*more, *left))

    def _is_here(self, schema_editor: BaseDatabaseSchemaEditor, model: type[Model]) -> bool:
        """Whether the model's table is in this database. Raises ``UsageError`` for a field that is not one of its columns."""
        for name in self.fields:
            field = next((field for field in model._meta.local_concrete_fields if field.name == name), None)
            if field is None:
                raise UsageError(
                    f"{self.describe()}: {model._meta.label} has no column of its own for {name!r}.",
                    "A backfill writes into the columns of one table.",
                    "Name the model that the field is declared on, and one of its fields: "
                    + ", ".join(field.name for field in model._meta.local_concrete_fields),
                )
        return self.allow_migrate_model(schema_editor.connection.alias, model)


class Backfill(RowsOperation):
    """Fill fields of ``model_name`` in the rows that are there.

    ``values``: expressions (or values) by the names of the fields, ``{"total": F("price") * F("quantity")}``, or a function.
    It gets a list of rows, which are instances of the model as it is at this point of the history, and sets attributes;
    ``fields`` names those that are written. The rows are locked, and written with one UPDATE for each batch.

    ``where``: which rows. Without it: those in which one of the fields is NULL (and its expression is not). With it and
    expressions, those of them that have other values. With it and a function: the function has to make it false.

    ``reverse``: expressions or a function for the way back; without it the values stay. ``background``: ``safemigrate`` does
    not wait for it; what depends on it waits.
    """

    def __init__(
        self,
        model_name: str,
        values: Values | Code,
        fields: Sequence[str] | None = None,
        where: Q | None = None,
        reverse: Values | Code | None = None,
        background: bool = False,
    ) -> None:
        self.model_name, self.values, self.where = model_name, values, where
        self.reverse, self.background = reverse, background
        if callable(values) is (fields is None):
            raise UsageError(
                f"Backfill({model_name!r}, ...) has a function without fields, or fields without a function.",
                "The names of expressions say which fields are written; of a function nobody knows.",
                "Write fields=[...] for a function, and for nothing else.",
            )
        self.fields = list(fields if fields is not None else values)  # type: ignore[arg-type]

    @property
    def reduces_to_sql(self) -> bool:  # type: ignore[override]
        return not callable(self.values)

    def deconstruct(self) -> tuple[str, list[Any], dict[str, Any]]:
        arguments: dict[str, Any] = {"model_name": self.model_name, "values": self.values}
        if callable(self.values):
            arguments["fields"] = self.fields
        given = {"where": self.where, "reverse": self.reverse, "background": self.background or None}
        return type(self).__name__, [], arguments | {key: value for key, value in given.items() if value is not None}

    def database_forwards(
        self, app_label: str, schema_editor: BaseDatabaseSchemaEditor, from_state: ProjectState, to_state: ProjectState
    ) -> None:
        self._run(app_label, schema_editor, to_state, self.values, backwards=False)

    def database_backwards(
        self, app_label: str, schema_editor: BaseDatabaseSchemaEditor, from_state: ProjectState, to_state: ProjectState
    ) -> None:
        if self.reverse is not None:
            self._run(app_label, schema_editor, to_state, self.reverse, backwards=True)

    def _run(
        self,
        app_label: str,
        schema_editor: BaseDatabaseSchemaEditor,
        state: ProjectState,
        values: Values | Code,
        *,
        backwards: bool,
    ) -> None:
        if callable(values):
            self._by_code(schema_editor, app_label, self.code_for(app_label, state, backwards=backwards))
        else:
            model = state.apps.get_model(app_label, self.model_name)
            where = Q() if backwards else self.where
            self._by_expressions(schema_editor, app_label, model, values, where)

    def code_for(self, app_label: str, state: ProjectState, *, backwards: bool) -> CodeOnRows:
        function = self.reverse if backwards else self.values
        assert callable(function)
        return CodeOnRows(state.apps.get_model(app_label, self.model_name), self.fields, function)

    def references_model(self, name: str, app_label: str) -> bool:
        """A function may read any model."""
        return callable(self.values) or super().references_model(name, app_label)

    def references_field(self, model_name: str, name: str, app_label: str) -> bool:
        """Expressions and conditions may read any field of the model."""
        return self.references_model(model_name, app_label)

    def describe(self) -> str:
        return f"Fill {', '.join(self.fields)} of {self.model_name}" + (" in the background" if self.background else "")


def _any_null(fields: Sequence[str]) -> Q:
    found = Q()
    for name in fields:
        found |= Q(**{f"{name}__isnull": True})
    return found
