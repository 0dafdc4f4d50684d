"""CreateModel: a table that nobody uses yet (row M1)."""

from __future__ import annotations

from django.db.migrations.operations import CreateModel
from django.db.migrations.state import ModelState, ProjectState

from django_safemigrate.values.tables import has_table

from . import Level, Part, rule


@rule(CreateModel)
def create_model(operation: CreateModel, app_label: str, before: ProjectState) -> list[Part]:
    """Old code does not know of it, and each foreign key to a table in use becomes a step of its own.

    A proxy and a model that is managed elsewhere have no table, so that nothing has to be there before new code runs.
    """
    model = ModelState(app_label, operation.name, operation.fields, operation.options)
    return [Part(Level.EXPAND, operation, demotable=not has_table(model))]
