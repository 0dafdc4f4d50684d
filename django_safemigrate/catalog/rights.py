"""Whether the role may do what a plan needs; asked before anything is touched."""

from __future__ import annotations

from collections.abc import Iterable

from .query import Connection, rows, value


def not_owned(connection: Connection, tables: Iterable[str]) -> list[tuple[str, str]]:
    """The (quoted) tables that exist and that the role does not own, each with its owner.

    ALTER TABLE, CREATE INDEX and DROP TABLE are for the owner, and for members of the owning role.
    """
    return [
        (table, owner)
        for table, owner in rows(
            connection,
            """
            SELECT t.name, pg_get_userbyid(c.relowner)
            FROM unnest(%s::text[]) WITH ORDINALITY AS t(name, position)
            JOIN pg_class c ON c.oid = to_regclass(t.name)
            WHERE NOT pg_has_role(c.relowner, 'USAGE')
            ORDER BY t.position
            """,
            [list(tables)],
        )
    ]


def may_create_tables(connection: Connection) -> bool:
    """Whether the role may create tables in the first schema of its search path."""
    return bool(value(connection, "SELECT has_schema_privilege(current_schema(), 'CREATE')"))


def may_set(connection: Connection, parameter: str) -> bool:
    """Whether the role may set a parameter that is reserved for superusers (since PostgreSQL 15 it can be granted)."""
    if value(connection, "SELECT current_setting('is_superuser') = 'on'"):
        return True
    granted = connection.pg_version >= 150000  # type: ignore[attr-defined]
    return granted and bool(value(connection, "SELECT has_parameter_privilege(%s, 'SET')", [parameter]))


def role(connection: Connection) -> str:
    """The role that we are."""
    return str(value(connection, "SELECT current_user"))
