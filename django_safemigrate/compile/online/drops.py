"""What hangs on a column that is going to go."""

from __future__ import annotations

from django_safemigrate.compile.names import unquoted
from django_safemigrate.compile.situation import Situation
from django_safemigrate.compile.statements import AX, SUE, step
from django_safemigrate.values.goals import ConstraintAbsent, IndexAbsent
from django_safemigrate.values.steps import Step, Work

from .pairs import Pair


def drop_old_index(table: str, name: str, situation: Situation) -> Step:
    """``name`` is quoted, with its schema."""
    return step(
        f"Drop index {name} of {unquoted(table)}, which has a successor",
        f"DROP INDEX CONCURRENTLY IF EXISTS {name}",
        situation.locks(table, SUE),
        work=Work.INDEX_DROP,
        goal=IndexAbsent(name),
    )


def drop_old_constraint(pair: Pair, name: str, situation: Situation) -> Step:
    """``name`` is unquoted."""
    return step(
        f"Drop constraint {name} of {unquoted(pair.table)}, which has a successor",
        f"ALTER TABLE {pair.table} DROP CONSTRAINT {pair.quoted(name)}",
        situation.locks(pair.table, AX),
        goal=ConstraintAbsent(pair.table, name),
    )
