"""A schema editor that changes the schema at once, step by step, under the lock policy."""

from __future__ import annotations

import contextlib
import functools
import itertools
import logging
from collections.abc import Callable, Iterator
from typing import Any

from django.db.models import Model

from django_safemigrate.catalog import rights
from django_safemigrate.catalog.goals import reached
from django_safemigrate.compile.editor import NotCompiled, StepEditor
from django_safemigrate.compile.online.grouping import steps_of_all
from django_safemigrate.compile.simplify import simplified
from django_safemigrate.compile.situation import Allowances, Situation
from django_safemigrate.compile.statements import knows
from django_safemigrate.compile.unsafe import Unsafe
from django_safemigrate.compile.written import Written
from django_safemigrate.decisions.lock_policy import policy_of
from django_safemigrate.doing.asking import Asker
from django_safemigrate.doing.observer import Observer
from django_safemigrate.doing.offenders import refuse_offenders
from django_safemigrate.doing.opaque import run_in_autocommit
from django_safemigrate.doing.step_runner import run_step
from django_safemigrate.operations.online import drop_at_once
from django_safemigrate.values.errors import Refused
from django_safemigrate.values.settings import read_settings
from django_safemigrate.values.steps import Step

logger = logging.getLogger("django_safemigrate")

NAME = "schema_editor()"

# The methods of Django's editor that change the schema. Each is compiled whole before any of it runs.
_METHODS = (
    "create_model",
    "delete_model",
    "add_field",
    "remove_field",
    "alter_field",
    "add_index",
    "remove_index",
    "rename_index",
    "add_constraint",
    "remove_constraint",
    "alter_unique_together",
    "alter_index_together",
    "alter_db_table",
    "alter_db_table_comment",
    "alter_db_tablespace",
    "remove_procedure",
)


class ImmediateEditor(StepEditor):
    """What the outermost call writes down runs as steps as soon as it returns; deferred SQL when the editor is left.

    It opens no transaction around everything: each step has its own. In a transaction that is open, Django's own editor
    takes over.
    """

    # Rows are filled by the operation itself.
    fill_rows: Any = None

    def __init__(self, connection: Any) -> None:
        super().__init__(connection, Situation(connection))
        self._wrapper = connection
        self._settings = read_settings()
        self._stock = connection.SchemaEditorClass(connection, atomic=False)
        self._observer: Observer | None = None
        self._depth = 0

    def __enter__(self) -> ImmediateEditor:
        self.deferred_sql = []
        return self

    def __exit__(self, exc_type: Any, exc_value: Any, traceback: Any) -> None:
        try:
            if exc_type is None:
                for sql in self.deferred_sql:
                    self.execute(sql, None)
        finally:
            if self._observer is not None:
                self._observer.close()

    def drop_old_column(self, model: type[Model], field: Any) -> None:
        if self.connection.in_atomic_block:
            drop_at_once(self, model, field)
            return
        with self._outermost():
            super().drop_old_column(model, field)

    def bring_old_column_back(self, model: type[Model], field: Any, old_field: Any) -> None:
        with self._outermost():
            super().bring_old_column_back(model, field, old_field)

    def execute(self, sql: Any, params: Any = ()) -> None:
        if self.connection.in_atomic_block:
            self._stock.execute(sql, params)
            return
        with self._outermost():
            try:
                super().execute(sql, params)
            except NotCompiled:
                self.written.append(Written("", {}, self._composed(sql, params)))

    @contextlib.contextmanager
    def _outermost(self) -> Iterator[None]:
        """Collects; at the end of the outermost of these contexts everything runs."""
        if self._depth == 0:
            new = self._wrapper.new_tables if self._wrapper.remembers_new_tables else ()
            unsafe = "*" in self._settings.allow_unsafe
            self.situation = Situation(self.connection, Allowances(self._settings.small_table, unsafe, new))
            self.written = []
        self._depth += 1
        try:
            yield
        finally:
            self._depth -= 1
        if self._depth == 0:
            self._run(self.written)

    def _run(self, statements: list[Written]) -> None:
        situation = Situation(self.connection, self.situation.allowances)
        steps: list[Step | str] = []
        try:
            for known, group in itertools.groupby(simplified(statements, situation), lambda one: knows(one.kind)):
                some = list(group)
                steps += steps_of_all(some, situation) if known else [written.sql for written in some]
        except Unsafe as unsafe:
            raise Refused(
                unsafe.fact,
                unsafe.reason,
                f"{unsafe.remedy}\nTo run it as it is: SAFEMIGRATE = {{'ALLOW_UNSAFE': ['*']}}".strip(),
            ) from unsafe
        for step in steps:
            self._run_one(step)
        for written in statements:
            self._remember(written)

    def _remember(self, written: Written) -> None:
        """Which tables were made through this connection, by the names that they have now."""
        new: set[str] = self._wrapper.new_tables
        match written.kind:
            case "sql_create_table":
                new.add(written.table)
            case "sql_delete_table":
                new.discard(written.table)
            case "sql_rename_table" if written.part("old_table") in new:
                new.discard(written.part("old_table"))
                new.add(written.part("new_table"))

    def _run_one(self, step: Step | str) -> None:
        asker = self._asker
        asker.observer.remember_pid()
        if isinstance(step, str):
            run_in_autocommit(self.connection, asker, NAME, (), lambda: self._stock.execute(step, None))
            return
        if step.mark is not None and reached(step.mark, self.connection):
            return
        refuse_offenders(self.connection, NAME, step)
        run_step(self.connection, asker, NAME, step)

    @functools.cached_property
    def _asker(self) -> Asker:
        self._observer = Observer(self.connection)
        may_set = rights.may_set(self.connection, "deadlock_timeout")
        return Asker(
            policy_of(self._settings),
            self.connection,
            self._observer,
            lambda event: logger.info("%s", event),
            self._execute_now,
            may_set_deadlock_timeout=may_set,
        )

    def _execute_now(self, sql: str) -> int:
        """With Django's own log of the schema, which keeps the number of rows to itself."""
        self._stock.execute(sql, None)
        return 0


def _whole(name: str) -> Callable[..., Any]:
    """A method of the editor that is compiled whole, or left to Django's editor in an open transaction."""

    def method(self: ImmediateEditor, *args: Any, **kwargs: Any) -> Any:
        if self.connection.in_atomic_block:
            self._stock.deferred_sql = self.deferred_sql
            return getattr(self._stock, name)(*args, **kwargs)
        with self._outermost():
            return getattr(super(ImmediateEditor, self), name)(*args, **kwargs)

    method.__name__ = name
    return method


for _name in _METHODS:
    setattr(ImmediateEditor, _name, _whole(_name))
