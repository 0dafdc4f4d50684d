"""While an operation is compiled, nothing is changed."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import Any

from django.db.backends.base.base import BaseDatabaseWrapper

from .editor import NotCompiled


@contextlib.contextmanager
def only_reads(connection: BaseDatabaseWrapper) -> Iterator[None]:
    """An operation that talks to the database past the schema editor is noticed: then nobody can see into it.

    Raises ``NotCompiled`` for anything but a SELECT.
    """

    def check(execute: Any, sql: Any, params: Any, many: bool, context: Any) -> Any:
        if not str(sql).lstrip().lower().startswith(_READS):
            raise NotCompiled("it changes the database past the schema editor")
        return execute(sql, params, many, context)

    with connection.execute_wrapper(check):
        yield


# What does anything else runs as it was written, so a wrong guess costs no more than that.
_READS = ("select", "with")
