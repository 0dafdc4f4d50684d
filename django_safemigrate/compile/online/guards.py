"""Values that the old column does not take, kept out of the new one before the two exchange their names again."""

from __future__ import annotations

from collections.abc import Iterator

from django_safemigrate.compile.names import unquoted
from django_safemigrate.compile.situation import Situation
from django_safemigrate.compile.statements import AX, step
from django_safemigrate.compile.statements.checks import validate_check
from django_safemigrate.values.steps import Step

from .naming import for_column
from .pairs import Pair


def all_fit(pair: Pair, situation: Situation) -> Iterator[Step]:
    """A check that proves of every row that the old column has its value; of one that refuses NULL, that it has none.

    May be run again, where the run before was interrupted.
    """
    old, new = pair.quoted(pair.old), pair.quoted(pair.column)
    name, alter = pair.quoted(_guard(pair)), f"ALTER TABLE {pair.table}"
    condition = f"{old} IS NOT NULL" if pair.not_null else f"{old} IS NOT NULL OR {new} IS NULL"
    yield step(
        f"Keep values out of {unquoted(pair.table)}.{pair.column} that {pair.old_type} does not take",
        f"{alter} DROP CONSTRAINT IF EXISTS {name};\n{alter} ADD CONSTRAINT {name} CHECK ({condition}) NOT VALID",
        situation.locks(pair.table, AX),
        undo=drop_guard(pair),
        offenders=f"SELECT {new} FROM {pair.table} WHERE {old} IS NULL AND {new} IS NOT NULL LIMIT 3",
    )
    yield validate_check(situation, pair.table, name)


def drop_guard(pair: Pair) -> str:
    """The statement by which the check goes."""
    return f"ALTER TABLE {pair.table} DROP CONSTRAINT {pair.quoted(_guard(pair))}"


def _guard(pair: Pair) -> str:
    return for_column("fits", pair.old)
