"""Whether a step's goal is reached: decided by definition, so that a name alone never counts as done."""

from __future__ import annotations

from functools import singledispatch

from django_safemigrate.values.errors import DefinitionConflict
from django_safemigrate.values.goals import (
    ColumnAbsent,
    ColumnPresent,
    ConstraintAbsent,
    DefaultAbsent,
    DefaultPresent,
    Goal,
    IndexAbsent,
    IndexAttached,
    IndexPresent,
    IndexValid,
    NoRows,
    NullAllowed,
)

from . import indexes
from .columns import column_definition, definition_of
from .query import Connection, value


def reached(goal: Goal, connection: Connection) -> bool:
    """Whether the catalog shows that a step is done.

    Raises ``DefinitionConflict`` where something of the wanted name is there and is something else.
    """
    return _reached(goal, connection)


@singledispatch
def _reached(goal: object, connection: Connection) -> bool:
    raise TypeError(f"The catalog has no question for {goal!r}")


@_reached.register
def _(goal: ColumnPresent, connection: Connection) -> bool:
    found = column_definition(connection, goal.table, goal.column)
    if found is None:
        return False
    wanted = definition_of(connection, goal.definition)
    same = found == wanted
    if not goal.with_default:
        same = (found.type, found.not_null, found.collation) == (
            wanted.type,
            wanted.not_null,
            wanted.collation,
        )
    if not same:
        raise DefinitionConflict(
            f"Column {goal.column} of {goal.table} exists already, with another definition.",
            f"found:  {found}\nwanted: {wanted}",
            "If it is a leftover, drop it; if it is right, fake the migration. Then run the command again.",
        )
    return True


@_reached.register
def _(goal: ColumnAbsent, connection: Connection) -> bool:
    return column_definition(connection, goal.table, goal.column) is None


@_reached.register
def _(goal: DefaultPresent, connection: Connection) -> bool:
    found = column_definition(connection, goal.table, goal.column)
    return found is not None and found.default == definition_of(connection, goal.definition).default


@_reached.register
def _(goal: DefaultAbsent, connection: Connection) -> bool:
    found = column_definition(connection, goal.table, goal.column)
    return found is not None and found.default is None


@_reached.register
def _(goal: NullAllowed, connection: Connection) -> bool:
    found = column_definition(connection, goal.table, goal.column)
    return found is not None and not found.not_null


@_reached.register
def _(goal: IndexPresent, connection: Connection) -> bool:
    found = indexes.find_index(connection, goal.table, goal.name)
    if found is None:
        return False
    wanted = indexes.wanted_definition(connection, goal.table, goal.name, goal.scratch, goal.scratch_sql)
    if found.definition != wanted or not indexes.same_table(connection, found.table, goal.table):
        raise DefinitionConflict(
            f"Index {goal.name} exists already, with another definition.",
            f"found:  {found.text}\nwanted: {goal.scratch_sql.replace(goal.scratch, goal.table)}",
            f"Rename or drop the one that is there (DROP INDEX CONCURRENTLY {found.qualified_name}), or give the index "
            "of the model another name. Then run the command again.",
        )
    return found.valid


@_reached.register
def _(goal: IndexValid, connection: Connection) -> bool:
    found = indexes.find_index(connection, goal.table, goal.name)
    return found is not None and found.valid


@_reached.register
def _(goal: IndexAttached, connection: Connection) -> bool:
    return bool(
        value(
            connection,
            "SELECT EXISTS (SELECT FROM pg_inherits WHERE inhrelid = to_regclass(%s))",
            [goal.name],
        )
    )


@_reached.register
def _(goal: IndexAbsent, connection: Connection) -> bool:
    return not indexes.exists(connection, goal.name)


@_reached.register
def _(goal: ConstraintAbsent, connection: Connection) -> bool:
    return not value(
        connection,
        "SELECT EXISTS (SELECT FROM pg_constraint WHERE conrelid = to_regclass(%s) AND conname = %s)",
        [goal.table, goal.name],
    )


@_reached.register
def _(goal: NoRows, connection: Connection) -> bool:
    condition = goal.condition.replace("%", "%%")
    return not value(connection, f"SELECT EXISTS (SELECT FROM {goal.table} WHERE {condition})")
