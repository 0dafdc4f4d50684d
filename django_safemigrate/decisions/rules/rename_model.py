"""RenameModel: a model that keeps its table is another name in Python (row M3); another table is refused (row M4)."""

from __future__ import annotations

from django.db.migrations.operations import RenameModel
from django.db.migrations.state import ModelState, ProjectState

from django_safemigrate.values.relations import relations_named_after
from django_safemigrate.values.states import knows_content_types
from django_safemigrate.values.tables import has_table, table_of

from . import Level, Part, Refusal, rule

CONTENT_TYPE = (
    "django.contrib.contenttypes renames the model's content type with it: from then on old code makes a new one under the "
    "old name when it asks for it (generic relations, permissions)"
)


@rule(RenameModel)
def rename_model(operation: RenameModel, app_label: str, before: ProjectState) -> list[Part] | Refusal:
    """Foreign keys to it have columns named after their fields, so they stay.

    Columns of implicit many-to-many tables have the model's name in lower case, and there is no option that keeps them.
    """
    model = before.models[app_label, operation.old_name_lower]
    if has_table(model) and operation.old_name_lower != operation.new_name_lower:
        if not model.options.get("db_table"):
            return _renames_its_table(operation, model)
        named = sorted(relations_named_after(model, before))
        if named:
            return _renames_columns(operation, model, named)
    return [Part(Level.EXPAND, operation, CONTENT_TYPE if knows_content_types(before) else "", demotable=True)]


def _renames_its_table(operation: RenameModel, model: ModelState) -> Refusal:
    old, new = table_of(model), f"{model.app_label}_{operation.new_name_lower}"
    return Refusal(
        f"{model.app_label}: renaming model {operation.old_name} to {operation.new_name} renames its table {old} to {new}.",
        f"Old code needs {old} until the last of it is gone, and new code needs {new} from its first request on.",
        f'Keep the table: write db_table = "{old}" into class Meta of {operation.new_name}.',
        (operation,),
    )


def _renames_columns(operation: RenameModel, model: ModelState, named: list[str]) -> Refusal:
    fields = ", ".join(named)
    return Refusal(
        f"{model.app_label}: renaming model {operation.old_name} to {operation.new_name} renames columns in the table that "
        f"Django makes for {fields}.",
        "Such columns have the name of the model, and no option of Django's keeps them; old code needs the old name until "
        "the last of it is gone, and new code needs the new one from its first request on.",
        f"Keep the class {operation.old_name}, and give it another name for your code ({operation.new_name} = "
        f"{operation.old_name}); or, in a release before this one, make the table of {fields} a model of its own (through=) "
        "with its db_table and the db_column of each key, in a SeparateDatabaseAndState(state_operations=[...]).",
        (operation,),
    )
