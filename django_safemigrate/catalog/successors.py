"""Of two columns that are the same but for their names: what of the one stands for what of the other."""

from __future__ import annotations

from collections.abc import Callable, Mapping
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


def successors_of(
    connection: Connection, table: str, gone: str, stays: str, called: Callable[[str], str]
) -> Successors:
    """Found by definition: how that of the one column would read for the other. Locks: ACCESS SHARE, for milliseconds.

    ``called`` says what the successor was called when it was made: a column may have several indexes of one definition.
    """
    indexes, checks = column_indexes(connection, table, gone), column_checks(connection, table, gone)
    texts = as_if(connection, table, [(stays, _ASIDE, ""), (gone, stays, "")], indexes, checks)
    found_indexes = _matched(
        {one.name: (one.unique, one.kind, one.deferrable, texts.indexes[one.name]) for one in indexes},
        {
            one.name: (one.unique, one.kind, one.deferrable, one.rest)
            for one in column_indexes(connection, table, stays)
        },
        called,
    )
    found_checks = _matched(
        {one.name: texts.checks[one.name] for one in checks},
        {one.name: one.definition for one in column_checks(connection, table, stays)},
        called,
    )
    return Successors(
        {index: found_indexes[index.name] for index in indexes},
        {check: found_checks[check.name] for check in checks},
        _keys(connection, table, gone, stays),
    )


def _matched(wanted: Mapping[str, object], there: Mapping[str, object], called: Callable[[str], str]) -> dict[str, str]:
    """By name the name of what is defined as is wanted; each is taken once, and first by those whose it is by its name."""
    found = {name: called(name) for name, definition in wanted.items() if there.get(called(name)) == definition}
    free = [name for name in there if name not in found.values()]
    for name in [name for name in wanted if name not in found]:
        found[name] = next((other for other in free if there[other] == wanted[name]), "")
        free = [other for other in free if other != found[name]]
    return found


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
