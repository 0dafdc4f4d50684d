"""AlterUniqueTogether: what goes lets the database accept more, what comes lets it accept less (row K5)."""

from __future__ import annotations

from django.db.migrations.operations import AlterUniqueTogether
from django.db.migrations.state import ProjectState

from . import Level, Part, rule


@rule(AlterUniqueTogether)
def alter_unique_together(operation: AlterUniqueTogether, app_label: str, before: ProjectState) -> list[Part]:
    """Expand leaves what both versions have, contract adds what is new."""
    options = before.models[app_label, operation.name_lower].options
    old = {tuple(names) for names in options.get("unique_together") or ()}
    new = set(operation.option_value or ())
    if new <= old:
        return [Part(Level.EXPAND, operation)]
    tightened = Part(Level.CONTRACT, operation)
    if old <= new:
        return [tightened]
    return [Part(Level.EXPAND, AlterUniqueTogether(operation.name, old & new)), tightened]
