"""An operation as a file says it, by which a changed file is noticed."""

from __future__ import annotations

from django.db.migrations.writer import OperationWriter

from django_safemigrate.compile.binding import BoundOperation


def words(bound: BoundOperation) -> str:
    """In words where it cannot be written."""
    try:
        written: str = OperationWriter(bound.operation, indentation=0).serialize()[0]
    except ValueError:
        return f"{type(bound.operation).__name__}: {bound.operation.describe()}"
    return written
