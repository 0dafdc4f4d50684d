"""The second column: added with its trigger, filled, and gone again."""

from __future__ import annotations

from collections.abc import Sequence

from django_safemigrate.catalog.dependents import column_extras
from django_safemigrate.compile.names import unquoted
from django_safemigrate.compile.situation import Situation
from django_safemigrate.compile.statements import AX, GONE, step
from django_safemigrate.compile.statements.fills import fill_rows
from django_safemigrate.values.goals import ColumnAbsent
from django_safemigrate.values.steps import Step

from .pairs import Pair
from .triggers import differ, drop_trigger


def add_second(pair: Pair, situation: Situation, trigger: Sequence[str], default: str | None = None) -> Step:
    """The column and its trigger in one transaction: no row is written that the trigger does not see.

    ``trigger``: the statements that make it. ``default``: one for rows to come.
    """
    column = pair.quoted(pair.second)
    made = [f"ALTER TABLE {pair.table} ADD COLUMN {column} {pair.definition}"]
    extras = column_extras(pair.connection, situation.present(pair.table), pair.column)
    made += [f"ALTER TABLE {pair.table} ALTER COLUMN {column} {setting}" for setting in extras.settings]
    if extras.comment is not None:
        compose = pair.connection.ops.compose_sql  # type: ignore[attr-defined]
        made.append(compose(f"COMMENT ON COLUMN {pair.table}.{column} IS %s", [extras.comment]))
    for privileges, grantee, grantable in extras.grants:
        rights = ", ".join(f"{privilege} ({column})" for privilege in privileges.split(","))
        option = " WITH GRANT OPTION" if grantable else ""
        made.append(f"GRANT {rights} ON {pair.table} TO {grantee}{option}")
    if default is not None:
        made.append(f"ALTER TABLE {pair.table} ALTER COLUMN {column} SET DEFAULT {default}")
    made += trigger
    return step(
        f"Add column {pair.second} to {unquoted(pair.table)}, which a trigger keeps in step with {pair.column}",
        ";\n".join(made),
        situation.locks(pair.table, AX),
        undo=f"{drop_trigger(pair)};\nALTER TABLE {pair.table} DROP COLUMN {column}",
    )


def fill_second(pairs: Sequence[Pair], situation: Situation) -> Step:
    """The second columns of one table, in one pass."""
    table = pairs[0].table
    assignments = ", ".join(f"{pair.quoted(pair.second)} = {pair.converted}" for pair in pairs)
    each = [_wrong(pair) for pair in pairs]
    wrong = each[0] if len(each) == 1 else f"({' OR '.join(each)})"
    names = ", ".join(pair.second for pair in pairs)
    return fill_rows(situation, table, assignments, wrong, f"Fill {names} of {unquoted(table)}")


_PLAIN = {"smallint", "integer", "bigint"}


def _wrong(pair: Pair) -> str:
    if {pair.old_type, pair.new_type} <= _PLAIN:  # equal is the same
        return f"{pair.quoted(pair.second)} IS DISTINCT FROM {pair.quoted(pair.column)}"
    return differ(pair.quoted(pair.second), pair.converted)


def drop_second(pair: Pair, column: str, situation: Situation) -> Step:
    """The column (unquoted) of the two that is not needed any more, with the trigger.

    Without it, a column that refuses NULL would refuse what is written.
    """
    return step(
        f"Drop column {column} of {unquoted(pair.table)}, and the trigger that kept it in step",
        f"{drop_trigger(pair)};\nALTER TABLE {pair.table} DROP COLUMN {pair.quoted(column)}",
        situation.locks(pair.table, AX),
        goal=ColumnAbsent(pair.table, column),
        no_undo=GONE,
    )
