"""AddField: a column that old code does not know of (rows F1 to F14 of the catalogue of changes).

Old code inserts rows without the column until it is gone, so the database has to fill it in meanwhile.
"""

from __future__ import annotations

from typing import Any

from django.db.migrations.operations import AddField, AlterField
from django.db.migrations.state import ProjectState

from django_safemigrate.operations import BackfillDefault
from django_safemigrate.values.fields import AnyField, constant_default, rebuilt, same_in_all_rows, without
from django_safemigrate.values.twins import differs_by_row, twin_of

from . import Answer, Level, Part, Refusal, rule
from .not_shared import unprepared

NOT_GIVEN = object()


@rule(AddField)
def add_field(operation: AddField, app_label: str, before: ProjectState) -> Answer:
    """The column in expand, with a default in the database where old code's rows need one; contract drops that default."""
    field: Any = operation.field
    where = f"{app_label}.{operation.model_name}.{operation.name}"
    if field.many_to_many or field.generated:
        state_only = field.many_to_many and field.remote_field.through is not None
        remark = f"{where} is computed for every row under the lock: only on a small table" if _is_stored(field) else ""
        return [Part(Level.EXPAND, operation, remark, demotable=state_only)]
    if field.primary_key:
        return _another_key(operation, where)
    # A one-off default (preserve_default=False) is not one of the model's.
    own = field if operation.preserve_default else without(field, "default")
    default = _default(field)
    if field.unique and (same_in_all_rows(field) or not (default is NOT_GIVEN or differs_by_row(default))):
        return _not_unique(operation, where)
    if field.has_db_default() or (default is NOT_GIVEN and field.null and not _is_called(field)):
        return [Part(Level.EXPAND, operation)]
    if default is NOT_GIVEN:
        return _called_for_each_row(operation, own, where)
    kept = rebuilt(own, db_default=default)
    if kept is None:
        return _called_for_each_row(operation, own, where)
    return [
        Part(Level.EXPAND, AddField(operation.model_name, operation.name, kept)),
        Part(Level.CONTRACT, AlterField(operation.model_name, operation.name, without(own))),
    ]


def _default(field: AnyField) -> Any:
    """What the database can give old code's rows, as Django's own code gives new ones; NOT_GIVEN where there is nothing."""
    if field.has_db_default():
        return NOT_GIVEN
    constant, value = constant_default(field)
    twin = value if constant else twin_of(field)
    return NOT_GIVEN if twin is None else twin


def _is_called(field: AnyField) -> bool:
    return field.has_default() and callable(field.default)


def _is_stored(field: Any) -> bool:
    return bool(field.generated and field.db_persist)


def _called_for_each_row(operation: AddField, own: AnyField, where: str) -> Answer:
    """F6: what only Python can give each row. NULL is allowed until old code, which leaves the column out, is gone."""
    model, name, field = operation.model_name, operation.name, operation.field
    nullable = rebuilt(own, null=True)
    if nullable is None:
        return unprepared(operation, where, "null=True, to be added with until old code is gone")
    remark = f"until the phase after deploy, new code may read NULL in {where}: old code leaves it out"
    remark = "" if field.null else remark
    once = None if operation.preserve_default else field.default

    def at(level: Level) -> list[Part]:
        return [Part(level, BackfillDefault(model, name, once))] if field.has_default() else []

    expand = [Part(Level.EXPAND, AddField(model, name, nullable), remark), *at(Level.EXPAND)]
    if field.null:
        return expand
    last = AlterField(model, name, field, preserve_default=operation.preserve_default)
    return [*expand, *at(Level.CONTRACT), Part(Level.CONTRACT, last)]


def _another_key(operation: AddField, where: str) -> Refusal:
    """F14. Rows could be numbered by and by, but no table is grouped by two keys."""
    return Refusal(
        f"{where} is a new primary key.",
        "A table has one, and only by that one does PostgreSQL group its rows whole (annotate() with Count, say): queries "
        "of one of the releases would fail. Whatever refers to the rows refers to the old one, also in old code.",
        f"Keep the primary key, and add {operation.name} as a unique field instead.",
        (operation,),
    )


def _not_unique(operation: AddField, where: str) -> Refusal:
    return Refusal(
        f"{where} is unique, and all rows that are there would get the same default.",
        "No two rows can have it.",
        f"In this release add {operation.name} with null=True and without a default, and fill it with another value for each "
        "row; make it NOT NULL in the next release. Or give it a callable default that differs each time (uuid.uuid4).",
        (operation,),
    )
