"""What Django writes from no template: exclusion constraints, VALIDATE, collations."""

from __future__ import annotations

from collections.abc import Iterator

from django_safemigrate.catalog.relations import foreign_key
from django_safemigrate.compile.names import unquoted
from django_safemigrate.compile.situation import Situation
from django_safemigrate.compile.unsafe import Unsafe
from django_safemigrate.compile.written import Written
from django_safemigrate.values.steps import Step, Work

from . import AX, permitted, step, translates
from .checks import validate_check
from .foreign_keys import validate_foreign_key


@translates("exclusion")
def add_exclusion(written: Written, situation: Situation) -> Iterator[Step]:
    """USING INDEX takes B-trees only, so that the index is built under ACCESS EXCLUSIVE (manual of ALTER TABLE)."""
    table = written.table
    name = written.parts["constraint"].parts["name"]
    remark = permitted(
        situation,
        table,
        Unsafe(
            f"It adds exclusion constraint {unquoted(name)} to table {unquoted(table)}.",
            "PostgreSQL has no way to build its index while the table is in use.",
            "Keep the rule with a trigger, or add the constraint to a new table into which rows are moved, or run the "
            "migration in a maintenance window.",
        ),
    )
    yield step(
        f"Add exclusion constraint {unquoted(name)} to {unquoted(table)}",
        written.sql,
        situation.locks(table, AX),
        work=Work.BLOCKING_BUILD,
        undo=f"ALTER TABLE {table} DROP CONSTRAINT {name}",
        remark=remark,
    )


@translates("validate")
def validate(written: Written, situation: Situation) -> Iterator[Step]:
    """``ValidateConstraint`` of ``django.contrib.postgres``."""
    table, quoted = written.table, written.part("name")
    key = foreign_key(situation.connection, situation.present(table), unquoted(quoted))
    if key is None:
        yield validate_check(situation, table, quoted)
    else:
        yield validate_foreign_key(situation, table, quoted, key.referenced)


@translates("collation")
def collation(written: Written, situation: Situation) -> Iterator[Step]:
    """``CreateCollation`` and ``RemoveCollation``: no table is concerned."""
    yield step(written.part("description"), written.sql, ())


@translates("unknown")
def unknown(written: Written, situation: Situation) -> Iterator[Step]:
    """What an engine, or an index of somebody's own, adds at the end of a migration."""
    locks = situation.locks(written.table, AX) if written.table else ()
    yield step("Run SQL that is nobody's template", written.sql, locks, work=Work.OPAQUE)
