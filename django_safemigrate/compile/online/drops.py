"""What hangs on a column that is going to go."""

from __future__ import annotations

from django_safemigrate.compile.names import unquoted
from django_safemigrate.compile.situation import Situation
from django_safemigrate.compile.statements import AX, SUE, step
from django_safemigrate.values.goals import ConstraintAbsent, IndexAbsent
from django_safemigrate.values.steps import Step, Work

from .pairs import Pair


def drop_old_index(pair: Pair, name: str, situation: Situation) -> Step:
    """``name`` is unquoted."""
    quoted = pair.in_schema(name)
    return step(
        f"Drop index {name} of {unquoted(pair.table)}",
        f"DROP INDEX CONCURRENTLY IF EXISTS {quoted}",
        situation.locks(pair.table, SUE),
        work=Work.INDEX_DROP,
        goal=IndexAbsent(quoted),
    )


def drop_old_constraint(pair: Pair, name: str, situation: Situation) -> Step:
    """``name`` is unquoted."""
    return step(
        f"Drop constraint {name} of {unquoted(pair.table)}",
        f"ALTER TABLE {pair.table} DROP CONSTRAINT {pair.quoted(name)}",
        situation.locks(pair.table, AX),
        goal=ConstraintAbsent(pair.table, name),
    )
