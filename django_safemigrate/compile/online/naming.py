"""The names of what is there for the time of a change. Each follows from the name that it stands beside."""

from __future__ import annotations

from django_safemigrate.compile.names import shortened

TRIGGER = "zzzz_safemigrate_"


def new_of(name: str) -> str:
    """What is going to take the place of something."""
    return shortened(f"{name}_safemigrate_new")


def old_of(name: str) -> str:
    """What has given its place away."""
    return shortened(f"{name}_safemigrate_old")


def trigger_of(column: str) -> str:
    """The trigger that keeps a column and its second one in step. BEFORE triggers fire in the order of their names, and this
    one has to see what the others have done (manual, "Overview of Trigger Behavior")."""
    return shortened(TRIGGER + column)


def function_of(table: str, column: str) -> str:
    """The function of that trigger, in the schema of the table."""
    return shortened(f"safemigrate_{table}_{column}")
