"""What the running release may still use, and rules that it may still break: right only after the deploy."""

from __future__ import annotations

from collections.abc import Iterator

from django_safemigrate.grammar.names import from_range_var, last_part
from django_safemigrate.grammar.parse import Tree
from django_safemigrate.linting.statements import codes
from django_safemigrate.linting.statements.rules import rule, subcommand
from django_safemigrate.linting.statements.seen import Around, Seen

_DROPPED = {
    "OBJECT_VIEW": "View",
    "OBJECT_MATVIEW": "Materialized view",
    "OBJECT_FUNCTION": "Function",
    "OBJECT_PROCEDURE": "Procedure",
    "OBJECT_TYPE": "Type",
    "OBJECT_DOMAIN": "Domain",
    "OBJECT_SEQUENCE": "Sequence",
    "OBJECT_EXTENSION": "Extension",
    "OBJECT_TRIGGER": "Trigger",
}
_AFTER = "Do it after the deploy of the release that does not need it: safe = Safe.after_deploy()."


def _taken(fact: str, why: str) -> Seen:
    return Seen(codes.TAKEN_AWAY, fact, why=why, instead=_AFTER)


@rule("drop_stmt")
def dropped(tree: Tree, around: Around) -> Iterator[Seen]:
    """What the same migration makes again is replaced."""
    words = _DROPPED.get(tree["remove_type"])
    if words is None or around.after_deploy:
        return
    for item in tree["objects"]:
        name = last_part(item)
        if name not in around.made:
            yield _taken(f"{words} {name} is dropped.", "Code of the running release, or of the database, may use it.")


@subcommand("AT_ColumnDefault", "AT_DropIdentity", "AT_DropExpression")
def without_value(command: Tree, around: Around) -> Iterator[Seen]:
    """Not of a column that the same migration adds, or gives a default to."""
    table, column = from_range_var(command["relation"]), command["name"]
    if "def" in command or around.after_deploy or around.is_new(table) or (table.name, column) in around.columns:
        return
    what = {"AT_ColumnDefault": "default", "AT_DropIdentity": "identity", "AT_DropExpression": "expression"}
    yield _taken(
        f"Column {table.name}.{column} loses its {what[command['subtype']]}.",
        "The running release may leave the column out when it inserts rows.",
    )


@subcommand("AT_DropInherit")
def no_heir(command: Tree, around: Around) -> Iterator[Seen]:
    table = from_range_var(command["relation"])
    if not around.after_deploy and not around.is_new(table):
        parent = from_range_var(command["def"]["range_var"])
        yield _taken(
            f"{table.name} no longer inherits from {parent.name}.",
            f"The running release no longer finds its rows in {parent.name}.",
        )


@rule("grant_stmt", "grant_role_stmt")
def revoked(tree: Tree, around: Around) -> Iterator[Seen]:
    if not tree.get("is_grant") and not around.after_deploy:
        yield _taken("Rights are revoked.", "The running release may need them.")


@subcommand("AT_AddConstraint")
def held_to(command: Tree, around: Around) -> Iterator[Seen]:
    """NOT VALID and USING INDEX make it safe for the rows that are there; new ones are held to it at once."""
    table, tree = from_range_var(command["relation"]), command["def"]["constraint"]
    cheap = tree.get("skip_validation") or "indexname" in tree
    if not cheap or not around.before_deploy or around.is_new(table) or tree["contype"] == "CONSTR_PRIMARY":
        return
    columns = {item["string"]["sval"] for item in (*tree.get("fk_attrs", ()), *tree.get("keys", ()))}
    if columns and all((table.name, column) in around.columns for column in columns):
        return
    name = tree.get("conname", "a constraint")
    yield Seen(
        codes.NEW_RULE,
        f"Constraint {name} of {table.name} is added before the deploy.",
        table,
        why="It holds for new rows at once, also for those that the running release writes, which does not know it.",
        instead="Add it after the deploy of the release that keeps to it: safe = Safe.after_deploy().",
    )


@rule("update_stmt")
def set_twice(tree: Tree, around: Around) -> Iterator[Seen]:
    names = [item["res_target"]["name"] for item in tree["target_list"] if "indirection" not in item["res_target"]]
    for name in dict.fromkeys(one for one in names if names.count(one) > 1):
        yield Seen(
            codes.SYNTAX,
            f"The UPDATE of {from_range_var(tree['relation']).name} sets {name} twice.",
            why="The server refuses it.",
            instead="Set it once.",
        )
