"""A schema editor that turns Django's DDL into Steps instead of running it.

It is mixed over the connection's own ``SchemaEditorClass`` (PostGIS, wrapped engines), so that the SQL is that of the
engine in use. A method of the editor either emits steps, or raises ``NotCompiled``: then the operation runs as Django
writes it. Statements that reach ``execute`` outside a method that expects them are never lost: they raise ``NotCompiled``.
"""

from __future__ import annotations

import copy
import functools
from collections.abc import Callable
from typing import Any

from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.backends.ddl_references import Statement
from django.db.models import Index, Model

from django_safemigrate.catalog.columns import SCRATCH_TABLE
from django_safemigrate.catalog.indexes import qualified
from django_safemigrate.catalog.relations import constraints_on_column, indexes_on_column, relation_kind
from django_safemigrate.values.fields import (
    AnyField,
    database_changes,
    has_constant_db_default,
    is_plain_column,
)
from django_safemigrate.values.goals import (
    ColumnAbsent,
    ColumnPresent,
    ConstraintAbsent,
    DefaultAbsent,
    DefaultPresent,
    Goal,
    IndexAbsent,
    IndexPresent,
    NullAllowed,
)
from django_safemigrate.values.locks import LockMode, RelationLock
from django_safemigrate.values.steps import Step, Work


class NotCompiled(Exception):
    """This operation has no steps of its own yet; the message says why."""


