"""What is left of the first columns goes, when nobody needs it any more."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from django_safemigrate.catalog.dependents import column_checks, column_indexes
from django_safemigrate.catalog.synced import sync_arguments, synced
from django_safemigrate.compile.names import unquoted
from django_safemigrate.compile.situation import Situation
from django_safemigrate.compile.statements import translates
from django_safemigrate.compile.written import Written
from django_safemigrate.values.steps import Step

from .columns import drop_second
from .computing import computes
from .copies import Copies
from .drops import drop_old_constraint, drop_old_index
from .names import drop_name, side_by_side
from .naming import TRIGGER, trigger_of
from .pairs import Pair


def finish(copies: Copies, situation: Situation) -> Iterator[Step]:
    """Right after the swap: indexes concurrently, constraints, and then each trigger with its old column."""
    first = copies.pairs[0]
    for index in copies.indexes:
        if not index.kind and not computes(index):
            yield drop_old_index(first, first.replaced(index.name), situation)
    for index in copies.indexes:
        if index.kind == "u":
            yield drop_old_constraint(first, first.replaced(index.constraint), situation)
    for pair in copies.pairs:
        yield drop_second(pair, pair.old, situation)


@translates("drop_old_column")
def finish_later(written: Written, situation: Situation) -> Iterator[Step]:
    """The same, in a later migration. Nothing, where the change was made at once."""
    yield from finish_leftovers([(written.table, unquoted(written.part("column")))], situation)


def finish_leftovers(columns: Sequence[tuple[str, str]], situation: Situation) -> Iterator[Step]:
    """What an earlier change has left beside these columns: (quoted) table and (unquoted) column.

    The triggers tell which others have changed for the sake of the same one.
    """
    found: dict[tuple[str, str], None] = {}
    for table, column in columns:
        named = side_by_side(table, [column], situation)
        told = sync_arguments(situation.connection, situation.present(table), trigger_of(column))
        if named is not None:
            yield from drop_name(named, named.old, situation)
        elif told is not None:
            found |= dict.fromkeys(synced(situation.connection, told[0], TRIGGER))
    for table in dict.fromkeys(table for table, _ in found):
        pairs = [Pair(situation.connection, table, column, "", "") for owner, column in found if owner == table]
        yield from _leftovers(pairs, situation)


def _leftovers(pairs: Sequence[Pair], situation: Situation) -> Iterator[Step]:
    """Of one table."""
    connection, table = situation.connection, pairs[0].table
    indexes = {one.name: one for pair in pairs for one in column_indexes(connection, table, pair.old)}.values()
    for index in indexes:
        if not index.kind:
            yield drop_old_index(pairs[0], index.name, situation)
    constraints = {index.constraint: None for index in indexes if index.kind}
    constraints |= {check.name: None for pair in pairs for check in column_checks(connection, table, pair.old)}
    for constraint in constraints:
        yield drop_old_constraint(pairs[0], constraint, situation)
    for pair in pairs:
        yield drop_second(pair, pair.old, situation)
