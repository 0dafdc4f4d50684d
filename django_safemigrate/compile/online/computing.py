"""What computes with the old columns: indexes with an expression or a predicate, and CHECKs.

A value that fits into the old type may be too large for what is computed of it there (``amount * 2``), and one that does not
fit is NULL. So they go with the swap; the new columns have theirs. The way back builds them again before it.
"""

from __future__ import annotations

from collections.abc import Iterator

from django_safemigrate.catalog.dependents import ColumnIndex, as_if
from django_safemigrate.compile.situation import Situation
from django_safemigrate.values.steps import Step

from .copies import Copies, add_check, build_index


def computes(index: ColumnIndex) -> bool:
    """Whether more than the value itself is needed for an entry of the index."""
    return not index.kind and (index.expressions or index.predicate)


def made_again(copies: Copies, old_types: dict[str, str], situation: Situation) -> Iterator[Step]:
    """Steps that make them for the old columns, while these are still beside the new ones. They may be run twice.

    ``old_types``: by column, as behind ALTER COLUMN TYPE; those that are left out have their old type now.
    """
    indexes = [index for index in copies.indexes if computes(index)]
    if not indexes and not copies.checks:
        return
    texts = as_if(
        situation.connection,
        situation.present(copies.table),
        [(pair.column, pair.old, old_types.get(pair.column, "")) for pair in copies.pairs],
        indexes,
        copies.checks,
    )
    name_of = copies.pairs[0].replaced
    for index in indexes:
        yield build_index(copies, index, name_of(index.name), texts.indexes[index.name], situation)
    for check in copies.checks:
        name = name_of(check.name)
        yield from add_check(copies, check, name, texts.checks[check.name], situation, anew=True)
