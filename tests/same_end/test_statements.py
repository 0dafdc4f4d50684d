"""Django's editor, written down, says what it says when it executes: statement by statement, on every version of Django.

Compiling an operation whole means that Django's questions to the catalog, half-way through it, are answered before anything
has run. An answer that is wrong loses statements without an error, which the schema at the end need not show. So each
operation is run by Django's own editor, in a transaction that is rolled back, and what it executed is compared with what is
written down.
"""

from __future__ import annotations

import os
from typing import Any

import pytest
from django.db import connection
from django.db.migrations.operations.base import Operation
from django.db.migrations.state import ProjectState
from django.db.transaction import atomic

from django_safemigrate.compile.editor import NotCompiled, step_editor
from django_safemigrate.compile.situation import Allowances, Situation
from django_safemigrate.values.operations import opaque_because
from tests.same_end.case import Case
from tests.same_end.cases import CASES
from tests.same_end.compare import Server
from tests.same_end.test_cases import FIRST, _skip_what_the_server_lacks
from tests.support.database import execute, rows

pytestmark = pytest.mark.postgres


@pytest.mark.parametrize(
    "case", CASES if os.environ.get("SAME_END") else FIRST.values(), ids=lambda case: case.name.replace(" ", "-")
)
def test_same_statements(server: Server, empty: str, case: Case) -> None:
    with server.database(empty) as name, server.using(name):
        _skip_what_the_server_lacks(case)
        state = ProjectState()
        for operation in case.before:
            state = applied(state, operation)
        execute(case.rows)
        for operation in (*case.change, *case.then):
            after = state.clone()
            operation.state_forwards("shop", after)
            if not opaque_because(operation) and not case.volatile:  # a callable default is another each time
                compare(operation, state, after)
            state = applied(state, operation)


def applied(state: ProjectState, operation: Operation) -> ProjectState:
    after = state.clone()
    operation.state_forwards("shop", after)
    with connection.schema_editor(atomic=bool(operation.atomic is not False)) as editor:
        operation.database_forwards("shop", editor, state, after)
    return after


def compare(operation: Operation, before: ProjectState, after: ProjectState) -> None:
    # As if every table were new: then nothing is taken apart, and what is written is Django's statements as they are.
    tables = {f'"{name}"' for (name,) in rows("SELECT relname FROM pg_class WHERE relkind IN ('r', 'p')")}
    editor = step_editor(Situation(connection, Allowances(new_tables=tables)))
    try:
        operation.database_forwards("shop", editor, before, after)
    except NotCompiled as reason:
        pytest.skip(str(reason))
    editor.flush_deferred()
    assert [plain(written.sql) for written in editor.written] == executed(operation, before, after)


def executed(operation: Operation, before: ProjectState, after: ProjectState) -> list[str]:
    """What Django's own editor sends, rolled back."""
    sent: list[str] = []

    class Recording(connection.SchemaEditorClass):  # type: ignore[name-defined, misc]
        def execute(self, sql: Any, params: Any = ()) -> None:
            sent.append(str(sql) if params is None else self.connection.ops.compose_sql(str(sql), params))
            super().execute(sql, params)

    with atomic():
        with Recording(connection, atomic=False) as editor:
            operation.database_forwards("shop", editor, before, after)
        connection.set_rollback(True)
    return [plain(sql) for sql in sent]


def plain(sql: str) -> str:
    """Without the SET CONSTRAINTS that Django puts before or behind, which is for one long transaction."""
    parts = [part.strip() for part in sql.split(";") if not part.strip().startswith("SET CONSTRAINTS")]
    return "; ".join(part for part in parts if part)
