"""Operations that are not Django's, as other packages' autodetectors write them. Nobody can see into them.

They go through as they are, before deploy, unless their names say that they take something away. What may need
something that happens only in the contract waits for it: better late than not at all. A trigger is code in the database,
which runs for the writes of both releases: one that refuses writes makes the database accept less; any other one keeps
something up that the new code counts on, or that the old code did.
"""

from __future__ import annotations

from django.db.migrations.operations.base import Operation
from django.db.migrations.state import ProjectState

from django_safemigrate.decisions.triggers import added, refuses, removed, replaced

from .parts import Level, Part

_TAKES_AWAY = ("Delete", "Drop", "Remove")


def unknown(operation: Operation, app_label: str, before: ProjectState) -> list[Part]:
    """The part of an operation that nobody can see into."""
    if replaced(operation):
        return [_part(Level.EXPAND, operation, "from then on the new one runs for the old code's writes, too")]
    if added(operation):
        if refuses(operation, app_label, before):
            return [_part(Level.CONTRACT, operation, "the old code may still write what it refuses")]
        return [_part(Level.EXPAND, operation, "from then on it runs for the old code's writes, too")]
    if removed(operation):
        if refuses(operation, app_label, before):
            return [_part(Level.EXPAND, operation, "the new code may write what it refuses")]
        return [
            _part(
                Level.CONTRACT, operation, "the old code may count on it; until then it runs for the new code's writes"
            )
        ]
    if type(operation).__name__.startswith(_TAKES_AWAY):
        return [_part(Level.CONTRACT, operation, "nobody can see into it; by its name it takes away what old code has")]
    return [_part(Level.EXPAND, operation, "nobody can see into it, so it runs as it is written", demotable=True)]


def _part(level: Level, operation: Operation, why: str, *, demotable: bool = False) -> Part:
    trigger = added(operation) or removed(operation) or replaced(operation)
    what = f"trigger {trigger[1]} of {trigger[0]}" if trigger else operation.describe()
    return Part(level, operation, f"{what}: {why}", demotable)
