"""Transactions of migrations."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from django.contrib.postgres.operations import NotInTransactionMixin
from django.db.migrations.operations import AlterField, CreateModel, RunPython

from django_safemigrate.decisions.inferring import NEW_TABLE, STAYS, Judged, Place
from django_safemigrate.linting.inspected import Inspected
from django_safemigrate.linting.naming import alters, changes_an_index_only, operations, path_of, table_named
from django_safemigrate.values.fields import column_of, is_plain_column
from django_safemigrate.values.findings import Code, Finding, MigratesWith, Severity
from django_safemigrate.values.operations import is_django

from . import check

CONCURRENTLY = Code(
    "SM402",
    "concurrently-in-transaction",
    Severity.ERROR,
    "An operation that builds or drops an index concurrently is in an atomic migration.",
)
NOT_REPEATABLE = Code(
    "SM403",
    "half-done",
    Severity.WARNING,
    "A migration that is not atomic has several operations: after a failure it cannot be run again.",
    MigratesWith.MIGRATE,
)
DATA_AND_SCHEMA = Code(
    "SM404",
    "data-and-schema",
    Severity.ERROR,
    "Rows are changed in the transaction in which a table in use is altered: its lock lasts until the end.",
    MigratesWith.MIGRATE,
)


@check(CONCURRENTLY)
def concurrently(seen: Inspected) -> Iterator[Finding]:
    """Django refuses it, also where a test database is made."""
    if not seen.migration.atomic:
        return
    for path, operation in operations(seen):
        if isinstance(operation, NotInTransactionMixin):
            yield seen.finding(
                CONCURRENTLY,
                f"{type(operation).__name__} is in an atomic migration: {operation.describe()}.",
                "The server builds no index concurrently inside a transaction, so Django raises an error when it runs, also "
                "where tests make their database.",
                "class Migration(migrations.Migration):\n    atomic = False",
                operation=path,
                table=table_named(seen, operation),
            )


@check(NOT_REPEATABLE)
def not_repeatable(seen: Inspected) -> Iterator[Finding]:
    """safemigrate goes on behind the last operation that is done; Django's migrate begins with the first one."""
    if seen.migration.atomic:
        return
    done = [one for one in seen.inferred.operations if _acts(seen, one)]
    again = next((one for one in done[:-1] if is_django(one.operation) and not _is_repeatable(seen, one)), None)
    if again is not None:
        yield seen.finding(
            NOT_REPEATABLE,
            f"{seen.name} is not atomic and has {len(done)} operations; {again.operation.describe()!r} cannot be run twice.",
            "When a later one fails, or the process is killed, what was done stays done and the migration is not recorded: "
            "migrate begins with the first operation again, which fails since it is done.",
            "Give each of these operations a migration of its own.",
            operation=path_of(seen, again.operation),
            table=table_named(seen, again.operation),
        )


@check(DATA_AND_SCHEMA)
def data_and_schema(seen: Inspected) -> Iterator[Finding]:
    """safemigrate gives each operation a transaction of its own."""
    if not seen.migration.atomic:
        return
    acting = [one for one in seen.inferred.operations if _acts(seen, one)]
    for number, code in enumerate(acting):
        if isinstance(code.operation, RunPython):
            before = [one for one in acting[:number] if _alters_a_table_in_use(seen, one)]
            altered = before or [one for one in acting[number:] if _alters_a_table_in_use(seen, one)]
            if altered:
                yield _together(seen, code, altered[0], locked=bool(before))


def _together(seen: Inspected, code: Judged, altered: Judged, *, locked: bool) -> Finding:
    """``locked``: the alteration comes first, so that its lock is there while the code works."""
    table = table_named(seen, altered.operation)
    why = (
        f"The locks of a transaction last until its end: while the code works on rows, {table or 'the table'} stays "
        "locked, and nobody else can read it."
        if locked
        else f"The rows that the code has changed stay locked until {table or 'the table'} is altered, which may have to "
        "wait for its lock."
    )
    return seen.finding(
        DATA_AND_SCHEMA,
        f"{code.operation.describe()} is in one transaction with {altered.operation.describe()!r}.",
        f"{why} And rows with deferred constraints make the server refuse the alteration.",
        "Give the code a migration of its own.",
        operation=path_of(seen, code.operation),
        table=table,
    )


def _alters_a_table_in_use(seen: Inspected, one: Judged) -> bool:
    return (
        _acts(seen, one)
        and is_django(one.operation)
        and not isinstance(one.operation, CreateModel)
        and one.why != NEW_TABLE
        and table_named(seen, one.operation) not in seen.new_tables
    )


def _acts(seen: Inspected, one: Judged) -> bool:
    """Whether it does anything on the database; what goes with either phase is Python's view of it, or says why not."""
    return one.place is not Place.EITHER or one.why == STAYS or changes_an_index_only(seen, one.operation)


def _is_repeatable(seen: Inspected, one: Judged) -> bool:
    """A column's type, its default and whether it accepts NULL can be altered once more to what they are already."""
    if not isinstance(one.operation, AlterField):
        return False
    fields: Sequence[Any] = alters(seen, one.operation) or ()
    columns = {column_of(field, one.operation.name) for field in fields}
    return len(columns) == 1 and all(is_plain_column(field) and not field.db_index for field in fields)
