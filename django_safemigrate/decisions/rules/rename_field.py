"""RenameField: a field that keeps its column is another name in Python, and nothing in the database (rows C9 and C10)."""

from __future__ import annotations

from django.db.migrations.operations import RenameField
from django.db.migrations.state import ProjectState

from django_safemigrate.values.fields import column_of
from django_safemigrate.values.tables import table_between

from . import Answer, Level, Part, Refusal, rule


@rule(RenameField)
def rename_field(operation: RenameField, app_label: str, before: ProjectState) -> Answer:
    """Django writes an AlterField that names the column before it, and asks nobody which of the two is meant."""
    field = before.models[app_label, operation.model_name_lower].fields[operation.old_name]
    old, new = column_of(field, operation.old_name), column_of(field, operation.new_name)
    if field.many_to_many and not field.remote_field.through and not field.db_table:
        return _renamed_table(operation, app_label, before)
    if old == new or field.many_to_many:
        return [Part(Level.EXPAND, operation, demotable=True)]
    model = f"{app_label}.{operation.model_name}"
    return Refusal(
        f"{model}.{operation.old_name} becomes {operation.new_name}, and its column {old} becomes {new}.",
        "From that moment on every query of the running release on this column fails.",
        f"Keep the column: give the field {operation.new_name} the argument db_column={old!r}, and run makemigrations again.",
        (operation,),
    )


def _renamed_table(operation: RenameField, app_label: str, before: ProjectState) -> Refusal:
    """Django compares all arguments but db_column when it asks for renames: the table is named first."""
    model = before.models[app_label, operation.model_name_lower]
    where = f"{app_label}.{operation.model_name}.{operation.old_name}"
    old, new = table_between(model, operation.old_name), table_between(model, operation.new_name)
    return Refusal(
        f"{where} becomes {operation.new_name}, and its table {old} becomes {new}.",
        "From that moment on every query of the running release on this table fails.",
        f"Keep the table, in two runs of makemigrations: first give {operation.old_name} the argument db_table={old!r}, then "
        f"rename it to {operation.new_name} with that argument.",
        (operation,),
    )
