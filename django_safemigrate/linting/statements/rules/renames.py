"""Names that change: of tables, columns, types, functions."""

from __future__ import annotations

from collections.abc import Iterator

from django_safemigrate.grammar.names import Relation, from_range_var, last_part
from django_safemigrate.grammar.parse import Tree
from django_safemigrate.linting.statements import codes
from django_safemigrate.linting.statements.rules import rule
from django_safemigrate.linting.statements.seen import Around, Seen

_RENAMED = {
    "OBJECT_TABLE": "Table",
    "OBJECT_VIEW": "View",
    "OBJECT_MATVIEW": "Materialized view",
    "OBJECT_FOREIGN_TABLE": "Foreign table",
}
# What is no table, but has a name that code may use.
_RENAMED_BESIDE = {
    "OBJECT_SCHEMA": "Schema",
    "OBJECT_FUNCTION": "Function",
    "OBJECT_PROCEDURE": "Procedure",
    "OBJECT_TYPE": "Type",
    "OBJECT_DOMAIN": "Domain",
    "OBJECT_SEQUENCE": "Sequence",
}


def _old_name(tree: Tree) -> str:
    if "relation" in tree:
        return from_range_var(tree["relation"]).name
    return str(tree["subname"]) if "subname" in tree else last_part(tree["object"])


@rule("rename_stmt")
def renamed(tree: Tree, around: Around) -> Iterator[Seen]:
    of = tree["rename_type"]
    if "relation" not in tree or of in _RENAMED_BESIDE:
        if of in _RENAMED_BESIDE and not around.after_deploy:
            yield _rename(f"{_RENAMED_BESIDE[of]} {_old_name(tree)} is renamed to {tree['newname']}.", None)
        return
    table = from_range_var(tree["relation"])
    if around.is_new(table):
        around.new.add(tree["newname"])
    elif around.after_deploy:
        return
    elif of in _RENAMED:
        yield _rename(f"{_RENAMED[of]} {table.name} is renamed to {tree['newname']}.", table)
    elif of == "OBJECT_COLUMN":
        yield _rename(f"Column {table.name}.{tree['subname']} is renamed to {tree['newname']}.", table)


@rule("alter_object_schema_stmt")
def moved(tree: Tree, around: Around) -> Iterator[Seen]:
    if tree["object_type"] != "OBJECT_TABLE" or around.after_deploy:
        return
    table = from_range_var(tree["relation"])
    if not around.is_new(table):
        yield _rename(f"Table {table.name} moves to the schema {tree['newschema']}.", table)


@rule("alter_enum_stmt")
def renamed_value(tree: Tree, around: Around) -> Iterator[Seen]:
    if "old_val" in tree and not around.after_deploy:
        name = tree["type_name"][-1]["string"]["sval"]
        yield _rename(f"The value {tree['old_val']!r} of the type {name} is renamed to {tree['new_val']!r}.", None)


def _rename(fact: str, table: Relation | None) -> Seen:
    return Seen(
        codes.RENAME,
        fact,
        table,
        why="The running release uses the old name, the next one the new: one of them fails, whichever way the deploy goes.",
        instead="Keep the name in the database (db_column, db_table), or add the new one beside the old one, keep both in "
        "step, and drop the old one after the deploy.",
        operation="Keep the name in the database (db_column, db_table). safemigrate renames in two phases: makemigrations "
        "writes them.",
    )
