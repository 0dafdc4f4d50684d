"""The types that columns have, as the models of a state say."""

from __future__ import annotations

from functools import cache

from django.db.backends.postgresql.base import DatabaseWrapper
from django.db.migrations.state import ProjectState

from django_safemigrate.linting.statements.seen import ColumnTypes
from django_safemigrate.values.fields import AnyField, column_of
from django_safemigrate.values.tables import table_of


class TypesOfModels(ColumnTypes):
    """Of a state's models; a relation has the type of what it refers to, which is not looked up."""

    def __init__(self, state: ProjectState) -> None:
        self._state = state

    def type_of(self, table: str, column: str) -> str | None:
        field = self._field(table, column)
        if field is None or field.is_relation:
            return None
        try:
            return field.db_type(_server())
        except Exception:  # whatever somebody's own field asks of a server
            return None

    def _field(self, table: str, column: str) -> AnyField | None:
        # Not items() of the mapping itself: one that is shared copies each model that it gives out.
        for model in dict.values(self._state.models):
            if table_of(model) == table:
                for name, field in model.fields.items():
                    if column_of(field, name) == column:
                        found: AnyField = field
                        return found
        return None


@cache
def _server() -> DatabaseWrapper:
    """PostgreSQL as Django knows it, connected to nothing."""
    return DatabaseWrapper({"NAME": "", "OPTIONS": {}, "TIME_ZONE": None}, "types")
