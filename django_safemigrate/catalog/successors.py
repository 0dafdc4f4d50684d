"""Of two columns that are the same but for their names: what of the one stands for what of the other."""

from __future__ import annotations

from dataclasses import dataclass

from .dependents import ColumnCheck, ColumnIndex, as_if, column_checks, column_indexes
from .query import Connection
from .relations import ForeignKey, foreign_key_tail, foreign_keys_of

_ASIDE = "safemigrate_aside"


@dataclass(frozen=True)
class Successors:
    """What hangs on a column, each with the name of what is like it on the other; empty where nothing is.

    Of an index in a constraint the name is the constraint's.
    """

    indexes: dict[ColumnIndex, str]
    checks: dict[ColumnCheck, str]
    keys: list[tuple[ForeignKey, str]]

    def without_names(self) -> Successors:
        """The same things, none of which has a successor."""
        return Successors(
            dict.fromkeys(self.indexes, ""), dict.fromkeys(self.checks, ""), [(key, "") for key, _ in self.keys]
        )


def successors_of(connection: Connection, table: str, gone: str, stays: str) -> Successors:
    """Found by definition: how that of the one column would read for the other. Locks: ACCESS SHARE, for milliseconds."""
    indexes, checks = column_indexes(connection, table, gone), column_checks(connection, table, gone)
    texts = as_if(connection, table, [(stays, _ASIDE, ""), (gone, stays, "")], indexes, checks)
    others = {
        (index.unique, index.kind, index.deferrable, index.rest): index.name
        for index in column_indexes(connection, table, stays)
    }
    other_checks = {check.definition: check.name for check in column_checks(connection, table, stays)}
    return Successors(
        {
            index: others.pop((index.unique, index.kind, index.deferrable, texts.indexes[index.name]), "")
            for index in indexes
        },
        {check: other_checks.pop(texts.checks[check.name], "") for check in checks},
        _keys(connection, table, gone, stays),
    )


def _keys(connection: Connection, table: str, gone: str, stays: str) -> list[tuple[ForeignKey, str]]:
    keys = foreign_keys_of(connection, table)
    known = {_shape(connection, key): key.name for key in keys}
    found = []
    for key in keys:
        if gone in (key.columns if key.outgoing else key.referenced_columns):
            columns, referenced, *rest = _shape(connection, key)
            instead = {gone: stays}
            wanted = (
                tuple(instead.get(column, column) for column in columns) if key.outgoing else columns,
                referenced if key.outgoing else tuple(instead.get(column, column) for column in referenced),
                *rest,
            )
            found.append((key, known.get(wanted, "")))
    return found


def _shape(connection: Connection, key: ForeignKey) -> tuple[tuple[str, ...], ...]:
    return key.columns, key.referenced_columns, (key.table, key.referenced, foreign_key_tail(connection, key))
