"""Indexes by Django's operations: built and dropped beside reads and writes, where plain ``migrate`` runs them."""

from __future__ import annotations

import libcst as cst
from django.db import connections
from django.db.migrations import Migration
from django.db.migrations.operations import SeparateDatabaseAndState
from django.db.migrations.operations.base import Operation

from django_safemigrate.linting.checks.atomic import CONCURRENTLY
from django_safemigrate.linting.statements.codes import DROP_INDEX, INDEX

from .file import MigrationFile, called
from .fixers import Found, fixer

_MODULE = "django.contrib.postgres.operations"
_CONCURRENTLY = {"AddIndex": "AddIndexConcurrently", "RemoveIndex": "RemoveIndexConcurrently"}


@fixer(INDEX, DROP_INDEX)
def concurrently(file: MigrationFile, found: Found) -> MigrationFile | None:
    """``AddIndex`` to ``AddIndexConcurrently``, with ``atomic = False``; in a migration of one index, on PostgreSQL alone."""
    call = file.operation(found.finding.operation)
    if call is None or called(call) not in _CONCURRENTLY or not may_stand_alone(found.migration):
        return None
    if any(connections[name].vendor != "postgresql" for name in connections):
        return None
    name = _CONCURRENTLY[called(call)]
    changed = file.with_operation(call, call.with_changes(func=cst.Name(name)))
    return not_atomic(changed.with_import(_MODULE, name))


@fixer(CONCURRENTLY)
def outside_a_transaction(file: MigrationFile, found: Found) -> MigrationFile | None:
    """``atomic = False`` for what Django refuses in a transaction."""
    return not_atomic(file) if may_stand_alone(found.migration) else None


def may_stand_alone(migration: Migration) -> bool:
    """Whether the migration need not be atomic: it has one operation, besides those on the state.

    What has several is half done when one fails, and plain ``migrate`` would begin with the first one again.
    """
    return sum(map(_on_the_database, migration.operations)) == 1


def not_atomic(file: MigrationFile) -> MigrationFile:
    return file.with_attribute("atomic", "False")


def _on_the_database(operation: Operation) -> int:
    """How many operations on the database it is."""
    if isinstance(operation, SeparateDatabaseAndState):
        return sum(map(_on_the_database, operation.database_operations))
    return 1
