"""Errors of the connection itself, in words for people."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator

from django.db import Error, InterfaceError, OperationalError

from django_safemigrate.catalog.query import Connection
from django_safemigrate.values.errors import DatabaseUnavailable

from .sqlstate import INSUFFICIENT_PRIVILEGE, sqlstate


@contextlib.contextmanager
def speaking_of(connection: Connection) -> Iterator[None]:
    """Errors of the connection itself, in words: not reachable, no rights. Others pass."""
    name = f"Database {connection.alias!r} ({connection.settings_dict['NAME']})"
    try:
        yield
    except (OperationalError, InterfaceError) as error:
        if sqlstate(error) is not None and connection.connection is not None:
            raise
        raise DatabaseUnavailable(
            f"{name} cannot be reached: {str(error).strip()}",
            "What this run has reported as done stays done; nothing else was changed.",
            f"Check HOST, PORT, USER and PASSWORD of DATABASES[{connection.alias!r}], and that the server is up.",
        ) from error
    except Error as error:
        if sqlstate(error) != INSUFFICIENT_PRIVILEGE:
            raise
        raise DatabaseUnavailable(
            f"{name}: {str(error).strip()}",
            "The role of this connection may not do that.",
            "Grant it, and run the same command again.",
        ) from error
