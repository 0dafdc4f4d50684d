"""Columns: added, dropped, renamed, filled."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django_safemigrate.catalog.indexes import indexes_named
from django_safemigrate.catalog.relations import constraints_on_column, foreign_keys_of, indexes_on_column
from django_safemigrate.catalog.twins import effect_of
from django_safemigrate.compile.names import unquoted
from django_safemigrate.compile.situation import Situation
from django_safemigrate.compile.unsafe import Unsafe
from django_safemigrate.compile.written import Written
from django_safemigrate.values.goals import ColumnAbsent, ColumnPresent, ConstraintAbsent
from django_safemigrate.values.steps import Step, Work

from . import AX, GONE, allowed_at_all, permitted, step, translates
from .drops import drop_foreign_key
from .fills import fill
from .indexes import drop_index
from .not_null import set_not_null


@translates("sql_create_column")
def add_column(written: Written, situation: Situation) -> Iterator[Step]:
    """ADD COLUMN writes no rows, as long as its default is not volatile; the server is asked which it is."""
    table, quoted = written.table, written.part("column")
    name, definition = unquoted(quoted), written.details.get("definition", "")
    locks = situation.locks(table, AX)
    sql, description = written.sql.rstrip(), f"Add column {name} to {unquoted(table)}"
    undo = f"ALTER TABLE {table} DROP COLUMN {quoted}"
    if situation.is_new(table):
        yield step(description, sql, locks, undo=undo)
        return
    field = written.details["field"]
    # What an expression over the other columns gives cannot be compared on a table without them.
    goal = None if field.generated else ColumnPresent(table, name, definition, with_default=field.has_db_default())
    if situation.has_column(table, name) or not _rewrites(situation, table, quoted, definition):
        yield step(description, sql, locks, undo=undo, goal=goal)
        return
    if field.has_db_default() and not field.generated and not field.db_type_suffix(situation.connection):
        yield from _add_and_fill(written, situation)
        return
    remark = permitted(situation, table, _unsafe(table, name, definition, field))
    yield step(description, sql, locks, work=Work.REWRITE, undo=undo, goal=goal, remark=remark)


def _rewrites(situation: Situation, table: str, quoted: str, definition: str) -> bool:
    return effect_of(
        situation.connection,
        situation.present(table),
        unquoted(quoted),
        lambda twin: f"ALTER TABLE {twin} ADD COLUMN {quoted} {definition}",
    ).rewritten


def _add_and_fill(written: Written, situation: Situation) -> Iterator[Step]:
    """A volatile default, evaluated row by row in short batches instead of under the lock for all rows at once.

    NOT NULL comes last: before the fill, the running release could not update a row that has no value yet.
    """
    table, quoted, field = written.table, written.part("column"), written.details["field"]
    name, connection = unquoted(quoted), situation.connection
    base = field.db_parameters(connection)
    collation = f" COLLATE {connection.ops.quote_name(base['collation'])}" if base.get("collation") else ""
    default = written.details["default"]
    yield step(
        f"Add column {name} to {unquoted(table)}, without its default yet",
        f"ALTER TABLE {table} ADD COLUMN {quoted} {base['type']}{collation} NULL",
        situation.locks(table, AX),
        undo=f"ALTER TABLE {table} DROP COLUMN {quoted}",
    )
    yield step(
        f"Set the default of {unquoted(table)}.{name} for new rows",
        f"ALTER TABLE {table} ALTER COLUMN {quoted} SET DEFAULT {default}",
        situation.locks(table, AX),
        undo=f"ALTER TABLE {table} ALTER COLUMN {quoted} DROP DEFAULT",
    )
    yield from fill(situation, table, quoted, default)
    if not field.null:
        yield from set_not_null(situation, table, name)


def _unsafe(table: str, name: str, definition: str, field: Any) -> Unsafe:
    fact = f"It adds column {name} to table {unquoted(table)}, which rewrites the table."
    if field.generated:
        return Unsafe(
            fact,
            "A stored generated column is computed for every row while nobody can read or write the table.",
            "Use db_persist=False (PostgreSQL 18, Django 6.1), which stores nothing. Or add a plain column, keep it up to "
            "date with a trigger, and fill it in batches.",
        )
    return Unsafe(
        fact,
        f"The server computes a value for every row ({definition}) while nobody can read or write the table.",
        "Add it as a nullable column without a default; set its default in a second migration; fill the rows in batches; "
        "only then make it NOT NULL.",
    )


@translates("sql_delete_column")
def drop_column(written: Written, situation: Situation) -> Iterator[Step]:
    """DROP COLUMN, after the indexes (concurrently) and the constraints that use the column, one at a time.

    DROP COLUMN would drop them itself, under one lock on all tables concerned. Without CASCADE: a view that uses the
    column is an error, not a loss (trap 49).
    """
    connection, table, quoted = situation.connection, written.table, written.part("column")
    name = unquoted(quoted)
    present, known = situation.present(table), situation.pending.column(table, name)
    for index in indexes_named(connection, tuple(indexes_on_column(connection, present, known))):
        yield drop_index(situation, table, index.name)
    for key in foreign_keys_of(connection, present):
        uses = key.columns if key.outgoing else key.referenced_columns if "CASCADE" in written.sql else ()
        if known in uses and situation.pending.names(key.table, [key.name]):
            yield drop_foreign_key(situation, key)
    for constraint in constraints_on_column(connection, present, known):
        yield step(
            f"Drop constraint {constraint} of {unquoted(table)}, which uses column {name}",
            f"ALTER TABLE {table} DROP CONSTRAINT {connection.ops.quote_name(constraint)}",
            situation.locks(table, AX),
            goal=ConstraintAbsent(table, constraint),
        )
    yield step(
        f"Drop column {name} of {unquoted(table)}",
        f"ALTER TABLE {table} DROP COLUMN {quoted}",
        situation.locks(table, AX),
        goal=ColumnAbsent(table, name),
        no_undo=GONE,
    )


@translates("sql_rename_column")
def rename_column(written: Written, situation: Situation) -> Iterator[Step]:
    """In a moment; but the running release asks for the old name."""
    table, old, new = written.table, written.part("old_column"), written.part("new_column")
    remark = ""
    if not situation.is_new(table):
        remark = allowed_at_all(
            situation,
            Unsafe(
                f"It renames column {unquoted(old)} of table {unquoted(table)} to {unquoted(new)}.",
                "From that moment on every query of the running release on this column fails.",
            ),
        )
    yield step(
        f"Rename column {unquoted(old)} of {unquoted(table)} to {unquoted(new)}",
        written.sql,
        situation.locks(table, AX),
        undo=f"ALTER TABLE {table} RENAME COLUMN {new} TO {old}",
        remark=remark,
    )


@translates("sql_update_with_default")
def fill_with_default(written: Written, situation: Situation) -> Iterator[Step]:
    """Rows without a value get one, in short batches, and the planner counts their values again."""
    yield from fill(situation, written.table, written.part("column"), written.details["value"])
