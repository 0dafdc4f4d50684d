"""ALTER COLUMN: defaults, NULL, types. What Django puts into one statement becomes steps, each under its own lock."""

from __future__ import annotations

from collections.abc import Iterator

from django_safemigrate.catalog.columns import column_definition
from django_safemigrate.compile.names import unquoted
from django_safemigrate.compile.situation import Situation
from django_safemigrate.compile.written import Fragment, Written
from django_safemigrate.values.goals import DefaultAbsent, NullAllowed
from django_safemigrate.values.steps import Step

from . import AX, step, translates
from .not_null import set_not_null
from .types import change_type

# The order of the server's own passes over the parts of one ALTER TABLE (tablecmds.c, AlterTablePass): a default is dropped
# before the type changes, and set after it.
_ORDER = ("no_default", "null", "type", "default", "not_null")


@translates("sql_alter_column")
def alter_column(written: Written, situation: Situation) -> Iterator[Step]:
    for fragment in sorted(written.fragments, key=lambda fragment: _ORDER.index(fragment.kind)):
        yield from _PARTS[fragment.kind](written.table, fragment, situation)


def _drop_default(table: str, fragment: Fragment, situation: Situation) -> Iterator[Step]:
    yield step(
        f"Drop the default of {unquoted(table)}.{fragment.column}",
        f"ALTER TABLE {table} {fragment.sql}",
        situation.locks(table, AX),
        goal=DefaultAbsent(table, fragment.column),
        undo=_default_before(table, fragment, situation),
    )


def _set_default(table: str, fragment: Fragment, situation: Situation) -> Iterator[Step]:
    quoted = situation.connection.ops.quote_name(fragment.column)
    yield step(
        f"Set the default of {unquoted(table)}.{fragment.column}",
        f"ALTER TABLE {table} {fragment.sql}",
        situation.locks(table, AX),
        undo=_default_before(table, fragment, situation) or f"ALTER TABLE {table} ALTER COLUMN {quoted} DROP DEFAULT",
    )


def _default_before(table: str, fragment: Fragment, situation: Situation) -> str | None:
    """The statement that brings today's default back, as the server prints it."""
    known = situation.pending.column(table, fragment.column)
    definition = column_definition(situation.connection, situation.present(table), known)
    if definition is None or definition.default is None or definition.generated:
        return None
    quoted = situation.connection.ops.quote_name(fragment.column)
    return f"ALTER TABLE {table} ALTER COLUMN {quoted} SET DEFAULT {definition.default}"


def _allow_null(table: str, fragment: Fragment, situation: Situation) -> Iterator[Step]:
    yield step(
        f"Allow NULL in {unquoted(table)}.{fragment.column}",
        f"ALTER TABLE {table} {fragment.sql}",
        situation.locks(table, AX),
        goal=NullAllowed(table, fragment.column),
    )


def _refuse_null(table: str, fragment: Fragment, situation: Situation) -> Iterator[Step]:
    yield from set_not_null(situation, table, fragment.column)


_PARTS = {
    "no_default": _drop_default,
    "default": _set_default,
    "null": _allow_null,
    "not_null": _refuse_null,
    "type": change_type,
}
