"""AlterIndexTogether, which Django 5.1 took from models and left in migrations: indexes, as I1 and I2 (row K5)."""

from __future__ import annotations

from django.db.migrations.operations import AlterIndexTogether
from django.db.migrations.state import ProjectState

from . import Level, Part, rule


@rule(AlterIndexTogether)
def alter_index_together(operation: AlterIndexTogether, app_label: str, before: ProjectState) -> list[Part]:
    """Expand builds what is new, contract drops what old code may have needed."""
    options = before.models[app_label, operation.name_lower].options
    old = {tuple(names) for names in options.get("index_together") or ()}
    new = set(operation.option_value or ())
    if old <= new:
        return [Part(Level.EXPAND, operation, demotable=True)]
    if new <= old:
        return [Part(Level.CONTRACT, operation)]
    return [
        Part(Level.EXPAND, AlterIndexTogether(operation.name, old | new)),
        Part(Level.CONTRACT, operation),
    ]
