"""The types that columns have, as the models of a state say."""

from __future__ import annotations

from functools import cache

from django.db.backends.postgresql.base import DatabaseWrapper
from django.db.migrations.state import ModelState, ProjectState
from django.db.migrations.utils import resolve_relation

from django_safemigrate.decisions.indexed import is_indexed
from django_safemigrate.linting.statements.seen import ColumnTypes
from django_safemigrate.values.fields import AnyField, column_of
from django_safemigrate.values.tables import table_of

Key = tuple[str, str]


def type_in_sql(field: AnyField) -> str | None:
    """The type of a column, without a server; None where the field does not say."""
    try:
        return field.db_type(_server())
    except Exception:  # whatever somebody's own field asks of a server
        return None


class TypesOfModels(ColumnTypes):
    """Of a state's models; a relation has the type of the key that it refers to."""

    def __init__(self, state: ProjectState) -> None:
        self._state = state

    def type_of(self, table: str, column: str) -> str | None:
        found = self._field(table, column)
        return None if found is None else self._type(found[0], found[1].fields[found[2]])

    def is_indexed(self, table: str, column: str) -> bool:
        found = self._field(table, column)
        return found is not None and is_indexed(found[1], found[2])

    def _field(self, table: str, column: str) -> tuple[Key, ModelState, str] | None:
        # Not items() of the mapping itself: one that is shared copies each model that it gives out.
        for key, model in dict.items(self._state.models):
            if table_of(model) == table:
                for name, field in model.fields.items():
                    if column_of(field, name) == column:
                        return key, model, name
        return None

    def _type(self, key: Key, field: AnyField, *, referred: bool = False) -> str | None:
        try:
            if not field.is_relation:
                return field.rel_db_type(_server()) if referred else field.db_type(_server())
            target = resolve_relation(field.remote_field.model, *key)  # type: ignore[union-attr]
            model, names = self._state.models[target], getattr(field, "to_fields", None) or [None]
            ends = [one for name, one in model.fields.items() if name in names] or [
                one for one in model.fields.values() if one.primary_key
            ]
            return self._type(target, ends[0], referred=True)
        except Exception:  # whatever somebody's own field asks of a server, or refers to
            return None


@cache
def _server() -> DatabaseWrapper:
    """PostgreSQL as Django knows it, connected to nothing."""
    return DatabaseWrapper({"NAME": "", "OPTIONS": {}, "TIME_ZONE": None}, "types")
