"""The names of what is there for the time of a change. Each follows from the name that it stands beside."""

from __future__ import annotations

from django_safemigrate.compile.names import shortened

TRIGGER = "zzzz_safemigrate_"


def second_of(column: str) -> str:
    """The column that is going to take the place of one."""
    return shortened(f"{column}_safemigrate_new")


def old_of(column: str) -> str:
    """The column that has given its place away."""
    return shortened(f"{column}_safemigrate_old")


def for_column(name: str, column: str) -> str:
    """An index or constraint like the one of that name, for another column. An index may be of several columns that change,
    one after the other; so the column is part of the name."""
    return shortened(f"{name}_safemigrate_{column}")


def trigger_of(column: str) -> str:
    """The trigger that keeps a column and its second one in step. BEFORE triggers fire in the order of their names, and this
    one has to see what the others have done (manual, "Overview of Trigger Behavior")."""
    return shortened(TRIGGER + column)


def function_of(table: str, column: str) -> str:
    """The function of that trigger, in the schema of the table."""
    return shortened(f"safemigrate_{table}_{column}")
