"""Columns get another type while reads and writes go on."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from django.db import Error

from django_safemigrate.catalog.synced import origin_of
from django_safemigrate.compile.names import unquoted
from django_safemigrate.compile.situation import Situation
from django_safemigrate.compile.unsafe import Unsafe
from django_safemigrate.values.steps import Step

from .columns import add_second, fill_second
from .copies import Copies, copies_of, make_copies
from .finish import finish
from .foreign_keys import KeyCopy, add_and_prove, key_copies, replace_key
from .obstacles import refuse_obstacles
from .pairs import Pair
from .swap import swap
from .triggers import create_trigger, forward_function


def change_types(
    pairs: Sequence[Pair], key_names: Mapping[tuple[str, str], str], situation: Situation, *, keep: bool
) -> Iterator[Step]:
    """All of ``pairs`` together: a column alone, or a key with the columns that refer to it.

    ``key_names``: what Django calls the foreign keys of (quoted table, column) afterwards. ``keep``: leave the old columns
    there, so that the way back loses nothing, for ``FinishAlterField`` to drop. Raises ``Unsafe``.

    Each foreign key is built once, between two second columns, and replaces the old one before any column is put in its
    place; so no swap locks more than one table, and none has to wait for a key. Those that refer go first: no number that the
    narrower type does not take is there before every column takes it.
    """
    for pair in pairs:
        refuse_obstacles(pair, situation)
    tables = [
        tuple(one for one in pairs if one.table == table) for table in dict.fromkeys(pair.table for pair in pairs)
    ]
    try:
        copies = [copies_of(some, situation) for some in tables]
    except Error as error:
        raise Unsafe(
            f"Column {pairs[0].column} of table {unquoted(pairs[0].table)} cannot get its new type.",
            f"The server says: {str(error).strip().splitlines()[0]}",
            "Correct the type, or drop the index or constraint in a migration before this one.",
            certain=False,
            allowable=False,
        ) from error
    keys = key_copies(pairs, key_names, situation)
    origin = origin_of(situation.connection, situation.present(pairs[0].table), pairs[0].column)
    for pair in pairs:
        yield add_second(pair, situation, [forward_function(pair), create_trigger(pair, origin, pair.column)])
    for some in tables:
        yield fill_second(some, situation)
    for one in copies:
        yield from make_copies(one, situation)
    for key in keys:
        yield from add_and_prove(key, situation)
    for key in keys:
        yield replace_key(key, situation)
    for one in _referring_first(copies, keys):
        yield swap(one, situation)
    if not keep:
        for one in copies:
            yield from finish(one, situation)


def _referring_first(copies: Sequence[Copies], keys: Sequence[KeyCopy]) -> list[Copies]:
    """A table behind those that refer to it; in circles, as they come."""
    rest, ordered = list(copies), list[Copies]()
    while rest:
        tables = {one.table for one in rest}
        referred = {
            copy.key.referenced for copy in keys if copy.key.table in tables and copy.key.table != copy.key.referenced
        }
        free = [one for one in rest if one.table not in referred] or rest[:1]
        ordered += free
        rest = [one for one in rest if one not in free]
    return ordered