class StepEditor(BaseDatabaseSchemaEditor):
    """The mixin; make one with ``step_editor(connection)``. ``steps`` is what it was asked to do, in order."""

    def __init__(self, connection: BaseDatabaseWrapper) -> None:
        super().__init__(connection, atomic=False)
        self.deferred_sql: list[Any] = []
        self.steps: list[Step] = []
        self._recorded: list[str] | None = None

    # What Django would execute

    def execute(self, sql: Any, params: Any = ()) -> None:
        if self._recorded is None:
            raise NotCompiled("it runs SQL that has no steps of its own yet")
        self._recorded.append(self._composed(sql, params))

    def _composed(self, sql: Any, params: Any = ()) -> str:
        """The final text, as PostgreSQL's editor composes it before it executes."""
        if params is None:
            return str(sql)
        composed: Any = self.connection.ops.compose_sql(str(sql), params)  # type: ignore[attr-defined]
        return str(composed)

    def _record(self, call: Callable[[], Any], *, expect: int) -> list[str]:
        """The statements that Django's own method would execute; ``NotCompiled`` if they are not ``expect`` many."""
        self._recorded, recorded = [], self._recorded
        try:
            call()
            statements = self._recorded
        finally:
            self._recorded = recorded
        if len(statements) != expect:
            raise NotCompiled(f"Django writes {len(statements)} statements where {expect} were expected")
        return statements

    def _emit(
        self,
        description: str,
        sql: str,
        table: str,
        goal: Goal,
        undo: str | None,
        *,
        mode: LockMode = LockMode.ACCESS_EXCLUSIVE,
        work: Work = Work.CATALOG,
    ) -> None:
        self.steps.append(
            Step(
                description=description,
                sql=sql,
                locks=(RelationLock(table, mode),),
                work=work,
                goal=goal,
                transactional=work is Work.CATALOG,
                undo=undo,
            )
        )

    def _table(self, model: type[Model]) -> str:
        return self.quote_name(model._meta.db_table)

    def _django(self, method: str, *args: Any) -> Any:
        """One of the fragments that Django's own editor makes: (SQL, parameters), or a statement."""
        return getattr(self, method)(*args)

    # Columns

    def add_field(self, model: type[Model], field: AnyField) -> None:
        """ADD COLUMN, and its indexes concurrently.

        The column's default is kept in the catalog, not written into rows (PostgreSQL 11+, manual of ALTER TABLE, Notes).
        Locks: ACCESS EXCLUSIVE on the table for the column, SHARE UPDATE EXCLUSIVE for an index.
        """
        if not is_plain_column(field) or field.db_parameters(self.connection)["check"]:
            raise NotCompiled("it adds a column with a relation, a constraint or a generated value")
        if field.has_db_default() and not has_constant_db_default(field):
            raise NotCompiled("its database default is an expression, which may rewrite the table")
        if field.db_type_suffix(self.connection):
            raise NotCompiled("it adds a column with a sequence, which rewrites the table")
        if field.db_comment:
            raise NotCompiled("it adds a column with a comment")
        drops_default = not field.has_db_default() and self.effective_default(field) is not None
        deferred = len(self.deferred_sql)
        statements = self._record(lambda: super(StepEditor, self).add_field(model, field), expect=1 + drops_default)
        table, column = self._table(model), self.quote_name(_column(field))
        definition, params = self.column_sql(model, field, include_default=True)
        self._emit(
            f"Add column {_column(field)} to {model._meta.db_table}",
            statements[0],
            table,
            ColumnPresent(table, _column(field), self._composed(definition, params), with_default=not drops_default),
            f"ALTER TABLE {table} DROP COLUMN {column}",
        )
        if drops_default:
            self._emit(
                f"Drop the default of {model._meta.db_table}.{_column(field)}",
                statements[1],
                table,
                DefaultAbsent(table, _column(field)),
                None,
            )
        for statement in self.deferred_sql[deferred:]:
            self._create_index(model, statement)
        del self.deferred_sql[deferred:]

    def remove_field(self, model: type[Model], field: AnyField) -> None:
        """DROP COLUMN, after the indexes (concurrently) and the constraints that use the column, one at a time.

        Never CASCADE: a view that uses the column is an error, not a loss. Locks: SHARE UPDATE EXCLUSIVE for an index,
        ACCESS EXCLUSIVE for a constraint and for the column, all without a scan.
        """
        if field.is_relation or field.db_parameters(self.connection)["type"] is None:
            raise NotCompiled("it removes a relation")
        table, column = self._table(model), self.quote_name(_column(field))
        for index in indexes_on_column(self.connection, table, _column(field)):
            self._drop_index(model, index)
        for constraint in constraints_on_column(self.connection, table, _column(field)):
            self._emit(
                f"Drop constraint {constraint} of {model._meta.db_table}, which uses column {_column(field)}",
                self._composed(
                    self._django("_delete_constraint_sql", self.sql_delete_constraint, model, constraint), None
                ),
                table,
                ConstraintAbsent(table, constraint),
                None,
            )
        self._emit(
            f"Drop column {_column(field)} of {model._meta.db_table}",
            f"ALTER TABLE {table} DROP COLUMN {column}",
            table,
            ColumnAbsent(table, _column(field)),
            None,
        )

    def alter_field(self, model: type[Model], old_field: AnyField, new_field: AnyField, strict: bool = False) -> None:
        """DROP NOT NULL, SET DEFAULT, DROP DEFAULT; and nothing where only Python changes."""
        changes = database_changes(old_field, new_field)
        if changes is None or not changes <= {"null", "db_default"} or (old_field.null and not new_field.null):
            raise NotCompiled("it alters a column in a way that has no steps of its own yet")
        if old_field.is_relation and changes:
            raise NotCompiled("it alters a relation")
        parts = self._alterations(model, old_field, new_field)
        self._record(
            lambda: super(StepEditor, self).alter_field(model, old_field, new_field, strict),
            expect=1 if parts else 0,
        )
        for description, change, goal, undo in parts:
            table = self._table(model)
            self._emit(
                f"{description} {model._meta.db_table}.{new_field.column}",
                f"ALTER TABLE {table} {change}",
                table,
                goal,
                f"ALTER TABLE {table} {undo}" if undo else None,
            )

    def _alterations(self, model: type[Model], old: AnyField, new: AnyField) -> list[tuple[str, str, Goal, str | None]]:
        """What changes in the catalog: description, SQL fragment, goal, fragment that undoes it."""
        table, parts = self._table(model), list[tuple[str, str, Goal, str | None]]()
        no_default = self.sql_alter_column_no_default % {"column": self.quote_name(_column(new))}
        default = self._default_fragment(model, old, new) if new.has_db_default() else None
        old_default = self._default_fragment(model, new, old) if old.has_db_default() else None
        if default and default != old_default:
            definition = self._composed(*self.column_sql(model, new))
            goal = DefaultPresent(table, _column(new), definition)
            parts.append(("Set the default of", default, goal, old_default or no_default))
        elif old_default and not default:
            parts.append(("Drop the default of", no_default, DefaultAbsent(table, _column(new)), old_default))
        if new.null and not old.null:
            parts.append(
                (
                    "Allow NULL in",
                    self._composed(*self._django("_alter_column_null_sql", model, old, new)),
                    NullAllowed(table, _column(new)),
                    None,  # SET NOT NULL scans the table, and fails once NULLs are there
                )
            )
        return parts

    def _default_fragment(self, model: type[Model], old: AnyField, new: AnyField) -> str:
        return self._composed(*self._django("_alter_column_database_default_sql", model, old, new))

    # Indexes

    def add_index(self, model: type[Model], index: Index, concurrently: bool = False) -> None:
        """CREATE INDEX CONCURRENTLY. Locks: SHARE UPDATE EXCLUSIVE, which neither readers nor writers notice."""
        statement: Any = index.create_sql(model, self)
        self._create_index(model, statement)

    def remove_index(self, model: type[Model], index: Index, concurrently: bool = False) -> None:
        """DROP INDEX CONCURRENTLY. Locks: SHARE UPDATE EXCLUSIVE, which neither readers nor writers notice."""
        self._drop_index(model, qualified(self.connection, self._table(model), index.name))

    def _create_index(self, model: type[Model], statement: Statement) -> None:
        """A step for a ``CREATE INDEX`` statement of Django's."""
        table = self._table(model)
        if statement.template != self.sql_create_index:
            raise NotCompiled("it creates something else than a plain index")
        if relation_kind(self.connection, table) == "p":
            raise NotCompiled(f"{table} is partitioned, and PostgreSQL builds no such index concurrently")
        name = _unquoted(str(statement.parts["name"]))
        concurrent = copy.copy(statement)
        concurrent.template = self.sql_create_index_concurrently  # type: ignore[attr-defined]
        sql = str(concurrent)
        # The statement is ours alone: once its text is made, point it at the scratch table.
        statement.rename_table_references(model._meta.db_table, SCRATCH_TABLE)
        self._emit(
            f"Build index {name} on {model._meta.db_table}",
            sql,
            table,
            IndexPresent(table, name, str(statement), self.quote_name(SCRATCH_TABLE)),
            f"DROP INDEX CONCURRENTLY IF EXISTS {qualified(self.connection, table, name)}",
            mode=LockMode.SHARE_UPDATE_EXCLUSIVE,
            work=Work.INDEX_BUILD,
        )

    def _drop_index(self, model: type[Model], quoted_name: str) -> None:
        self._emit(
            f"Drop index {quoted_name} of {model._meta.db_table}",
            f"DROP INDEX CONCURRENTLY IF EXISTS {quoted_name}",
            self._table(model),
            IndexAbsent(quoted_name),
            None,
            mode=LockMode.SHARE_UPDATE_EXCLUSIVE,
            work=Work.INDEX_DROP,
        )


def _column(field: AnyField) -> str:
    assert field.column is not None  # a plain column has a name
    return field.column


def _unquoted(name: str) -> str:
    return name[1:-1].replace('""', '"') if name.startswith('"') else name


@functools.cache
def _editor_class(base: type[BaseDatabaseSchemaEditor]) -> type[StepEditor]:
    return type("StepEditor", (StepEditor, base), {})


def step_editor(connection: BaseDatabaseWrapper) -> StepEditor:
    """A collecting editor over the connection's own ``SchemaEditorClass``; it executes nothing but SELECTs."""
    return _editor_class(connection.SchemaEditorClass)(connection)
