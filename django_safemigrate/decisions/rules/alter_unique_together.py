"""AlterUniqueTogether: what goes lets the database accept more, what comes lets it accept less (row K5)."""

from __future__ import annotations

from collections.abc import Iterable

from django.db.migrations.operations import AlterUniqueTogether
from django.db.migrations.state import ModelState, ProjectState

from . import Level, Part, rule

Set = tuple[str, ...]


@rule(AlterUniqueTogether)
def alter_unique_together(operation: AlterUniqueTogether, app_label: str, before: ProjectState) -> list[Part]:
    """Expand leaves what both versions have, contract adds what is new."""
    return in_between(operation, before.models[app_label, operation.name_lower])


def in_between(
    operation: AlterUniqueTogether, model: ModelState, *, was: Iterable[Set] = (), comes: Iterable[Set] = ()
) -> list[Part]:
    """The parts for a model that is as given.

    What follows from a set of the other version, such as the same fields in another order, is there in between: it forbids
    nothing that this version does, and its own version may upsert on it. ``was`` and ``comes`` are sets of fields that other
    things than ``unique_together`` make unique in the old and in the new version.
    """
    old = {tuple(names) for names in model.options.get("unique_together") or ()}
    new = set(operation.option_value or ())
    between = {one for one in old if _follows(one, [*new, *comes])} | {
        one for one in new if _follows(one, [*old, *was])
    }
    if between == new:
        return [Part(Level.EXPAND, operation)]
    tightened = Part(Level.CONTRACT, operation)
    if between == old:
        return [tightened]
    return [Part(Level.EXPAND, AlterUniqueTogether(operation.name, between)), tightened]


def _follows(one: Set, others: Iterable[Set]) -> bool:
    """Whether rows that are unique in one of the other sets are so in this one."""
    return any(set(other) <= set(one) for other in others)
