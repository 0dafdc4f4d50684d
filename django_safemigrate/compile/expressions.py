"""Django's expressions as SQL of their own: what an UPDATE would assign, and which rows a condition means."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.core.exceptions import EmptyResultSet
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.models import Model, Q
from django.db.models.sql import UpdateQuery


def assigned(connection: BaseDatabaseWrapper, model: type[Model], name: str, value: Any) -> str:
    """What ``QuerySet.update(name=value)`` would write into the column, as SQL over the columns of the table.

    Raises what Django raises for an expression that an update cannot have.
    """
    query = model._base_manager.using(connection.alias).all().query.chain(klass=UpdateQuery)
    return _behind(connection, model, query, name, value)


def condition(connection: BaseDatabaseWrapper, model: type[Model], where: Q) -> str:
    """Which rows ``QuerySet.filter(where)`` means, as SQL over the columns of the table."""
    query = model._base_manager.using(connection.alias).filter(where).query.chain(klass=UpdateQuery)
    try:
        rest = _behind(connection, model, query, _any_column(model), None)
    except EmptyResultSet:
        return "FALSE"
    return rest.removeprefix("NULL").removeprefix(" WHERE ") or "TRUE"


def is_not_yet(connection: BaseDatabaseWrapper, model: type[Model], values: Mapping[str, Any]) -> str:
    """Which rows have another value than they would be given, NULL and not NULL included, compared byte for byte."""
    return " OR ".join(
        f"pg_catalog.record_image_ne(ROW({_column(connection, model, name)}), "
        f"ROW(({assigned(connection, model, name, value)})::{_field(model, name).db_type(connection)}))"
        for name, value in values.items()
    )


def has_none_yet(connection: BaseDatabaseWrapper, model: type[Model], values: Mapping[str, Any]) -> str:
    """Which rows have NULL where they would be given a value."""
    return " OR ".join(
        f"({_column(connection, model, name)} IS NULL AND ({assigned(connection, model, name, value)}) IS NOT NULL)"
        for name, value in values.items()
    )


def assignments(connection: BaseDatabaseWrapper, model: type[Model], values: Mapping[str, Any]) -> str:
    """What stands behind SET."""
    quote = connection.ops.quote_name
    return ", ".join(
        f"{quote(_field(model, name).column)} = {assigned(connection, model, name, value)}"
        for name, value in values.items()
    )


def _field(model: type[Model], name: str) -> Any:
    return model._meta.get_field(name)


def _column(connection: BaseDatabaseWrapper, model: type[Model], name: str) -> str:
    quote = connection.ops.quote_name
    return f"{quote(model._meta.db_table)}.{quote(_field(model, name).column)}"


def _any_column(model: type[Model]) -> str:
    return str(next(field.name for field in model._meta.local_concrete_fields if not field.generated))


def _behind(connection: BaseDatabaseWrapper, model: type[Model], query: Any, name: str, value: Any) -> str:
    """An UPDATE of one column as Django writes it, without its beginning."""
    query.add_update_values({name: value})
    sql, params = query.get_compiler(connection=connection).as_sql()
    ops: Any = connection.ops
    final: str = ops.compose_sql(sql, params)
    quote = ops.quote_name
    beginning = f"UPDATE {quote(model._meta.db_table)} SET {quote(_field(model, name).column)} = "
    assert final.startswith(beginning)
    return final[len(beginning) :]
