"""What Django keeps for the end of a migration: foreign keys and indexes, which then have the names of what is there."""

from __future__ import annotations

from typing import Any

from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.models import Model

from django_safemigrate.values.fields import AnyField

from .written import Written, read

_KEY_SUFFIX = "_fk_%(to_table)s_%(to_column)s"


class DeferringEditor(BaseDatabaseSchemaEditor):
    """A schema editor whose ``deferred_sql`` follows the fields. ``written`` is what it would have executed."""

    deferred_sql: list[Any]
    written: list[Written]

    def alter_field(self, model: type[Model], old_field: AnyField, new_field: AnyField, strict: bool = False) -> None:
        """As Django, which looks for the key and the indexes of the old field in the catalog alone: those that it has kept
        for the end itself it makes all the same, also where the new field has none, or others."""
        kept = self._kept_for(model, old_field) if self.deferred_sql else []
        if not kept:
            super().alter_field(model, old_field, new_field, strict)
            return
        self.deferred_sql = [sql for sql in self.deferred_sql if sql not in kept]
        before = len(self.written)
        super().alter_field(model, old_field, new_field, strict)
        kinds = {read(sql)[0] for sql in kept}
        made = {written.part("name") for written in self.written[before:]}
        named = zip(self._belongings(model, new_field), self._belongings(model, new_field), strict=True)
        self.deferred_sql += [
            sql for sql, same in named if read(sql)[0] in kinds and str(same.parts["name"]) not in made
        ]

    def make_keys(self, *, since: int) -> None:
        """Foreign keys are made now; the other statements that were deferred after the first ``since`` ones stay."""
        for sql in self.deferred_sql[since:]:
            if read(sql)[0] == "sql_create_fk":
                self.deferred_sql.remove(sql)
                self.execute(sql, None)

    def _kept_for(self, model: type[Model], field: AnyField) -> list[Any]:
        own = {str(sql) for sql in self._belongings(model, field)}
        return [sql for sql in self.deferred_sql if _is_on(sql, model._meta.db_table, field) and str(sql) in own]

    def _belongings(self, model: type[Model], field: AnyField) -> list[Any]:
        """The foreign key of a field and its indexes, as Django defers them where it makes the column.

        An index that was asked for its name keeps it, whatever is renamed later.
        """
        if field.column is None:
            return []
        made: list[Any] = self._field_indexes_sql(model, field)  # type: ignore[attr-defined]
        if field.remote_field is not None and getattr(field, "db_constraint", False):
            made = [*made, self._create_fk_sql(model, field, _KEY_SUFFIX)]  # type: ignore[attr-defined]
        return made


def _is_on(sql: Any, table: str, field: AnyField) -> bool:
    """Whether a statement makes a foreign key or an index of one column."""
    kind, parts, _, _ = read(sql)
    part = parts.get({"sql_create_fk": "column", "sql_create_index": "columns"}.get(kind, ""))
    return (
        part is not None and getattr(part, "table", None) == table and getattr(part, "columns", None) == [field.column]
    )
