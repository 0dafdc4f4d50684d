"""Alterations of a field that no column can serve to both versions of the code, each with the way to do it."""

from __future__ import annotations

from django.db.migrations.operations import AddField, AlterField, RemoveField
from django.db.migrations.operations.base import Operation
from django.db.migrations.writer import MigrationWriter

from django_safemigrate.values.fields import AnyField

from .parts import Refusal

OTHER_NAME = (
    "Add a field of the new kind under another name, and let new code write both. Fill it, read it, and remove the old one "
    "in a release after that."
)


def another_type(operation: AlterField, old: AnyField, new: AnyField, where: str) -> Refusal:
    """C8."""
    return Refusal(
        f"{where} is altered from {_words(old)} to {_words(new)}.",
        "While both releases run, each would read values of a type that it does not know, or fail to write its own.",
        OTHER_NAME,
        (operation,),
    )


def column_in_use(operation: Operation, where: str, columns: tuple[str, str], why: str, field: str) -> Refusal:
    """C10, where ``why`` speaks against a second column. ``columns``: before and after, ``field``: its name after."""
    before, after = columns
    return Refusal(
        f"{where}: its column {before} becomes {after}.",
        why,
        f"Keep the column: give the field {field} the argument db_column={before!r}, and run makemigrations again.",
        (operation,),
    )


def column_and_type(operation: AlterField, where: str, columns: tuple[str, str]) -> Refusal:
    """C10 with C5 or C6."""
    before, after = columns
    return Refusal(
        f"{where}: its column {before} becomes {after}, and its type changes.",
        "Each of the two takes a second column for the time of the deploy, and they would be kept in step by two triggers.",
        f"Make two releases of it: in this one keep the column (db_column={before!r}), in the next one rename it.",
        (operation,),
    )


def another_key(operation: AlterField, where: str) -> Refusal:
    """M8."""
    return Refusal(
        f"{where}: the primary key becomes another one.",
        "Old code finds its rows by the old one until it is gone, and whatever refers to them refers to it.",
        "Keep the primary key as it is, and add what should identify the rows as a unique field or constraint.",
        (operation,),
    )


def another_generated(operation: AlterField, where: str) -> Refusal:
    """C18. Django refuses it, too, but only when it runs (``BaseDatabaseSchemaEditor.alter_field``)."""
    return Refusal(
        f"{where}: a generated field changes.",
        "Django cannot alter a generated column, and PostgreSQL (since 17) rewrites the table for a new expression.",
        "Add a generated field with the new expression under another name, and remove the old one in a release after that.",
        (operation,),
    )


def what_others_are_computed_from(operation: AlterField, where: str, generated: list[str]) -> Refusal:
    """C5, C6. PostgreSQL refuses it, too."""
    names = ", ".join(generated)
    return Refusal(
        f"{where}: its type changes, and {names} is computed from it.",
        "PostgreSQL lets no type change under a generated column, which goes over to another column in a rewrite only.",
        f"Make three releases of it: remove {names}; change the type; add {names} again.",
        (operation,),
    )


def another_many_to_many(operation: AlterField, where: str) -> Refusal:
    """C19. Django refuses most of it, too, but only when it runs."""
    return Refusal(
        f"{where}: a many-to-many field gets another table.",
        "Old code goes on writing the old table while new code reads the new one.",
        OTHER_NAME + " To keep the table, name it: db_table=..., or through=... for a model with that db_table.",
        (operation,),
    )


def unprepared(operation: AddField | AlterField | RemoveField, where: str, what: str) -> Refusal:
    """A field class of somebody else's that does not take the arguments that it would have for the time of the deploy."""
    name = "The class of the field" if isinstance(operation, RemoveField) else type(operation.field).__name__
    return Refusal(
        f"{where}: {operation.describe()}",
        f"{name} does not take {what}.",
        "Let its constructor take null=, unique=, db_index= and db_default= as Django's fields do, and give them back in "
        "deconstruct(). Or make several releases of the change, first what lets the column accept more.",
        (operation,),
    )


def _words(field: AnyField) -> str:
    text: str = MigrationWriter.serialize(field)[0]
    return text.removeprefix("models.")
