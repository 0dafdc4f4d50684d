"""The way back, as long as the old column is there: the two exchange their names again, and no write is lost."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from django_safemigrate.catalog.columns import column_definition
from django_safemigrate.catalog.relations import foreign_keys_of
from django_safemigrate.catalog.synced import sync_arguments
from django_safemigrate.compile.names import unquoted
from django_safemigrate.compile.situation import Situation
from django_safemigrate.compile.statements import AX, step
from django_safemigrate.compile.statements.not_null import set_not_null
from django_safemigrate.values.steps import Step

from .columns import drop_second
from .computing import made_again
from .copies import Copies, live_copies
from .drops import drop_old_constraint, drop_old_index
from .guards import all_fit, drop_guard
from .naming import trigger_of
from .pairs import Pair
from .swap import exchange_back


def can_swap_back(pair: Pair, situation: Situation) -> bool:
    """Whether the column has an old one beside it, of the type that is wanted now, and no key rests on the new one."""
    present = situation.present(pair.table)
    if sync_arguments(situation.connection, present, trigger_of(pair.column)) is None:
        return False
    keys = foreign_keys_of(situation.connection, present)
    if any(pair.column in (key.columns if key.outgoing else key.referenced_columns) for key in keys):
        return False
    old = column_definition(situation.connection, present, pair.old)
    return old is not None and old.type == pair.new_type and live_copies([pair], situation).primary_key is None


def swap_back(pair: Pair, situation: Situation) -> Iterator[Step]:
    """Values that the old column does not take are looked for first, and then kept out.

    ``pair`` is that of the change that is wanted; what was done was the opposite.
    """
    done = replace(pair, old_type=pair.new_type, new_type=pair.old_type)
    copies = live_copies([done], situation)
    yield from all_fit(done, situation)
    if done.not_null:
        yield from set_not_null(situation, done.table, done.old)
    yield from made_again(copies, {done.column: _old_type(done, situation)}, situation)
    yield _exchange(done, copies, situation)
    yield from _drop_new(done, copies, situation)


def _old_type(pair: Pair, situation: Situation) -> str:
    old = column_definition(situation.connection, situation.present(pair.table), pair.old)
    assert old is not None
    collation = f" COLLATE {pair.quoted(old.collation)}" if old.collation else ""
    return f"{old.type}{collation} USING {pair.quoted(pair.column)}::{old.type}"


def _exchange(pair: Pair, copies: Copies, situation: Situation) -> Step:
    return step(
        f"Put the old {pair.column} of {unquoted(pair.table)} back into the place of the new",
        ";\n".join([drop_guard(pair), *exchange_back(copies, situation)]),
        situation.locks(pair.table, AX),
    )


def _drop_new(pair: Pair, copies: Copies, situation: Situation) -> Iterator[Step]:
    for index in copies.indexes:
        if not index.kind:
            yield drop_old_index(pair, pair.beside(index.name), situation)
    for check in copies.checks:
        yield drop_old_constraint(pair, pair.beside(check.name), situation)
    yield drop_second(pair, pair.second, situation)
