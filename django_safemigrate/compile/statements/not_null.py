"""SET NOT NULL without reading the table under the lock."""

from __future__ import annotations

from collections.abc import Iterator

from django_safemigrate.catalog.columns import column_definition
from django_safemigrate.catalog.naming import automatic_name
from django_safemigrate.catalog.relations import unproved_not_null
from django_safemigrate.compile.names import shortened, unquoted
from django_safemigrate.compile.situation import Situation
from django_safemigrate.values.steps import Step, Work

from . import AX, SUE, step

NATIVE = 180000  # NOT NULL constraints that can be NOT VALID: release notes of PostgreSQL 18


def set_not_null(situation: Situation, table: str, column: str) -> Iterator[Step]:
    """A column (unquoted) of a (quoted) table refuses NULL.

    The rows are read by VALIDATE, under SHARE UPDATE EXCLUSIVE; what needs ACCESS EXCLUSIVE is catalog only. Before
    PostgreSQL 18 by way of a CHECK, which the server takes as a proof (manual of ALTER TABLE, SET NOT NULL).
    """
    connection = situation.connection
    quoted = connection.ops.quote_name(column)
    present, known = situation.present(table), situation.pending.column(table, column)
    unproved = unproved_not_null(connection, present, known)
    if unproved is not None and not situation.is_new(table):
        yield _validate(situation, table, connection.ops.quote_name(unproved), column)
        return
    definition = column_definition(connection, present, known)
    if situation.is_new(table) or (definition is not None and definition.not_null):
        yield step(
            f"Refuse NULL in {unquoted(table)}.{column}",
            f"ALTER TABLE {table} ALTER COLUMN {quoted} SET NOT NULL",
            situation.locks(table, AX),
            work=Work.BLOCKING_SCAN if situation.is_new(table) else Work.CATALOG,
        )
        return
    undo = f"ALTER TABLE {table} ALTER COLUMN {quoted} DROP NOT NULL"
    offenders = f"SELECT 1 FROM {table} WHERE {quoted} IS NULL LIMIT 3"
    if situation.version >= NATIVE:
        name = connection.ops.quote_name(automatic_name(connection, present, column, "not_null"))
        yield step(
            f"Refuse NULL in {unquoted(table)}.{column} from now on",
            f"ALTER TABLE {table} ADD CONSTRAINT {name} NOT NULL {quoted} NOT VALID",
            situation.locks(table, AX),
            undo=undo,
            offenders=offenders,
        )
        yield _validate(situation, table, name, column)
        return
    name = connection.ops.quote_name(shortened(f"safemigrate_{unquoted(table)}_{column}_not_null"))
    add = f"ALTER TABLE {table} ADD CONSTRAINT {name} CHECK ({quoted} IS NOT NULL) NOT VALID"
    drop = f"ALTER TABLE {table} DROP CONSTRAINT {name}"
    yield step(
        f"Refuse NULL in {unquoted(table)}.{column} from now on",
        add,
        situation.locks(table, AX),
        undo=drop,
        offenders=offenders,
    )
    yield _validate(situation, table, name, column)
    yield step(
        f"Make {unquoted(table)}.{column} NOT NULL, which the check proves",
        f"ALTER TABLE {table} ALTER COLUMN {quoted} SET NOT NULL",
        situation.locks(table, AX),
        undo=undo,
    )
    description = f"Drop the check of {unquoted(table)}.{column}, which is proved"
    yield step(description, drop, situation.locks(table, AX), undo=add)


def _validate(situation: Situation, table: str, name: str, column: str) -> Step:
    return step(
        f"Prove that no row of {unquoted(table)} has NULL in {column}",
        f"ALTER TABLE {table} VALIDATE CONSTRAINT {name}",
        situation.locks(table, SUE),
        work=Work.SCAN,
    )
