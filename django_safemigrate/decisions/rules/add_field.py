"""AddField: a column that old code does not know of (rows F1, F2, F3 and F10 of the catalogue of changes)."""

from __future__ import annotations

from django.db.migrations.operations import AddField, AlterField
from django.db.migrations.state import ProjectState

from django_safemigrate.values.fields import (
    constant_default,
    has_constant_db_default,
    is_plain_column,
    rebuilt,
    without,
)

from . import Level, Part, rule


@rule(AddField)
def add_field(operation: AddField, app_label: str, before: ProjectState) -> list[Part] | None:
    """Old code inserts rows without the column until it is gone, so the database has to fill it in.

    With a constant Python default: expand adds the column with the same default in the database, contract drops that
    default. Without any default a nullable column is added as it is; a constant ``db_default`` stays.
    """
    field = operation.field
    if not is_plain_column(field) or field.db_comment:
        return None
    if field.has_db_default():
        return [Part(Level.EXPAND, operation)] if has_constant_db_default(field) else None
    constant, value = constant_default(field)
    if not constant:
        known_null = field.null and (not field.has_default() or field.default is None)
        return [Part(Level.EXPAND, operation)] if known_null else None
    # A one-off default (preserve_default=False) is not one of the model's.
    own = field if operation.preserve_default else without(field, "default")
    kept = rebuilt(own, db_default=value)
    if kept is None:
        return None
    return [
        Part(Level.EXPAND, AddField(operation.model_name, operation.name, kept)),
        Part(Level.CONTRACT, AlterField(operation.model_name, operation.name, without(own))),
    ]
