"""Tables: created, dropped, renamed, moved."""

from __future__ import annotations

from collections.abc import Iterator

from django_safemigrate.catalog.relations import foreign_keys_of
from django_safemigrate.compile.names import unquoted
from django_safemigrate.compile.situation import Situation
from django_safemigrate.compile.unsafe import Unsafe
from django_safemigrate.compile.written import Written
from django_safemigrate.values.steps import Step, Work

from . import AX, GONE, allowed_at_all, permitted, step, translates
from .drops import drop_foreign_key


@translates("sql_create_table")
def create_table(written: Written, situation: Situation) -> Iterator[Step]:
    """Nobody reads it yet. Its foreign keys come later, one by one, since each locks a table that is in use."""
    situation.new_tables.add(written.table)
    yield step(f"Create table {unquoted(written.table)}", written.sql, (), undo=f"DROP TABLE {written.table}")


@translates("sql_delete_table")
def drop_table(written: Written, situation: Situation) -> Iterator[Step]:
    """First the foreign keys from and to it, one at a time: DROP TABLE would lock all those tables at once.

    Then without CASCADE: a view on the table is an error, not a loss.
    """
    table = written.table
    for key in foreign_keys_of(situation.connection, situation.present(table)):
        if not situation.pending.is_gone(key.table) and situation.pending.names(key.table, [key.name]):
            yield drop_foreign_key(situation, key)
    yield step(f"Drop table {unquoted(table)}", f"DROP TABLE {table}", situation.locks(table, AX), no_undo=GONE)


@translates("sql_rename_table")
def rename_table(written: Written, situation: Situation) -> Iterator[Step]:
    """In a moment; but the running release asks for the old name."""
    old, new = written.part("old_table"), written.part("new_table")
    remark = ""
    if not situation.is_new(old):
        remark = allowed_at_all(
            situation,
            Unsafe(
                f"It renames table {unquoted(old)} to {unquoted(new)}.",
                "From that moment on every query of the running release on this table fails.",
            ),
        )
    situation.new_tables |= {new} if old in situation.new_tables else set()
    undo = f"ALTER TABLE {new} RENAME TO {_last(old)}"
    yield step(
        f"Rename table {unquoted(old)} to {unquoted(new)}",
        written.sql,
        situation.locks(old, AX)[:1],
        undo=undo,
        remark=remark,
    )


@translates("sql_retablespace_table")
def move_table(written: Written, situation: Situation) -> Iterator[Step]:
    """Copies the whole table under ACCESS EXCLUSIVE."""
    table, space = written.table, unquoted(written.part("new_tablespace"))
    remark = permitted(
        situation,
        table,
        Unsafe(
            f"It moves table {unquoted(table)} to tablespace {space}.",
            "The server copies the table and lets nobody read or write it meanwhile.",
            "Move it in a maintenance window (ALTER TABLE ... SET TABLESPACE) or with pg_repack --tablespace, and record "
            "this migration with migrate --fake.",
        ),
    )
    yield step(
        f"Move table {unquoted(table)} to tablespace {space}",
        written.sql,
        situation.locks(table, AX)[:1],
        work=Work.REWRITE,
        remark=remark,
    )


def _last(table: str) -> str:
    return '"' + table.rpartition('"."')[2] if '"."' in table else table
