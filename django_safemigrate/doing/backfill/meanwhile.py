"""Rows that come in while a fill runs: whether it has to see to them, too."""

from __future__ import annotations

from itertools import dropwhile

from django.db.migrations import AddConstraint, AlterField, AlterUniqueTogether, Migration

from django_safemigrate.compile.binding import BoundOperation
from django_safemigrate.operations.backfill import RowsOperation
from django_safemigrate.values.operations import on_the_database


def is_for_rows_that_are_there(migration: Migration, bound: BoundOperation) -> bool:
    """Whether an operation fills rows and nothing behind it in its migration counts on all rows being filled.

    Old code that does not know a column adds rows without a value until it is gone. No fill comes to an end of that, and the
    phase after deploy fills again before it forbids NULL.
    """
    if not isinstance(bound.operation, RowsOperation):
        return False
    behind = dropwhile(lambda one: one is not bound.operation, on_the_database(migration.operations))
    return not any(_counts_on_it(one, bound.operation) for one in behind)


def _counts_on_it(operation: object, filling: RowsOperation) -> bool:
    if isinstance(operation, AlterField):
        return operation.model_name_lower == filling.model_name.lower() and operation.name in filling.fields
    if isinstance(operation, AddConstraint):
        return bool(operation.model_name_lower == filling.model_name.lower())
    return isinstance(operation, AlterUniqueTogether) and operation.name_lower == filling.model_name.lower()
