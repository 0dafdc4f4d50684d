"""Django's own schema editor, which writes down what it would execute.

It is mixed over the connection's own ``SchemaEditorClass`` (PostGIS, wrapped engines), so that every decision about what
has to change stays Django's. Only ``execute`` is another: it keeps the statement and its template. Questions that Django
asks the catalog half-way through an operation are answered as if the earlier statements had run.
"""

from __future__ import annotations

import contextlib
import functools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any, TypeVar

from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.models import Model

from django_safemigrate.catalog.columns import column_definition
from django_safemigrate.catalog.query import Connection
from django_safemigrate.values.fields import AnyField

from .deferring import DeferringEditor
from .names import unquoted
from .situation import Situation
from .written import Fragment, Template, Written, read


class NotCompiled(Exception):
    """This operation has no steps; the message says why. It runs as its author wrote it."""


@dataclass
class _Column:
    """A column that is being added to a table in use: what Django puts into the line and what becomes a step of its own."""

    field: AnyField
    empty: bool
    check: str = ""
    unique: bool = False
    primary_key: bool = False


class StepEditor(DeferringEditor):
    """The mixin; make one with ``step_editor``. ``written`` is what it would have executed, in order."""

    def __init__(self, connection: Connection, situation: Situation) -> None:
        super().__init__(connection, atomic=False)
        self.situation = situation
        self.deferred_sql: list[Any] = []
        self.written: list[Written] = []
        self._fragments: list[Fragment] = []
        self._adding: _Column | None = None
        self._context: dict[str, Any] = {}
        self._online: dict[str, bool] = {}

    # What our operations ask for

    @contextlib.contextmanager
    def online(self, *, keep: bool) -> Iterator[None]:
        """Columns change their type or name beside reads and writes; ``keep``: the old one stays beside the new one."""
        self._online = {"online": True, "keep": keep}
        try:
            yield
        finally:
            self._online = {}

    def drop_old_column(self, model: type[Model], field: AnyField) -> None:
        """What is left of a change of ``field``, and of what went along with it."""
        parts = {"table": self.quote_name(model._meta.db_table), "column": self.quote_name(field.column or "")}
        self.write(Written("drop_old_column", parts, ""))

    def bring_old_column_back(self, model: type[Model], field: AnyField, old_field: AnyField) -> None:
        """The column of ``old_field`` beside that of ``field``, which was made to take its place."""
        parts = {
            "table": self.quote_name(model._meta.db_table),
            "column": self.quote_name(field.column or ""),
            "old_column": self.quote_name(old_field.column or ""),
        }
        if old_field.remote_field is not None and getattr(old_field, "db_constraint", False):
            made = self._create_fk_sql(model, old_field, "_fk_%(to_table)s_%(to_column)s")  # type: ignore[attr-defined]
            parts["name"] = unquoted(str(made.parts["name"]))
        self.write(Written("bring_old_column_back", parts, ""))

    # What Django would execute

    def execute(self, sql: Any, params: Any = ()) -> None:
        kind, parts, suffix, template = read(sql)
        final = self._composed(sql, params)
        fragments = self._fragments_of(parts["changes"]) if kind == "sql_alter_column" else ()
        details: dict[str, Any] = {}
        if kind == "sql_create_column":
            details = self._details(parts, params)
        elif kind == "sql_update_with_default":
            details = {"value": self._composed(parts["default"], params)}
        else:
            details = dict(self._online)
        kind = kind or self._context.get("kind", "")
        self.write(Written(kind, {**self._context, **parts}, final, suffix, fragments, details, template))

    def write(self, written: Written) -> None:
        """Keep a statement."""
        if not written.kind:
            raise NotCompiled(f"it runs SQL of its own ({_beginning(written.sql)})")
        self.written.append(written)
        self.situation.pending.add(written)
        if written.kind == "sql_create_table":
            self.situation.new_tables.add(written.table)

    def flush_deferred(self) -> None:
        """Write what Django keeps for the end of the migration."""
        deferred, self.deferred_sql = self.deferred_sql, []
        for sql in deferred:
            with self.knowing(kind="unknown"):
                self.execute(sql, None)

    def fill_rows(
        self, model: type[Model], fields: Sequence[str], assignments: str, wrong: str, *, remark: str = ""
    ) -> None:
        """Rows of a model's table that meet the condition ``wrong`` are to be filled in batches: by ``assignments``, or by
        code where there are none."""
        columns = [field.column for field in model._meta.local_concrete_fields if field.name in fields]
        details = {"columns": columns, "assignments": assignments, "wrong": wrong, "remark": remark}
        self.write(Written("fill", {"table": self.quote_name(model._meta.db_table)}, "", details=details))

    def _details(self, parts: Any, params: Any) -> dict[str, Any]:
        """Of a new column in a table that is in use: its field, its definition alone, and whether no row has a value."""
        column = self._adding
        if column is None:
            return {}
        field: Any = column.field
        return {
            "field": field,
            "type": field.db_parameters(self.connection)["type"],
            "definition": self._composed(parts["definition"], params).rstrip(),
            "empty": column.empty,
            "default": self._composed(*self.db_default_sql(column.field)) if column.field.has_db_default() else "",
        }

    def _composed(self, sql: Any, params: Any = ()) -> str:
        """The final text, as PostgreSQL's editor composes it before it executes."""
        if params is None:
            return str.__str__(str(sql))
        composed: Any = self.connection.ops.compose_sql(str(sql), params)  # type: ignore[attr-defined]
        return str(composed)

    @contextlib.contextmanager
    def knowing(self, **context: Any) -> Iterator[None]:
        """``kind`` (and more) of the statements that are made from no template."""
        before, self._context = self._context, context
        try:
            yield
        finally:
            self._context = before

    # Django's question half-way

    def _constraint_names(self, model: Any, column_names: Any = None, **conditions: Any) -> list[str]:
        table, pending = self.quote_name(model._meta.db_table), self.situation.pending
        if column_names is not None:
            column_names = [pending.column(table, column) for column in column_names]
        known = SimpleNamespace(_meta=SimpleNamespace(db_table=_bare(pending.table(table))))
        found: list[str] = super()._constraint_names(known, column_names, **conditions)  # type: ignore[misc]
        return pending.names(table, found)

    def _get_sequence_name(self, table: str, column: str) -> str | None:
        quoted, pending = self.quote_name(table), self.situation.pending
        known_table, known_column = pending.table(quoted), pending.column(quoted, column)
        if not pending.has_identity(quoted, column):
            definition = column_definition(self.connection, known_table, known_column)
            if definition is not None and definition.identity:
                return None
        name: str | None = super()._get_sequence_name(_bare(known_table), known_column)  # type: ignore[misc]
        return name

    # A column in parts

    def add_field(self, model: type[Model], field: AnyField) -> None:
        """As Django, with UNIQUE, CHECK and REFERENCES as statements of their own where the table is in use."""
        table = self.quote_name(model._meta.db_table)
        if field.many_to_many or self.situation.is_new(table):
            super().add_field(model, field)
            return
        empty = field.null and not field.has_default() and not field.has_db_default()
        self._adding, deferred = _Column(field, empty), len(self.deferred_sql)
        try:
            super().add_field(model, field)
        finally:
            column, self._adding = self._adding, None
        parts = {"table": table, "column": self.quote_name(field.column or ""), "deferrable": "", "nulls_distinct": ""}
        parts["columns"] = parts["column"]
        if column.check:
            self._write_unnamed("sql_create_check", "check", {**parts, "check": column.check})
        if column.unique:
            self._write_unnamed("sql_create_unique", "key", parts)
        if column.primary_key:
            self._write_unnamed("sql_create_pk", "pkey", parts)
        # As Django makes it: with the column, and by its name.
        self.make_keys(since=deferred)

    def _write_unnamed(self, kind: str, label: str, parts: dict[str, Any]) -> None:
        """A constraint from one of Django's templates that gets the name which the server gives to an inline one."""
        details = {"label": label, "column": unquoted(parts["column"])}
        self.write(Written(kind, {**parts, "name": ""}, "", details=details, template=str.__str__(getattr(self, kind))))

    def _iter_column_sql(
        self, column_db_type: Any, params: Any, model: Any, field: AnyField, field_db_params: Any, include_default: bool
    ) -> Iterator[str]:
        for part in super()._iter_column_sql(  # type: ignore[misc]
            column_db_type, params, model, field, field_db_params, include_default
        ):
            if self._adding is not None and part == "UNIQUE":
                self._adding.unique = True
            elif self._adding is not None and part == "PRIMARY KEY":
                self._adding.primary_key = True
            else:
                yield part

    @property
    def sql_check_constraint(self) -> Any:  # type: ignore[override]
        template = Template(super().sql_check_constraint, "sql_check_constraint")
        return template if self._adding is None else _CheckOfColumn(self._adding)

    @property
    def sql_create_column_inline_fk(self) -> Any:  # type: ignore[override]
        """Not for a table in use: one statement would lock both tables, and wait for both, before there is a column of which
        the index could be built."""
        return super().sql_create_column_inline_fk if self._adding is None else None

    # A change of a column in parts

    def _alter_column_null_sql(self, model: Any, old_field: Any, new_field: Any) -> Any:
        fragment = super()._alter_column_null_sql(model, old_field, new_field)  # type: ignore[misc]
        return self._kept("null" if new_field.null else "not_null", new_field, fragment)

    def _alter_column_default_sql(self, model: Any, old_field: Any, new_field: Any, drop: bool = False) -> Any:
        fragment = super()._alter_column_default_sql(model, old_field, new_field, drop=drop)  # type: ignore[misc]
        return self._kept("no_default" if drop else "default", new_field, fragment)

    def _alter_column_database_default_sql(self, model: Any, old_field: Any, new_field: Any, drop: bool = False) -> Any:
        fragment = super()._alter_column_database_default_sql(  # type: ignore[misc]
            model, old_field, new_field, drop=drop
        )
        return self._kept("no_default" if drop else "default", new_field, fragment)

    def _alter_column_type_sql(
        self, model: Any, old_field: Any, new_field: Any, new_type: Any, old_collation: Any, new_collation: Any
    ) -> Any:
        fragment, others = super()._alter_column_type_sql(  # type: ignore[misc]
            model, old_field, new_field, new_type, old_collation, new_collation
        )
        old_type = old_field.db_parameters(connection=self.connection)["type"]
        kept = self._kept("type", new_field, fragment, type=new_type, old_type=old_type)
        return kept, others

    def _kept(self, kind: str, field: Any, fragment: Any, **details: Any) -> Any:
        if fragment is not None:
            sql, params = fragment
            column = unquoted(self.quote_name(field.column))
            self._fragments.append(Fragment(kind, column, self._composed(sql, params), {"raw": sql, **details}))
        return fragment

    def _fragments_of(self, changes: str) -> tuple[Fragment, ...]:
        """Those fragments whose texts, one after the other, are what stands in an ``ALTER TABLE``."""
        used: list[Fragment] = []
        rest = str.__str__(changes)
        while rest:
            for fragment in self._fragments:
                raw = str.__str__(fragment.details["raw"])
                if rest == raw or rest.startswith(raw + ", "):
                    used.append(fragment)
                    self._fragments.remove(fragment)
                    rest = rest[len(raw) :].removeprefix(", ")
                    break
            else:
                raise NotCompiled(f"it alters a column in a way that nobody knows ({_beginning(changes)})")
        return tuple(used)


