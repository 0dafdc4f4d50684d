"""Where Django is wrong: keys and indexes of a field that is altered in the very migration that makes it.

``CreateModel`` keeps the foreign keys and the indexes of its fields for the end of the migration, ``AddField`` the indexes.
``AlterField`` looks for them in the catalog alone: it does not find what is to go, which is then made all the same, and
thinks that a key is there which need not be changed (``BaseDatabaseSchemaEditor._alter_field``; ``remove_field`` and
``delete_model`` do look among what is kept). So a column may refer to a table that its field knows nothing of.

What such a migration comes to is mended here: the end to be compared with is that of the models.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.db import connection
from django.db.migrations import AddField, AlterField, CreateModel, DeleteModel, Migration, RemoveField
from django.db.migrations.state import ProjectState
from django.db.models import Index


def makes_and_alters(plan: Sequence[tuple[Migration, bool]]) -> bool:
    """Whether one of the migrations (each with whether it runs backwards) makes fields and alters some."""
    return any(
        any(isinstance(one, AlterField) for one in migration.operations)
        and any(
            isinstance(one, (RemoveField, DeleteModel) if back else (AddField, CreateModel))
            for one in migration.operations
        )
        for migration, back in plan
    )


def mend(state: ProjectState) -> None:
    """Keys and indexes of single fields become those that the models of the shop have."""
    with connection.schema_editor() as editor:
        for model in state.apps.get_models(include_auto_created=True):
            if model._meta.app_label == "shop" and model._meta.managed and not model._meta.proxy:
                for field in model._meta.local_concrete_fields:
                    _mend_keys(editor, model, field)
                    _mend_index(editor, model, field)


def _mend_keys(editor: Any, model: Any, field: Any) -> None:
    wanted = None
    if field.remote_field and field.db_constraint:
        target = field.target_field
        wanted = (target.model._meta.db_table, target.column)
    found = {name: one["foreign_key"] for name, one in _of_column(model, field).items() if one["foreign_key"]}
    for name in [name for name, key in found.items() if key != wanted]:
        editor.execute(editor._delete_fk_sql(model, name))
    if wanted and wanted not in found.values():
        editor.execute(editor._create_fk_sql(model, field, "_fk_%(to_table)s_%(to_column)s"))


def _mend_index(editor: Any, model: Any, field: Any) -> None:
    named = {index.name for index in model._meta.indexes}
    found = [
        name
        for name, one in _of_column(model, field).items()
        if one["index"] and not one["unique"] and one["type"] == Index.suffix and name not in named
    ]
    if not (field.db_index or field.unique):
        for name in found:
            editor.execute(editor._delete_index_sql(model, name))
    elif field.unique:
        for name in [name for name in found if not name.endswith("_like")]:
            editor.execute(editor._delete_index_sql(model, name))
    elif not found:
        for sql in editor._field_indexes_sql(model, field):
            editor.execute(sql)


def _of_column(model: Any, field: Any) -> dict[str, Any]:
    with connection.cursor() as cursor:
        every = connection.introspection.get_constraints(cursor, model._meta.db_table)
    return {name: one for name, one in every.items() if one["columns"] == [field.column]}
