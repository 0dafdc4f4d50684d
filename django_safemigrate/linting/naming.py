"""Where operations stand, and which tables they are about."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from django.db.migrations.operations import (
    AddIndex,
    AlterField,
    AlterIndexTogether,
    RemoveIndex,
    SeparateDatabaseAndState,
)
from django.db.migrations.operations.base import Operation

from django_safemigrate.decisions.footprints import model_key
from django_safemigrate.values.fields import AnyField, database_changes
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


def alters(seen: Inspected, operation: AlterField) -> tuple[AnyField, AnyField] | None:
    """The field before the migration and after the operation; None where the migration itself has made it."""
    model = seen.before.models.get((seen.migration.app_label, operation.model_name_lower))
    old = model.fields.get(operation.name) if model is not None else None
    return None if old is None else (old, operation.field)


def changes_an_index_only(seen: Inspected, operation: Operation) -> bool:
    """Whether all that an operation does is to make an index, or to take one away, that makes nothing unique."""
    if isinstance(operation, AlterField):
        fields = alters(seen, operation)
        return fields is not None and database_changes(*fields) == {"db_index"}
    return isinstance(operation, AddIndex | AlterIndexTogether | RemoveIndex)


def _below(found: Sequence[Operation], above: str, *, outer: bool = False) -> Iterator[tuple[str, Operation]]:
    for number, operation in enumerate(found):
        path = f"{above}.{number}" if above else str(number)
        if outer or not isinstance(operation, SeparateDatabaseAndState):
            yield path, operation
        if isinstance(operation, SeparateDatabaseAndState):
            yield from _below(operation.database_operations, path, outer=outer)
