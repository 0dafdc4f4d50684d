"""A statement of Django's that renames a column in use, or brings the old name of one back."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from django_safemigrate.catalog.columns import column_definition
from django_safemigrate.compile.names import unquoted
from django_safemigrate.compile.situation import Situation
from django_safemigrate.compile.statements import translates
from django_safemigrate.compile.unsafe import NotThereYet
from django_safemigrate.compile.written import Written
from django_safemigrate.values.steps import Step

from .names import add_name, drop_name, side_by_side
from .pairs import NamePair


def rename(written: Written, key_names: Mapping[tuple[str, str], str], situation: Situation) -> Iterator[Step]:
    """A second column of the new name; on the way back, as long as both are there, no more than that one dropped."""
    old, new = unquoted(written.part("old_column")), unquoted(written.part("new_column"))
    both = side_by_side(written.table, [old, new], situation)
    if both is not None and {both.column, both.other} == {old, new}:
        yield from drop_name(both, old, situation)
    else:
        yield from add_name(_pair(written.table, old, new, new, situation), key_names, situation)


@translates("bring_old_column_back")
def bring_back(written: Written, situation: Situation) -> Iterator[Step]:
    """The old name beside the new one, which is to stay."""
    old, new = unquoted(written.part("old_column")), unquoted(written.part("column"))
    names = {(written.table, old): written.part("name")} if written.part("name") else {}
    yield from add_name(_pair(written.table, new, old, new, situation), names, situation)


def _pair(table: str, column: str, other: str, new: str, situation: Situation) -> NamePair:
    present = situation.present(table)
    known = column_definition(situation.connection, present, situation.pending.column(table, column))
    if known is None:
        raise NotThereYet(f"{unquoted(table)} has no column {column} yet")
    quote = situation.connection.ops.quote_name
    return NamePair(
        situation.connection,
        table,
        column,
        known.type,
        known.type,
        collation=quote(known.collation) if known.collation else "",
        not_null=known.not_null,
        default=None if known.identity or known.generated else known.default,
        identity=known.identity,
        other=other,
        new=new,
    )
