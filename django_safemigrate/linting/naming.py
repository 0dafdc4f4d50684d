"""Where operations stand, and which tables they are about."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from django.db.migrations.operations import SeparateDatabaseAndState
from django.db.migrations.operations.base import Operation

from django_safemigrate.decisions.footprints import model_key
from django_safemigrate.values.tables import has_table, table_of

from .inspected import Inspected


def operations(seen: Inspected) -> Iterator[tuple[str, Operation]]:
    """The operations on the database, with their places; what is in a SeparateDatabaseAndState stands for it."""
    return _below(seen.migration.operations, "")


def path_of(seen: Inspected, wanted: Operation) -> str:
    """The place of an operation, itself and none that is equal."""
    return next(
        (path for path, operation in _below(seen.migration.operations, "", outer=True) if operation is wanted), ""
    )


def table_named(seen: Inspected, operation: Operation) -> str:
    """The table of the model that an operation names, as it is called before the migration; empty where there is none."""
    key = model_key(operation, seen.migration.app_label)
    model = seen.before.models.get(key) if key else None
    return table_of(model) if model is not None and has_table(model) else ""


def _below(found: Sequence[Operation], above: str, *, outer: bool = False) -> Iterator[tuple[str, Operation]]:
    for number, operation in enumerate(found):
        path = f"{above}.{number}" if above else str(number)
        if outer or not isinstance(operation, SeparateDatabaseAndState):
            yield path, operation
        if isinstance(operation, SeparateDatabaseAndState):
            yield from _below(operation.database_operations, path, outer=outer)
