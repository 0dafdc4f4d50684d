"""Constraints renamed: ours alone, Django never does it."""

from __future__ import annotations

from collections.abc import Iterator

from django_safemigrate.compile.names import unquoted
from django_safemigrate.compile.situation import Situation
from django_safemigrate.compile.written import Written
from django_safemigrate.values.steps import Step

from . import AX, step, translates


@translates("rename_constraint")
def rename_constraint(written: Written, situation: Situation) -> Iterator[Step]:
    """ACCESS EXCLUSIVE for a moment."""
    table, old, new = written.table, written.part("name"), written.part("new_name")
    yield step(
        f"Rename constraint {unquoted(old)} of {unquoted(table)} to {unquoted(new)}",
        f"ALTER TABLE {table} RENAME CONSTRAINT {old} TO {new}",
        situation.locks(table, AX),
        undo=f"ALTER TABLE {table} RENAME CONSTRAINT {new} TO {old}",
    )
