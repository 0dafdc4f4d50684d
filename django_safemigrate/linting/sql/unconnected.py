"""A connection to nowhere, with which Django's schema editor writes SQL that nobody runs."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Sequence
from functools import cache
from typing import Any

from django.db import connections
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.backends.postgresql.base import DatabaseWrapper

from django_safemigrate.compile.names import shortened
from django_safemigrate.linting.sql.texts import Misfit, Text, composed

# The oldest PostGIS that goes with the oldest server; engines of that kind ask for it before they write anything.
_POSTGIS = (3, 1, 0)


class NotConnected(Exception):
    """Somebody has asked the database."""


class _Nowhere(BaseDatabaseWrapper):
    def connect(self) -> None:
        raise NotConnected("the linter has no database")


class _Writing(BaseDatabaseSchemaEditor):
    """A schema editor that keeps what it would have executed."""

    def __init__(self, connection: BaseDatabaseWrapper) -> None:
        super().__init__(connection, atomic=False)
        self.deferred_sql: list[Any] = []
        self.texts: list[Text] = []

    def execute(self, sql: Any, params: Any = ()) -> None:
        text = str(sql)
        try:
            self.texts.append(Text(composed(text, params)))
        except Misfit as misfit:
            self.texts.append(Text(text, str(misfit)))

    def flush(self) -> None:
        """Write what Django keeps for the end of a migration."""
        deferred, self.deferred_sql = self.deferred_sql, []
        for sql in deferred:
            self.execute(sql, None)

    def effective_default(self, field: Any) -> Any:
        """Code of the author's does not run: what matters is that there is one value for all rows."""
        code = field.has_default() and callable(field.default)
        if code or getattr(field, "auto_now", False) or getattr(field, "auto_now_add", False):
            return "what its code says"
        return super().effective_default(field)

    # What Django asks the catalog: there is one of everything, by a name that says what it is.

    def _constraint_names(self, model: Any, column_names: Sequence[str] | None = None, **conditions: Any) -> list[str]:
        of = "_".join([model._meta.db_table, *(column_names or ())])
        return [shortened(of + "".join(f"_{name}" for name, value in conditions.items() if value is True))]

    def _get_sequence_name(self, table: str, column: str) -> str | None:
        return None


@cache
def _wrapper(base: Any) -> type[BaseDatabaseWrapper]:
    return type("Unconnected", (_Nowhere, base), {})


@cache
def _editor(base: Any) -> type[_Writing]:
    return type("Writing", (_Writing, base), {})


def unconnected(alias: str, postgres: int) -> BaseDatabaseWrapper:
    """A connection like that of the alias, to a server of this major version, or like Django's own where that is not
    PostgreSQL. It is called the same, so that routers answer the same."""
    real = connections[alias]
    base = type(real) if real.vendor == "postgresql" else DatabaseWrapper
    settings = {**real.settings_dict, "OPTIONS": {}} if base is DatabaseWrapper else real.settings_dict
    kind: Any = base
    made: Any = _wrapper(kind)(settings, alias)
    made.pg_version = postgres * 10000
    if hasattr(type(made.ops), "spatial_version"):
        made.ops.spatial_version = _POSTGIS
    return made  # type: ignore[no-any-return]


def writing(connection: BaseDatabaseWrapper) -> _Writing:
    """A schema editor that writes instead of executing."""
    return _editor(connection.SchemaEditorClass)(connection)


@contextlib.contextmanager
def no_databases() -> Iterator[None]:
    """Other people's code runs, which may go past the schema editor: meanwhile, every connection leads nowhere."""
    real = {alias: connections[alias] for alias in connections}
    for alias, connection in real.items():
        kind: Any = type(connection)
        connections[alias] = _wrapper(kind)(connection.settings_dict, alias)
    try:
        yield
    finally:
        for alias, connection in real.items():
            connections[alias] = connection
