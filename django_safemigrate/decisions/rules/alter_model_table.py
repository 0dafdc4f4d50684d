"""AlterModelTable: another table is refused (row M4); the name that the table has anyway is no change (row M3)."""

from __future__ import annotations

from django.db.migrations.operations import AlterModelTable
from django.db.migrations.state import ProjectState

from django_safemigrate.values.tables import has_table, table_of

from . import Level, Part, Refusal, rule


@rule(AlterModelTable)
def alter_model_table(operation: AlterModelTable, app_label: str, before: ProjectState) -> list[Part] | Refusal:
    """Two versions of the code cannot share a table that has a name for each of them."""
    model = before.models[app_label, operation.name_lower]
    old, new = table_of(model), operation.table or f"{app_label}_{operation.name_lower}"
    if old == new or not has_table(model):
        return [Part(Level.EXPAND, operation, demotable=True)]
    return Refusal(
        f"{app_label}: table {old} of model {model.name} gets the name {new}.",
        f"Old code needs {old} until the last of it is gone, and new code needs {new} from its first request on.",
        f'Keep the table: write db_table = "{old}" into class Meta of {model.name}.',
        (operation,),
    )
