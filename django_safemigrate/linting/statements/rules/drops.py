"""What is dropped whole: tables, and all that is in a schema or a database."""

from __future__ import annotations

from collections.abc import Iterator

from django_safemigrate.grammar.names import from_strings, last_part, strings
from django_safemigrate.grammar.parse import Tree
from django_safemigrate.linting.statements import codes
from django_safemigrate.linting.statements.rules import rule
from django_safemigrate.linting.statements.seen import Around, Seen


@rule("drop_stmt")
def dropped(tree: Tree, around: Around) -> Iterator[Seen]:
    cascade = " CASCADE" if tree.get("behavior") == "DROP_CASCADE" else ""
    if tree["remove_type"] == "OBJECT_SCHEMA" and (cascade or not around.after_deploy):
        names = ", ".join(last_part(item) for item in tree["objects"])
        yield drops_all(f"DROP SCHEMA{cascade} {names} takes everything in it along.")
    if tree["remove_type"] != "OBJECT_TABLE" or around.after_deploy:
        return
    for item in tree["objects"]:
        table = from_strings(strings(item))
        if not around.is_new(table):
            yield Seen(
                codes.DROP_TABLE,
                f"Table {table.name} is dropped" + (" with all that depends on it." if cascade else "."),
                table,
                why="The running release reads and writes it, and fails from that moment on.",
                instead="Remove the model in one release, and drop its table after its deploy: safe = Safe.after_deploy().",
            )


def drops_all(fact: str) -> Seen:
    return Seen(
        codes.DROP_ALL,
        fact,
        why="Nothing brings it back, and a migration runs in every environment.",
        instead="Do it by hand, where you have looked at what it takes along.",
    )


@rule("dropdb_stmt")
def dropped_database(tree: Tree, around: Around) -> Iterator[Seen]:
    yield drops_all(f"DROP DATABASE {tree['dbname']}.")


@rule("drop_owned_stmt")
def dropped_owned(tree: Tree, around: Around) -> Iterator[Seen]:
    yield drops_all("DROP OWNED drops everything that a role owns.")
