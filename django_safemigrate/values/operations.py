"""What is known of an operation by its class alone."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from django.contrib.postgres import operations as postgres
from django.db.migrations import Migration, operations
from django.db.migrations.operations.base import Operation

# Operations that run code of their author's: nobody can see into them. So is what reduces to no SQL.
_OWN_CODE = (operations.RunSQL, postgres.CreateExtension)

# What makes an operation run as Django's class of that name does.
_METHODS = ("database_forwards", "database_backwards", "state_forwards", "allow_migrate_model")


def opaque_because(operation: Operation) -> str:
    """Why nobody can see into an operation; empty where its class says what it does.

    A subclass of Django's that overrides nothing of what runs counts as Django's; so do those of the package that say that
    Django's schema editor does all their work.
    """
    name = type(operation).__name__
    if getattr(operation, "schema_editor_alone", False):
        return ""
    if isinstance(operation, _OWN_CODE) or not operation.reduces_to_sql:
        return f"{name} runs code of its own"
    for method in _METHODS:
        module = getattr(getattr(type(operation), method), "__module__", "")
        if not module.startswith("django."):
            return f"{name} is not Django's"
    return ""


def is_django(operation: Operation) -> bool:
    """Whether an operation is one of Django's schema operations or ours, or a subclass that changes nothing of them."""
    return not opaque_because(operation)


def is_ours(operation: Operation) -> bool:
    """Whether this package has written it."""
    return type(operation).__module__.partition(".")[0] == __name__.partition(".")[0]


def on_the_database(found: Iterable[Operation]) -> Iterator[Operation]:
    """Operations in their order; those for the database in the place of a ``SeparateDatabaseAndState``."""
    for operation in found:
        if isinstance(operation, operations.SeparateDatabaseAndState):
            yield from on_the_database(operation.database_operations)
        else:
            yield operation


def runs_itself(migration: Migration, *, backwards: bool = False) -> bool:
    """Whether a migration overrides ``apply`` (backwards: ``unapply``), so that nobody knows what it does."""
    method = "unapply" if backwards else "apply"
    return getattr(type(migration), method) is not getattr(Migration, method)
