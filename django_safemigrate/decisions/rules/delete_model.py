"""DeleteModel: a table that old code uses, and whose foreign keys new code knows nothing of (row M2, trap 34)."""

from __future__ import annotations

from django.db.migrations.operations import AlterField, DeleteModel
from django.db.migrations.state import ModelState, ProjectState

from django_safemigrate.values.fields import rebuilt
from django_safemigrate.values.relations import ties_another_model
from django_safemigrate.values.tables import has_table

from . import Level, Part, rule


@rule(DeleteModel)
def delete_model(operation: DeleteModel, app_label: str, before: ProjectState) -> list[Part]:
    """Expand drops the constraints that would keep new code from deleting rows of other models; contract drops the table.

    Without a table of its own there is nothing but Python: in either phase.
    """
    model = before.models[app_label, operation.name_lower]
    if not has_table(model):
        return [Part(Level.EXPAND, operation, demotable=True)]
    tied = {name: field for name, field in model.fields.items() if ties_another_model(field, model)}
    freed = {name: rebuilt(field, db_constraint=False) for name, field in tied.items()}
    return [
        *(Part(Level.EXPAND, AlterField(operation.name_lower, name, field)) for name, field in freed.items() if field),
        Part(Level.CONTRACT, operation, _left([name for name, field in freed.items() if field is None], model)),
    ]


def _left(names: list[str], model: ModelState) -> str:
    """Fields of somebody's own that cannot do without their constraint."""
    if not names:
        return ""
    fields = ", ".join(f"{model.name_lower}.{name}" for name in names)
    return (
        f"until it is dropped, new code cannot delete what {fields} refers to: the field takes no db_constraint=False"
    )
