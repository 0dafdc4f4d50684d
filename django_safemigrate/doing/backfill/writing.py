"""Rows that code has changed, written with one UPDATE for all of them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.db.models import Model, Value

from django_safemigrate.catalog.query import Connection


def write(connection: Connection, model: type[Model], fields: Sequence[str], rows: Sequence[Model]) -> int:
    """Write ``fields`` of rows of a model; how many that were. Values only, no expressions.

    The table is joined with the new values: one CASE, as ``bulk_update`` writes it, is searched through for each row.
    """
    keys: list[Any] = list(model._meta.pk_fields)
    written: list[Any] = [model._meta.get_field(name) for name in fields]
    columns = _Columns(connection, model, [*keys, *written])
    quote, table = connection.ops.quote_name, connection.ops.quote_name(model._meta.db_table)
    values = [columns.of(row) for row in rows]
    lines = ", ".join(f"({', '.join(mark for mark, _ in line)})" for line in values)
    names = [f"v{number}" for number in range(len(keys) + len(written))]
    same = [f"{table}.{quote(key.column)} = v.{name}" for key, name in zip(keys, names, strict=False)]
    sets = [f"{quote(one.column)} = v.{name}" for one, name in zip(written, names[len(keys) :], strict=True)]
    with connection.cursor() as cursor:
        cursor.execute(
            f"UPDATE {table} SET {', '.join(sets)} FROM (VALUES {lines}) v ({', '.join(names)}) WHERE {' AND '.join(same)}",
            [value for line in values for _, params in line for value in params],
        )
        return int(cursor.rowcount)


class _Columns:
    """Fields of a model, as the server wants their values."""

    def __init__(self, connection: Connection, model: type[Model], fields: Sequence[Any]) -> None:
        self._query = model._base_manager.using(connection.alias).all().query
        self._compiler = self._query.get_compiler(connection=connection)
        self._fields = [(field, field.db_type(connection)) for field in fields]

    def of(self, row: Model) -> list[tuple[str, Sequence[Any]]]:
        """For each of them: the value as SQL, and its parameters."""
        return [self._one(field, type_, getattr(row, field.attname)) for field, type_ in self._fields]

    def _one(self, field: Any, type_: str, value: Any) -> tuple[str, Sequence[Any]]:
        as_saved = Value(value, output_field=field).resolve_expression(self._query, for_save=True)
        sql, params = self._compiler.compile(as_saved)
        return f"({sql})::{type_}", params
