"""RenameField: another name in Python where the column stays (row C9), else a second column for the deploy (row C10)."""

from __future__ import annotations

from django.db.migrations.operations import RenameField
from django.db.migrations.state import ProjectState

from django_safemigrate.operations import FinishRenameField, RenameFieldOnline
from django_safemigrate.values.fields import column_of
from django_safemigrate.values.tables import has_table, table_between

from . import Answer, Level, Part, Refusal, rule
from .column_names import why_not_twice
from .not_shared import column_in_use
from .second_column import KEPT_IN_STEP, RACES, asked_about_the_column


@rule(RenameField)
def rename_field(operation: RenameField, app_label: str, before: ProjectState) -> Answer:
    """Django writes an AlterField that names the column before it, and asks nobody which of the two is meant."""
    key = (app_label, operation.model_name_lower)
    model = before.models[key]
    field = model.fields[operation.old_name]
    columns = str(column_of(field, operation.old_name)), str(column_of(field, operation.new_name))
    if field.many_to_many and not field.remote_field.through and not field.db_table:
        return _renamed_table(operation, app_label, before)
    if columns[0] == columns[1] or field.many_to_many or not has_table(model):
        return [Part(Level.EXPAND, operation, demotable=True)]
    where = f"{app_label}.{operation.model_name}.{operation.new_name}"
    why = why_not_twice(key, operation.old_name, before)
    if why:
        return column_in_use(operation, where, columns, why, operation.new_name)
    names = operation.model_name, operation.old_name, operation.new_name
    said = f"{where}: {columns[1]} is added beside {columns[0]}, {KEPT_IN_STEP}; either release finds its own"
    parts = [
        Part(Level.EXPAND, RenameFieldOnline(*names), f"{said}; {RACES}" if field.unique else said),
        Part(Level.CONTRACT, FinishRenameField(*names)),
    ]
    return asked_about_the_column(where, operation.new_name, columns, field, parts)


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
