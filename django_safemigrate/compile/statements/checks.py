"""CHECK constraints: added without looking at the rows, proved while reads and writes go on."""

from __future__ import annotations

from collections.abc import Iterator

from django_safemigrate.compile.names import unquoted
from django_safemigrate.compile.situation import Situation
from django_safemigrate.compile.written import Written
from django_safemigrate.values.steps import Step, Work

from . import AX, SUE, step, translates


@translates("sql_create_check")
def add_check(written: Written, situation: Situation) -> Iterator[Step]:
    """NOT VALID (catalog only; new rows are checked from now on), then VALIDATE.

    An author who has written NOT VALID himself (``AddConstraintNotValid``) gets no more than that.
    """
    table, quoted = written.table, written.part("name")
    only = bool(written.suffix.strip())
    if situation.is_new(table):
        yield step(
            f"Add check {unquoted(quoted)} to {unquoted(table)}",
            written.sql,
            situation.locks(table, AX),
            work=Work.CATALOG if only else Work.BLOCKING_SCAN,
            undo=f"ALTER TABLE {table} DROP CONSTRAINT {quoted}",
        )
        return
    yield step(
        f"Add check {unquoted(quoted)} to {unquoted(table)} for rows to come",
        written.sql if only else f"{written.sql} NOT VALID",
        situation.locks(table, AX),
        undo=f"ALTER TABLE {table} DROP CONSTRAINT {quoted}",
        offenders=None if only else f"SELECT * FROM {table} WHERE NOT ({_check(written)}) LIMIT 3",
    )
    if not only:
        yield validate_check(situation, table, quoted)


def _check(written: Written) -> str:
    return written.part("check")


def validate_check(situation: Situation, table: str, quoted: str) -> Step:
    """A step that proves a check (quoted) for the rows that are there: SHARE UPDATE EXCLUSIVE."""
    return step(
        f"Prove check {unquoted(quoted)} for the rows of {unquoted(table)}",
        f"ALTER TABLE {table} VALIDATE CONSTRAINT {quoted}",
        situation.locks(table, SUE),
        work=Work.SCAN,
    )
