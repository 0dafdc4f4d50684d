"""What to do instead of an operation that is refused: the corrected migration, in the user's own names."""

from __future__ import annotations

from django.db.migrations import operations
from django.db.migrations.operations.base import Operation
from django.db.migrations.writer import OperationWriter

from .binding import BoundOperation
from .unsafe import Unsafe


def advice(bound: BoundOperation, unsafe: Unsafe, migration: str) -> str:
    """The remedy, and how to run it nonetheless."""
    instead = _instead(bound) or unsafe.remedy
    anyway = f"To run it as it is, in a maintenance window: safemigrate --allow-unsafe {migration}"
    return "\n".join(line for line in (instead, anyway if unsafe.allowable else "") if line)


def _instead(bound: BoundOperation) -> str:
    match bound.operation:
        case operations.RenameField():
            return _keep_column(bound, bound.operation)
        case operations.RenameModel():
            return _keep_table(bound, bound.operation)
        case operations.AlterModelTable():
            return _keep_table_option(bound, bound.operation)
        case operations.AlterField():
            return _keep_db_column(bound, bound.operation)
    return ""


def _keep_column(bound: BoundOperation, rename: operations.RenameField) -> str:
    """The field gets the new name, and the column keeps the old one."""
    if bound.backwards:
        return ""
    model = bound.from_state.models[bound.app_label, rename.model_name_lower]
    rendered = bound.from_state.apps.get_model(bound.app_label, rename.model_name)
    column = rendered._meta.get_field(rename.old_name).column
    kept = model.fields[rename.old_name].clone()
    kept.db_column = column
    names = f"{rename.model_name!r}, {rename.old_name!r}, {rename.new_name!r}"
    return (
        f"Keep the column: give the field {rename.new_name} db_column={column!r} in the model, and write\n"
        + written(operations.AlterField(rename.model_name, rename.old_name, kept), rename)
        + f"\nOr have both columns for the time of a deploy: RenameFieldOnline({names}) before it, and "
        f"FinishRenameField({names}) after it (django_safemigrate.operations)."
    )


def _keep_table(bound: BoundOperation, rename: operations.RenameModel) -> str:
    if bound.backwards:
        return ""
    model = bound.from_state.apps.get_model(bound.app_label, rename.old_name)
    table = model._meta.db_table
    if automatic := [
        field.name for field in model._meta.local_many_to_many if field.remote_field.through._meta.auto_created
    ]:
        return (
            f"Keep the name {rename.old_name}: Django names a column after the model in the tables of its many-to-many "
            f"fields without a through model ({', '.join(automatic)}). Give the new name to a proxy model instead."
        )
    return f"Keep the table: write db_table = {table!r} into class Meta of {rename.new_name}, and write\n" + written(
        operations.AlterModelTable(rename.old_name, table), rename
    )


def _keep_table_option(bound: BoundOperation, alter: operations.AlterModelTable) -> str:
    if bound.backwards:
        return ""
    model = bound.from_state.models[bound.app_label, alter.name_lower]
    table = model.options.get("db_table")
    option = f"write db_table = {table!r} into" if table else "take db_table out of"
    return f"Keep the table: {option} class Meta of {model.name}, and remove this operation."


def _keep_db_column(bound: BoundOperation, alter: operations.AlterField) -> str:
    """Nothing where the column keeps its name: then it is something else that is refused."""
    if bound.backwards:
        return ""
    old, new = (
        state.apps.get_model(bound.app_label, alter.model_name)._meta.get_field(alter.name).column
        for state in (bound.from_state, bound.to_state)
    )
    if old == new:
        return ""
    return (
        f"Keep the column: give the field {alter.name} db_column={old!r}, here and in the model.\n"
        f"Or have both columns for the time of a deploy: AlterFieldOnline instead of AlterField before it, and "
        f"FinishAlterField({alter.model_name!r}, {alter.name!r}) after it (django_safemigrate.operations)."
    )


def written(*found: Operation) -> str:
    """Operations as they stand in a migration file."""
    return "\n".join(OperationWriter(operation, indentation=1).serialize()[0] for operation in found)