@dataclass
class _CheckOfColumn:
    """Stands in for the template of an inline CHECK: keeps the condition, and writes nothing into the line."""

    column: _Column
    kind: str = field(default="sql_check_constraint")

    def __mod__(self, parts: Any) -> str:
        self.column.check = parts["check"]
        return ""


def _bare(table: str) -> str:
    """A quoted name as Django's introspection wants it."""
    return unquoted(table) if '"."' not in table else table.removeprefix('"').removesuffix('"')


def _beginning(sql: str) -> str:
    line = " ".join(str.__str__(sql).split())
    return line if len(line) <= 60 else line[:57] + "..."


Mixin = TypeVar("Mixin", bound=StepEditor)


@functools.cache
def editor_class(base: type[BaseDatabaseSchemaEditor], mixin: type[Mixin]) -> type[Mixin]:
    """``mixin`` over an engine's editor, with the engine's templates as ones that are known by their names."""
    templates = {
        name: Template(text, name)
        for name in dir(base)
        if name.startswith("sql_") and isinstance(text := getattr(base, name), str) and name not in StepEditor.__dict__
    }
    # Django's two statements in one string are for one long transaction; ours run one by one.
    if base_has_djangos_own(base, "sql_delete_fk"):
        templates["sql_delete_fk"] = Template(base.sql_delete_constraint, "sql_delete_fk")
    if base_has_djangos_own(base, "sql_update_with_default"):
        plain = BaseDatabaseSchemaEditor.sql_update_with_default
        templates["sql_update_with_default"] = Template(plain, "sql_update_with_default")
    made: type[Mixin] = type(mixin.__name__, (mixin, base), templates)
    return made


def base_has_djangos_own(base: type[BaseDatabaseSchemaEditor], name: str) -> bool:
    """Whether an engine left one of PostgreSQL's templates as Django has it."""
    from django.db.backends.postgresql.schema import DatabaseSchemaEditor

    return bool(getattr(base, name) == getattr(DatabaseSchemaEditor, name))


def step_editor(situation: Situation) -> StepEditor:
    """A collecting editor over the connection's own ``SchemaEditorClass``; it executes nothing but SELECTs."""
    made: StepEditor = editor_class(situation.connection.SchemaEditorClass, StepEditor)(situation.connection, situation)
    return made
